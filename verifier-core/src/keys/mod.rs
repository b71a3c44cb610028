//! Public keys and key sets: what is loaded, and which key a token selects.

mod der;
mod error;
mod fault;
mod jwk;
mod pem;

pub use error::KeyError;
pub use fault::{JwkFault, PemFault, Unsuitable};

use crate::base64url;
use crate::json::Text;
use crate::refusal::{Quote, Refusal};
use crate::rs256::{NumberFault, RsaPublicKey, sha256};
use alloc::string::String;
use alloc::vec::Vec;
use jwk::JwkText;

/// Longest key text that is read, in bytes: about 100 keys of 4096 bits.
pub const MAX_KEY_TEXT_BYTES: usize = 131_072;

/// An RSA public key for RS256: an odd modulus of 2048 to 4096 bits, an odd exponent from 3 to 2^32 - 1.
#[derive(Clone, Debug)]
pub struct PublicKey {
    kid: Option<String>,
    rsa: RsaPublicKey,
}

impl PublicKey {
    /// Takes big-endian numbers.
    pub(crate) fn from_numbers(kid: Option<String>, modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        match RsaPublicKey::new(modulus, exponent) {
            Ok(rsa) => Ok(Self { kid, rsa }),
            Err(NumberFault::TooSmall { bits }) => Err(KeyError::TooSmall { bits }),
            Err(NumberFault::TooLarge { bits }) => Err(KeyError::TooLarge { bits }),
            Err(NumberFault::ModulusEven) => Err(KeyError::ModulusEven),
            Err(NumberFault::ExponentInvalid) => Err(KeyError::ExponentInvalid),
        }
    }

    /// The key's `kid`, when it has one. A key from PEM has none.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Bits of the modulus, 2048 to 4096.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.rsa.bits()
    }

    /// The modulus, big-endian without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> Vec<u8> {
        self.rsa.modulus().to_vec()
    }

    /// The public exponent.
    #[must_use]
    pub const fn exponent(&self) -> u32 {
        self.rsa.exponent()
    }

    /// The SHA-256 thumbprint of the key, base64url (RFC 7638): 43 characters.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let exponent = self.exponent().to_be_bytes();
        let zeros = exponent.iter().take_while(|byte| **byte == 0).count();
        let exponent = base64url::encode(exponent.get(zeros..).unwrap_or_default());
        let modulus = base64url::encode(self.rsa.modulus());
        let parts = [r#"{"e":""#, &exponent, r#"","kty":"RSA","n":""#, &modulus, r#""}"#];
        base64url::encode(&sha256::digest(parts.concat().as_bytes()))
    }

    /// Whether `signature` is this key's RS256 signature of `signing_input` (RFC 7515 section 5.2, RFC 8017 section
    /// 8.2.2): as many bytes as the modulus has, a number below it, and its power the one expected encoding.
    ///
    /// A good signature alone does not make a good token; [`crate::Verifier::verify`] decides that.
    #[must_use]
    pub fn verifies(&self, signing_input: &[u8], signature: &[u8]) -> bool {
        self.rsa.verifies(signing_input, signature)
    }
}

/// The keys a verifier trusts: one bare key, or a set in which `kid` selects.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<PublicKey>,
    /// A bare key without a `kid` is the application's only one, and stands for any `kid`.
    bare: bool,
}

impl KeySet {
    /// Reads PEM, a JWK or a JWKS, told apart by the first character that is not white space.
    ///
    /// # Errors
    /// [`KeyError::UnknownFormat`], [`KeyError::TooLong`], and those of [`Self::from_pem`] and [`Self::from_jwks`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        check_length(text)?;
        match text.trim_ascii_start().as_bytes().first() {
            Some(b'{') => Self::from_json(text),
            Some(b'-') => Self::from_pem(text),
            _ => Err(KeyError::UnknownFormat),
        }
    }

    /// Reads one PEM public key, `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS#1), of at most 131,072 bytes.
    ///
    /// It has no `kid` and verifies tokens with any.
    ///
    /// # Errors
    /// [`KeyError::Pem`], [`KeyError::PrivateKey`], [`KeyError::Unsuitable`], or the fault of its numbers.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        check_length(text)?;
        pem::read(text).map(Self::bare)
    }

    /// Reads one JWK (RFC 7517 section 4) of at most 131,072 bytes. Without a `kid` it verifies tokens with any.
    ///
    /// # Errors
    /// [`KeyError::Json`] and [`KeyError::JsonSyntax`], [`KeyError::Member`], [`KeyError::PrivateKey`],
    /// [`KeyError::SymmetricKey`], [`KeyError::Unsuitable`], or the fault of its numbers.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        check_length(text)?;
        match jwk::read(text)? {
            JwkText::Key(key) => Ok(Self::bare(key)),
            JwkText::Set { .. } => Err(KeyError::Json(JwkFault::NotASingleKey)),
        }
    }

    /// Reads a JWKS (RFC 7517 section 5) of at most 131,072 bytes. Keys that are not for RS256, and those whose
    /// numbers are refused, are skipped: no token selects them.
    ///
    /// # Errors
    /// As [`Self::from_jwk`] for the text; [`KeyError::PrivateKey`] and [`KeyError::SymmetricKey`] for the whole set;
    /// [`KeyError::DuplicateKid`]; and when no key is left, the fault of the first or [`KeyError::EmptySet`].
    pub fn from_jwks(text: &str) -> Result<Self, KeyError> {
        check_length(text)?;
        match jwk::read(text)? {
            JwkText::Set { keys, skipped } => Self::set(keys, skipped),
            JwkText::Key(_) => Err(KeyError::Json(JwkFault::KeysMissing)),
        }
    }

    fn from_json(text: &str) -> Result<Self, KeyError> {
        check_length(text)?;
        match jwk::read(text)? {
            JwkText::Key(key) => Ok(Self::bare(key)),
            JwkText::Set { keys, skipped } => Self::set(keys, skipped),
        }
    }

    fn bare(key: PublicKey) -> Self {
        Self { bare: key.kid.is_none(), keys: alloc::vec![key] }
    }

    fn set(keys: Vec<PublicKey>, skipped: Option<KeyError>) -> Result<Self, KeyError> {
        if keys.is_empty() {
            return Err(skipped.unwrap_or(KeyError::EmptySet));
        }
        let mut rest = keys.as_slice();
        while let [first, others @ ..] = rest {
            if first.kid.is_some() && others.iter().any(|other| other.kid == first.kid) {
                return Err(KeyError::DuplicateKid);
            }
            rest = others;
        }
        Ok(Self { keys, bare: false })
    }

    /// The suitable keys, in the order of the text; at least one.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// The key a token selects by its `kid`, or by having none.
    pub(crate) fn select<Q: Quote>(&self, kid: Option<Text<'_>>) -> Result<&PublicKey, Refusal<Q>> {
        match (self.keys.as_slice(), kid) {
            ([only], None) => Ok(only),
            ([only], Some(_)) if self.bare => Ok(only),
            (keys, None) => Err(Refusal::KidMissing { keys: keys.len() }),
            (keys, Some(kid)) => keys
                .iter()
                .find(|key| key.kid().is_some_and(|own| kid.is(own)))
                .ok_or_else(|| Refusal::KeyNotFound { kid: Q::of_token(kid) }),
        }
    }
}

fn check_length(text: &str) -> Result<(), KeyError> {
    if text.len() > MAX_KEY_TEXT_BYTES { Err(KeyError::TooLong { bytes: text.len() }) } else { Ok(()) }
}
