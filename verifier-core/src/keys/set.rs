//! Key sets, and the selection of a token's key.

use super::error::{KeyError, MAX_KEY_TEXT_BYTES};
use super::jwk;
use super::pem;
use super::public_key::PublicKey;
use super::reasons::JwkError;
use crate::json::{JsonError, JsonErrorKind, Value};
use crate::refusal::Refusal;
use crate::span::Segment;
use alloc::vec::Vec;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The keys that a verifier trusts: a single key, or a set in which `kid` selects.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<PublicKey>,
    /// Whether the only key, having no `kid`, verifies tokens with any `kid`.
    matches_any_kid: bool,
}

impl KeySet {
    /// Parses PEM, a JWK or a JWKS of at most 131,072 bytes.
    ///
    /// The text comes from an operator: a leading byte order mark and quotation marks around it are
    /// ignored, as is text before a PEM block; see [`Self::from_pem`] for its line breaks.
    ///
    /// # Errors
    /// [`KeyError::UnknownFormat`], [`KeyError::TooLong`], and those of [`Self::from_pem`] and
    /// [`Self::from_jwks`].
    pub fn parse(text: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeyError> {
        let content = Content::of(text.as_ref())?;
        let text = content.text;
        let mut keys = Vec::new();
        let mut is_set = false;
        match text.first() {
            Some(b'{') => is_set = content.read_json(&mut keys)?,
            _ if pem::holds_private_key(text) => return Err(KeyError::PrivateKey),
            _ if pem::holds_block(text) => pem::read(text, &mut keys)?,
            _ => return Err(KeyError::UnknownFormat),
        }
        Ok(Self::new(keys, is_set))
    }

    /// Parses one PEM public key, `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS#1), of at most
    /// 131,072 bytes. It has no `kid` and verifies tokens with any.
    ///
    /// Text may precede the block (RFC 7468 section 2). Its line breaks may be written as `\n`,
    /// replaced by spaces, or lost.
    ///
    /// # Errors
    /// [`KeyError::TooLong`], [`KeyError::Pem`], [`KeyError::PrivateKey`],
    /// [`KeyError::Certificate`], [`KeyError::Unsuitable`], and those of the modulus and the
    /// exponent.
    pub fn from_pem(text: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        pem::read(Content::of(text.as_ref())?.text, &mut keys)?;
        Ok(Self::new(keys, false))
    }

    /// Parses one JWK (RFC 7517 section 4) of at most 131,072 bytes. Without a `kid` it verifies
    /// tokens with any.
    ///
    /// # Errors
    /// [`KeyError::TooLong`], [`KeyError::Json`], [`KeyError::Jwk`], [`KeyError::Member`],
    /// [`KeyError::PrivateKey`], [`KeyError::SymmetricKey`], [`KeyError::Unsuitable`],
    /// [`KeyError::DiscoveryDocument`], [`KeyError::Certificate`], and those of the modulus and the
    /// exponent.
    pub fn from_jwk(text: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        if Content::of(text.as_ref())?.read_json(&mut keys)? {
            return Err(KeyError::Jwk(JwkError::NotASingleKey));
        }
        Ok(Self::new(keys, false))
    }

    /// Parses a JWKS (RFC 7517 section 5) of at most 131,072 bytes. Keys that are not for RS256
    /// and keys with an unacceptable modulus or exponent are skipped: no token selects them. The
    /// same key twice counts once; different keys with one `kid` are refused when a token names it.
    ///
    /// # Errors
    /// As [`Self::from_jwk`] for the text; [`KeyError::PrivateKey`] and [`KeyError::SymmetricKey`]
    /// for the whole set; and when no key is left, the error of the first or
    /// [`KeyError::EmptySet`].
    pub fn from_jwks(text: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        if !Content::of(text.as_ref())?.read_json(&mut keys)? {
            return Err(KeyError::Jwk(JwkError::KeysMissing));
        }
        Ok(Self::new(keys, true))
    }

    /// Returns the suitable keys, in the order of the text; at least one.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Selects the key of a token by the `kid` of its header, which is a string.
    ///
    /// # Errors
    /// [`Refusal::KidMissing`], [`Refusal::KeyNotFound`], [`Refusal::KidAmbiguous`].
    pub(crate) fn select(&self, kid: Option<Value<'_>>) -> Result<&PublicKey, Refusal> {
        let Some(kid) = kid else {
            return match self.keys.as_slice() {
                [first, others @ ..] if others.iter().all(|other| other.is_same_key(first)) => {
                    Ok(first)
                }
                keys => Err(Refusal::KidMissing { keys: keys.len() }),
            };
        };
        let mut matching = self.keys.iter().filter(|key| {
            self.matches_any_kid || key.kid().is_some_and(|own| kid.is_text(own.as_bytes()))
        });
        let span = kid.string_span(Segment::Header);
        match (matching.next(), matching.next()) {
            (None, _) => Err(Refusal::KeyNotFound { kid: span }),
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(Refusal::KidAmbiguous { kid: span }),
        }
    }

    fn new(keys: Vec<PublicKey>, is_set: bool) -> Self {
        let mut distinct: Vec<PublicKey> = Vec::new();
        for key in keys {
            if !distinct.iter().any(|other| other.kid() == key.kid() && other.is_same_key(&key)) {
                distinct.push(key);
            }
        }
        let matches_any_kid = !is_set && distinct.iter().all(|key| key.kid().is_none());
        Self { keys: distinct, matches_any_kid }
    }
}

/// A key text without the byte order mark, quotation marks and white space around it.
struct Content<'a> {
    text: &'a [u8],
    /// Bytes before it.
    offset: usize,
}

impl<'a> Content<'a> {
    /// # Errors
    /// [`KeyError::TooLong`].
    fn of(whole: &'a [u8]) -> Result<Self, KeyError> {
        if whole.len() > MAX_KEY_TEXT_BYTES {
            return Err(KeyError::TooLong { bytes: whole.len() });
        }
        let text = whole.trim_ascii_start();
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).trim_ascii_start();
        let offset = whole.len() - text.len();
        let text = text.trim_ascii_end();
        Ok(match text {
            [b'"', quoted @ .., b'"'] | [b'\'', quoted @ .., b'\''] => {
                let inside = quoted.trim_ascii_start();
                let offset = offset + 1 + quoted.len() - inside.len();
                Self { text: inside.trim_ascii_end(), offset }
            }
            unquoted => Self { text: unquoted, offset },
        })
    }

    /// Reads a JWK or JWKS, and returns whether it is a JWKS. Line breaks between its members may
    /// be written as `\n`.
    fn read_json(&self, keys: &mut Vec<PublicKey>) -> Result<bool, KeyError> {
        let read = jwk::read(self.text, keys);
        let Err(KeyError::Json(JsonError { kind, offset })) = read else { return read };
        let error = KeyError::Json(JsonError { kind, offset: self.offset + offset });
        if kind != JsonErrorKind::Syntax {
            return Err(error);
        }
        // No keys were read. An escape has a meaning only in a string, and no string of a key set
        // that is used holds a line break.
        let again = jwk::read(&with_line_breaks(self.text), keys);
        if let Err(KeyError::Json(_)) = again { Err(error) } else { again }
    }
}

/// Replaces written line breaks by white space.
fn with_line_breaks(text: &[u8]) -> Vec<u8> {
    let mut plain = text.to_vec();
    let mut rest = plain.as_mut_slice();
    while let [first, others @ ..] = rest {
        if let ([second @ (b'n' | b'r'), ..], b'\\') = (&mut *others, *first) {
            (*first, *second) = (b' ', b' ');
        }
        rest = others;
    }
    plain
}
