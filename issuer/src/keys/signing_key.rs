use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use pem::{EncodeConfig, LineEnding, Pem, encode_config};
use verifier_core::{KeySet, PublicKey};
use zeroize::Zeroizing;

use super::error::InvalidKey;
use super::private_pem::{self, PrivateKeyDer};

/// Size of a new key's modulus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum KeyBits {
    /// 2048 bits: the minimum of RS256 (RFC 7518 section 3.3), and the fastest.
    #[default]
    #[value(name = "2048")]
    Rsa2048,
    /// 3072 bits.
    #[value(name = "3072")]
    Rsa3072,
    /// 4096 bits: the verifier's maximum.
    #[value(name = "4096")]
    Rsa4096,
}

impl KeyBits {
    /// Returns the number of bits.
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

/// An RSA private key for RS256, with its public half.
pub struct SigningKey {
    pair: KeyPair,
    public: PublicKey,
    kid: String,
}

impl SigningKey {
    /// Generates a key.
    pub(super) fn generate(bits: KeyBits) -> Result<Self, InvalidKey> {
        Self::new(KeyPair::generate(bits.size())?)
    }

    /// Parses an unencrypted private key: PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
    ///
    /// # Errors
    /// See [`InvalidKey`].
    pub(super) fn from_pem(text: &str) -> Result<Self, InvalidKey> {
        let pair = match private_pem::read(text)? {
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(&der),
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(&der),
        };
        Self::new(pair.map_err(InvalidKey::Private)?)
    }

    fn new(pair: KeyPair) -> Result<Self, InvalidKey> {
        let set = KeySet::from_pem(&public_pem(&pair)?)?;
        let public = set.keys().first().cloned().ok_or(InvalidKey::NoKey)?;
        let kid = public.thumbprint();
        Ok(Self { pair, public, kid })
    }

    /// Returns the RFC 7638 thumbprint of the public key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Returns the public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message` with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 7518 section 3.3).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        // The padding is deterministic. aws-lc blinds with its own generator.
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    }

    /// Verifies a signature of this key with aws-lc.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = aws_lc_rs::signature::UnparsedPublicKey::new(
            &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256,
            self.pair.public_key(),
        );
        key.verify(message, signature).is_ok()
    }

    /// Encodes the public key as PEM, SPKI (`PUBLIC KEY`, RFC 7468 section 13).
    pub(super) fn public_pem(&self) -> Result<String, Unspecified> {
        public_pem(&self.pair)
    }

    /// Encodes the private key as PEM, PKCS#8 (`PRIVATE KEY`, RFC 7468 section 10).
    pub(super) fn private_pem(&self) -> Result<Zeroizing<String>, Unspecified> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der()?;
        let block = Zeroizing::new(der.as_ref().to_vec());
        let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
        Ok(Zeroizing::new(encode_config(&Pem::new("PRIVATE KEY", block.as_slice()), config)))
    }
}

fn public_pem(pair: &KeyPair) -> Result<String, Unspecified> {
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    Ok(encode_config(&Pem::new("PUBLIC KEY", der.as_ref()), config))
}

impl fmt::Debug for SigningKey {
    /// Shows only the `kid`, to keep the key out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}
