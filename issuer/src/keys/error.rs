use std::io;
use std::path::PathBuf;

use super::RingError;

/// Why the keys cannot be used. Every text fits on a line and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// There is nothing to sign with.
    #[error("there are no keys in {}: run `issuer keys generate`, or name another directory with --keys-dir", .0.display())]
    Missing(PathBuf),
    /// A file that the keyring or the document's layout calls for is not there.
    #[error("the key file {} is missing: restore it from a backup, or generate a new key with `issuer keys generate`", .0.display())]
    FileMissing(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {}: {source}; check its owner and mode", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}; check the directory's owner, mode and free space", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than the owner can get at the private key.
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
    /// Others than the owner can put keys of theirs into the directory.
    #[error("other users can write in the keys directory {} (mode {mode:04o}): run `chmod go-w {}`", .path.display(), .path.display())]
    Writable {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another process changes the keys, or keeps others from it.
    #[error(
        "another process has held the lock {} for {seconds} s; end it (`fuser {}` names it), then try again",
        .path.display(),
        .path.display()
    )]
    Locked {
        /// The file that is locked.
        path: PathBuf,
        /// How long this was waited for.
        seconds: u64,
    },
    /// The file does not hold the key it should hold.
    #[error("{} is not a usable key: {reason}", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// The public file belongs to another private key, or was changed.
    #[error("{} does not belong to the private key {}: copy the right public key there, or remove it", .public.display(), .private.display())]
    PairMismatch {
        /// The public key's file.
        public: PathBuf,
        /// The private key's file.
        private: PathBuf,
    },
    /// `keyring.json` is not what the issuer wrote.
    #[error("{} is damaged: {reason}; restore it from a backup", .path.display())]
    Keyring {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key cannot take this step now.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// aws-lc could not make a key.
    #[error("could not generate an RSA key of {0} bits")]
    Generation(u32),
}
