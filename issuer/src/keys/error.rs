use std::io;
use std::path::PathBuf;

use aws_lc_rs::error::{KeyRejected, Unspecified};
use verifier_core::KeyError;

use super::keyring::{InvalidRing, RingError};

const EXPECTED: &str = "expected an RSA private key of 2048 to 4096 bits as PEM (PKCS#8 or PKCS#1)";

/// A text is not a usable key. No message repeats the text.
#[derive(Debug, thiserror::Error)]
pub enum InvalidKey {
    /// It is not PEM, or contains no PEM block. The parser's error is dropped, because it could
    /// repeat the text.
    #[error("{EXPECTED}")]
    NotPem,
    /// It contains more than one PEM block.
    #[error("it holds {0} PEM blocks, keep only the private key")]
    SeveralBlocks(usize),
    /// It is an encrypted private key.
    #[error(
        "it is encrypted; decrypt it with `openssl pkcs8 -in <file> -out <new file>` \
         and protect the new file by its mode (`chmod 600`)"
    )]
    Encrypted,
    /// It is a public key.
    #[error("it is a public key, {EXPECTED}")]
    PublicKey,
    /// It is a certificate.
    #[error(
        "it is a certificate, {EXPECTED}; a public key, which `openssl x509 -pubkey -noout \
         -in FILE` writes, belongs in ISSUER_PUBLIC_KEYS or ISSUER_RETIRED_KEYS"
    )]
    Certificate,
    /// It is a private key in OpenSSH's own format.
    #[error(
        "it is a private key of OpenSSH, {EXPECTED}; convert a copy with \
         `ssh-keygen -p -m PEM -f <copy>`"
    )]
    OpenSsh,
    /// It is JSON, such as a JWK.
    #[error("it is JSON, {EXPECTED}")]
    Json,
    /// Its last line is missing.
    #[error("its END line is missing or does not match; {EXPECTED}")]
    CutOff,
    /// The text between its first and last line is not base64.
    #[error("its base64 is damaged; {EXPECTED}")]
    Base64,
    /// It is PEM of another type.
    #[error("it holds \"{0}\", {EXPECTED}")]
    OtherPem(String),
    /// aws-lc rejected the private key.
    #[error("{0}, {EXPECTED}")]
    Private(#[source] KeyRejected),
    /// The verifier refused a public key or a key set.
    #[error(transparent)]
    Public(#[from] KeyError),
    /// It contains no public key.
    #[error("it holds no key")]
    NoKey,
    /// aws-lc could not encode the key.
    #[error("the key cannot be encoded")]
    Encoding(#[from] Unspecified),
    /// The file is far too large.
    #[error("it is far too large for a key file")]
    TooLarge,
    /// The key is not the one after which the file is named.
    #[error("its thumbprint is {0}, which is not the one in its name; restore it from a backup")]
    Misnamed(String),
    /// A public key without its private key would be replaced.
    #[error("its private key is not here and the new key would replace it; move it away first")]
    WouldBeReplaced,
}

/// A key of the environment is not usable.
#[derive(Debug, thiserror::Error)]
#[error("{variable} cannot be used: {source}")]
pub struct UnusableVariable {
    /// The environment variable.
    pub variable: &'static str,
    /// What is wrong, and what was expected.
    pub source: InvalidKey,
}

/// The keys cannot be used. Each message is one line with an advice.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// No key signs.
    #[error("there are no keys in {}: run `issuer keys generate`, or name another directory with \
         --keys-dir", .0.display())]
    Missing(PathBuf),
    /// A file of the keyring, or of a Django project's layout, does not exist.
    #[error("the key file {} is missing: restore it from a backup, or generate a new key with \
         `issuer keys generate`", .0.display())]
    FileMissing(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {}: {source}; check its owner and mode", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}; check the directory's owner, mode and free space", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Other users can read the private key.
    #[error(
        "the private key {} is open to other users (mode {mode:04o}): run `chmod 600 {}` \
         (0640 is accepted where root owns it and its group is one of the issuer's)",
        .path.display(),
        .path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Other users can add keys to the directory.
    #[error("other users can write in the keys directory {} (mode {mode:04o}): run `chmod go-w {}`", .path.display(), .path.display())]
    Writable {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another process changes the keys, or blocks changes.
    #[error(
        "another process has held the lock {} for {seconds} s; end it (`fuser {}` names it), then \
         try again",
        .path.display(),
        .path.display()
    )]
    Locked {
        /// The locked file.
        path: PathBuf,
        /// How long this process waited.
        seconds: u64,
    },
    /// The file does not contain the expected key.
    #[error("{} is not a usable key: {source}", .path.display())]
    Unusable {
        /// The file, or the directory.
        path: PathBuf,
        /// What is wrong, and what was expected.
        source: InvalidKey,
    },
    /// The public file belongs to another private key, or was changed.
    #[error("{} does not belong to the private key {}: copy the right public key there, or remove \
         it", .public.display(), .private.display())]
    PairMismatch {
        /// The public key's file.
        public: PathBuf,
        /// The private key's file.
        private: PathBuf,
    },
    /// `keyring.json` is not what the issuer wrote.
    #[error("{} is damaged: {source}; restore it from a backup", .path.display())]
    Keyring {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: InvalidRing,
    },
    /// The key cannot change its state now.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// aws-lc could not generate a key.
    #[error("could not generate an RSA key of {bits} bits")]
    Generation {
        /// Bits of the modulus.
        bits: u32,
        /// aws-lc's error, which gives no reason.
        source: InvalidKey,
    },
}
