//! One RSA key pair, and its text forms.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use pem::{EncodeConfig, LineEnding, Pem, encode_config};
use verifier_core::{KeySet, PublicKey};
use zeroize::Zeroizing;

/// Size of a new key's modulus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum KeyBits {
    /// 2048 bits: the least that RS256 allows (RFC 7518 section 3.3), and the fastest.
    #[default]
    #[value(name = "2048")]
    Rsa2048,
    /// 3072 bits.
    #[value(name = "3072")]
    Rsa3072,
    /// 4096 bits: the most that the verifier accepts.
    #[value(name = "4096")]
    Rsa4096,
}

impl KeyBits {
    /// The number of bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Rsa2048 => 2048,
            Self::Rsa3072 => 3072,
            Self::Rsa4096 => 4096,
        }
    }

    const fn size(self) -> KeySize {
        match self {
            Self::Rsa2048 => KeySize::Rsa2048,
            Self::Rsa3072 => KeySize::Rsa3072,
            Self::Rsa4096 => KeySize::Rsa4096,
        }
    }
}

/// An RSA private key that signs with RS256, and its public half as verifiers will know it.
pub struct SigningKey {
    pair: KeyPair,
    public: PublicKey,
    kid: String,
}

impl SigningKey {
    /// Makes a new key.
    pub(crate) fn generate(bits: KeyBits) -> Result<Self, Unspecified> {
        Self::new(KeyPair::generate(bits.size())?).map_err(|_| Unspecified)
    }

    /// Reads an unencrypted private key: PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
    ///
    /// # Errors
    /// Says what the text is instead, and how to make it right.
    pub(crate) fn from_pem(text: &str) -> Result<Self, String> {
        const EXPECTED: &str =
            "expected an RSA private key of 2048 to 4096 bits as PEM (PKCS#8 or PKCS#1)";
        let blocks = pem::parse_many(text).map_err(|_| EXPECTED.to_owned())?;
        let block = match blocks.as_slice() {
            [block] => block,
            [] => return Err(EXPECTED.to_owned()),
            _ => {
                return Err(format!(
                    "it holds {} PEM blocks, keep only the private key",
                    blocks.len()
                ));
            }
        };
        let pair = match block.tag() {
            _ if text.contains("Proc-Type: 4,ENCRYPTED") => return Err(ENCRYPTED.to_owned()),
            "ENCRYPTED PRIVATE KEY" => return Err(ENCRYPTED.to_owned()),
            "PRIVATE KEY" => KeyPair::from_pkcs8(block.contents()),
            "RSA PRIVATE KEY" => KeyPair::from_der(block.contents()),
            other => return Err(format!("it holds \"{other}\", {EXPECTED}")),
        };
        Self::new(pair.map_err(|rejected| format!("{rejected}, {EXPECTED}"))?)
    }

    fn new(pair: KeyPair) -> Result<Self, String> {
        let spki = public_pem(&pair).map_err(|_| "its public half cannot be encoded".to_owned())?;
        let set = KeySet::from_pem(&spki).map_err(|error| error.to_string())?;
        let public = set.keys().first().cloned().ok_or("its public half is not usable")?;
        let kid = public.thumbprint();
        Ok(Self { pair, public, kid })
    }

    /// The RFC 7638 thumbprint of the public key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half as the verifier knows it.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The RS256 signature of `message`: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        // This padding is deterministic: aws-lc draws no randomness here but for blinding, from
        // its own generator.
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    }

    /// Whether `signature` is this key's for `message`, in aws-lc's opinion.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = aws_lc_rs::signature::UnparsedPublicKey::new(
            &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256,
            self.pair.public_key(),
        );
        key.verify(message, signature).is_ok()
    }

    /// The public key as PEM, SPKI (`PUBLIC KEY`, RFC 7468 section 13).
    pub(crate) fn public_pem(&self) -> Result<String, Unspecified> {
        public_pem(&self.pair)
    }

    /// The private key as PEM, PKCS#8 (`PRIVATE KEY`, RFC 7468 section 10).
    pub(crate) fn private_pem(&self) -> Result<Zeroizing<String>, Unspecified> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der()?;
        let block = Zeroizing::new(der.as_ref().to_vec());
        let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
        Ok(Zeroizing::new(encode_config(&Pem::new("PRIVATE KEY", block.as_slice()), config)))
    }
}

const ENCRYPTED: &str = "it is encrypted; decrypt it with `openssl pkcs8 -in <file> -out <new file>` \
                         and protect the new file by its mode (`chmod 600`)";

fn public_pem(pair: &KeyPair) -> Result<String, Unspecified> {
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    Ok(encode_config(&Pem::new("PUBLIC KEY", der.as_ref()), config))
}

impl fmt::Debug for SigningKey {
    /// The kid only: nothing secret can reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}
