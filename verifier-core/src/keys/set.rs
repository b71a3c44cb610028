//! Key sets, and the selection of a token's key.

use super::error::{KeyError, MAX_KEY_TEXT_BYTES};
use super::jwk;
use super::pem;
use super::public_key::PublicKey;
use super::reasons::JwkError;
use crate::json::Value;
use crate::refusal::Refusal;
use crate::span::Segment;
use alloc::vec::Vec;

/// The keys that a verifier trusts: a single key, or a set in which `kid` selects.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<PublicKey>,
    /// Whether the only key, having no `kid`, verifies tokens with any `kid`.
    matches_any_kid: bool,
}

impl KeySet {
    /// Parses PEM, a JWK or a JWKS. The first character that is not white space distinguishes PEM
    /// from JSON.
    ///
    /// # Errors
    /// [`KeyError::UnknownFormat`], [`KeyError::TooLong`], and those of [`Self::from_pem`] and
    /// [`Self::from_jwks`].
    pub fn parse(text: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeyError> {
        let text = bounded(text.as_ref())?;
        let mut keys = Vec::new();
        let mut is_set = false;
        match text.trim_ascii_start().first() {
            Some(b'{') => is_set = jwk::read(text, &mut keys)?,
            Some(b'-') => pem::read(text, &mut keys)?,
            // Some tools write text before a private key.
            _ if pem::holds_private_key(text) => return Err(KeyError::PrivateKey),
            _ => return Err(KeyError::UnknownFormat),
        }
        Self::new(keys, is_set)
    }

    /// Parses one PEM public key, `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS#1), of at most
    /// 131,072 bytes. It has no `kid` and verifies tokens with any.
    ///
    /// # Errors
    /// [`KeyError::TooLong`], [`KeyError::Pem`], [`KeyError::PrivateKey`],
    /// [`KeyError::Unsuitable`], and those of the modulus and the exponent.
    pub fn from_pem(text: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        pem::read(bounded(text.as_ref())?, &mut keys)?;
        Self::new(keys, false)
    }

    /// Parses one JWK (RFC 7517 section 4) of at most 131,072 bytes. Without a `kid` it verifies
    /// tokens with any.
    ///
    /// # Errors
    /// [`KeyError::TooLong`], [`KeyError::Json`], [`KeyError::Jwk`], [`KeyError::Member`],
    /// [`KeyError::PrivateKey`], [`KeyError::SymmetricKey`], [`KeyError::Unsuitable`], and those of
    /// the modulus and the exponent.
    pub fn from_jwk(text: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        if jwk::read(bounded(text.as_ref())?, &mut keys)? {
            return Err(KeyError::Jwk(JwkError::NotASingleKey));
        }
        Self::new(keys, false)
    }

    /// Parses a JWKS (RFC 7517 section 5) of at most 131,072 bytes. Keys that are not for RS256
    /// and keys with an unacceptable modulus or exponent are skipped: no token selects them.
    ///
    /// # Errors
    /// As [`Self::from_jwk`] for the text; [`KeyError::PrivateKey`] and [`KeyError::SymmetricKey`]
    /// for the whole set; [`KeyError::DuplicateKid`]; and when no key is left, the error of the
    /// first or [`KeyError::EmptySet`].
    pub fn from_jwks(text: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        if !jwk::read(bounded(text.as_ref())?, &mut keys)? {
            return Err(KeyError::Jwk(JwkError::KeysMissing));
        }
        Self::new(keys, true)
    }

    /// Returns the suitable keys, in the order of the text; at least one.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Selects the key of a token by the `kid` of its header, which is a string.
    ///
    /// # Errors
    /// [`Refusal::KidMissing`], [`Refusal::KeyNotFound`].
    pub(crate) fn select(&self, kid: Option<Value<'_>>) -> Result<&PublicKey, Refusal> {
        let Some(kid) = kid else {
            return match self.keys.as_slice() {
                [only] => Ok(only),
                keys => Err(Refusal::KidMissing { keys: keys.len() }),
            };
        };
        let matches = |key: &&PublicKey| {
            self.matches_any_kid || key.kid().is_some_and(|own| kid.is_text(own.as_bytes()))
        };
        let key = self.keys.iter().find(matches);
        key.ok_or(Refusal::KeyNotFound { kid: kid.string_span(Segment::Header) })
    }

    fn new(keys: Vec<PublicKey>, is_set: bool) -> Result<Self, KeyError> {
        let mut rest = keys.as_slice();
        while let [first, others @ ..] = rest {
            if first.kid().is_some() && others.iter().any(|other| other.kid() == first.kid()) {
                return Err(KeyError::DuplicateKid);
            }
            rest = others;
        }
        let matches_any_kid = !is_set && keys.iter().all(|key| key.kid().is_none());
        Ok(Self { keys, matches_any_kid })
    }
}

fn bounded(text: &[u8]) -> Result<&[u8], KeyError> {
    if text.len() > MAX_KEY_TEXT_BYTES {
        return Err(KeyError::TooLong { bytes: text.len() });
    }
    Ok(text)
}
