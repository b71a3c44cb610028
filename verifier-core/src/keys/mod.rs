//! Public keys and key sets: what is loaded, and which key a token selects.

mod der;
mod error;
mod fault;
mod jwk;
mod pem;

pub use error::KeyError;
pub use fault::{JwkFault, KeyMember, PemFault, Unsuitable};

use crate::base64url;
use crate::code::Code;
use crate::fault::Fault;
use crate::json::Text;
use crate::rs256::{RsaPublicKey, sha256};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Longest key text that is read, in bytes: about 180 keys of 4096 bits.
pub const MAX_KEY_TEXT_BYTES: usize = 131_072;

/// An RSA public key for RS256: an odd modulus of 2048 to 4096 bits, an odd exponent from 3 to
/// 2^32 - 1.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// As it stands in the JWK, escapes and all.
    kid: Option<Vec<u8>>,
    rsa: RsaPublicKey,
}

impl PublicKey {
    /// The key's `kid`, when it has one. A key from PEM has none.
    #[must_use]
    pub fn kid(&self) -> Option<Cow<'_, str>> {
        self.kid_text().map(Text::to_str)
    }

    fn kid_text(&self) -> Option<Text<'_>> {
        self.kid.as_deref().map(Text::new)
    }

    fn is_called(&self, kid: Text<'_>) -> bool {
        self.kid_text().is_some_and(|own| own.compare(kid) == Ordering::Equal)
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

    /// Whether `signature` is this key's RS256 signature of `signing_input` (RFC 7515 section 5.2,
    /// RFC 8017 section 8.2.2): as many bytes as the modulus has, a number below it, and its power
    /// the one expected encoding.
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
    /// [`KeyError::UnknownFormat`], [`KeyError::TooLong`], and those of [`Self::from_pem`] and
    /// [`Self::from_jwks`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        Ok(Self::load(text.as_bytes())?)
    }

    /// As [`Self::parse`], of bytes and with an error of eight bytes: for callers that have little
    /// room.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn load(text: &[u8]) -> Result<Self, Fault> {
        let read = |text: &[u8], loaded: &mut Loaded| match text.trim_ascii_start().first() {
            Some(b'{') => jwk::read(text, loaded),
            Some(b'-') => pem::read(text, loaded),
            // It says so of a private key with text before it, as some tools write it.
            _ => match pem::read(text, loaded) {
                Err(fault) if fault == Fault::of(Code::KeyPrivate) => Err(fault),
                _ => Err(Fault::of(Code::KeyFormatUnknown)),
            },
        };
        Loaded::read_by(read, text)?.into_set()
    }

    /// Reads one PEM public key, `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS#1), of at most
    /// 131,072 bytes.
    ///
    /// It has no `kid` and verifies tokens with any.
    ///
    /// # Errors
    /// [`KeyError::Pem`], [`KeyError::PrivateKey`], [`KeyError::Unsuitable`], or the fault of its
    /// numbers.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        Ok(Loaded::read_by(pem::read, text.as_bytes())?.into_set()?)
    }

    /// Reads one JWK (RFC 7517 section 4) of at most 131,072 bytes. Without a `kid` it verifies
    /// tokens with any.
    ///
    /// # Errors
    /// [`KeyError::Json`] and [`KeyError::JsonSyntax`], [`KeyError::Member`],
    /// [`KeyError::PrivateKey`], [`KeyError::SymmetricKey`], [`KeyError::Unsuitable`], or the
    /// fault of its numbers.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        match Loaded::read_by(jwk::read, text.as_bytes())? {
            Loaded { is_set: true, .. } => Err(KeyError::Json(JwkFault::NotASingleKey)),
            loaded => Ok(loaded.into_set()?),
        }
    }

    /// Reads a JWKS (RFC 7517 section 5) of at most 131,072 bytes. Keys that are not for RS256,
    /// and those whose numbers are refused, are skipped: no token selects them.
    ///
    /// # Errors
    /// As [`Self::from_jwk`] for the text; [`KeyError::PrivateKey`] and [`KeyError::SymmetricKey`]
    /// for the whole set; [`KeyError::DuplicateKid`]; and when no key is left, the fault of the
    /// first or [`KeyError::EmptySet`].
    pub fn from_jwks(text: &str) -> Result<Self, KeyError> {
        match Loaded::read_by(jwk::read, text.as_bytes())? {
            Loaded { is_set: false, .. } => Err(KeyError::Json(JwkFault::KeysMissing)),
            loaded => Ok(loaded.into_set()?),
        }
    }

    /// The suitable keys, in the order of the text; at least one.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// The key a token selects by its `kid`, or by having none.
    pub(crate) fn select(&self, kid: Option<Text<'_>>) -> Result<&PublicKey, Fault> {
        match (self.keys.as_slice(), kid) {
            ([only], None) => Ok(only),
            ([only], Some(_)) if self.bare => Ok(only),
            (keys, None) => Err(Fault::new(Code::KidMissing, 0, keys.len())),
            (keys, Some(kid)) => {
                keys.iter().find(|key| key.is_called(kid)).ok_or(Fault::of(Code::KeyNotFound))
            }
        }
    }
}

/// What has been read of a key text.
#[derive(Default)]
struct Loaded {
    keys: Vec<PublicKey>,
    /// The text is a JWKS.
    is_set: bool,
    /// Why the first unsuitable key of a set was skipped.
    skipped: Option<Fault>,
    /// What was decoded of the key that is being read.
    bytes: Vec<u8>,
}

impl Loaded {
    /// What this reader makes of a text.
    fn read_by(
        read: impl FnOnce(&[u8], &mut Self) -> Result<(), Fault>,
        text: &[u8],
    ) -> Result<Self, Fault> {
        if text.len() > MAX_KEY_TEXT_BYTES {
            return Err(Fault::new(Code::KeySetTooLarge, 0, text.len()));
        }
        let mut loaded = Self::default();
        read(text, &mut loaded)?;
        Ok(loaded)
    }

    /// Takes a key.
    fn push(&mut self, kid: Option<Text<'_>>, rsa: RsaPublicKey) {
        self.keys.push(PublicKey { kid: kid.map(|kid| kid.escaped().to_vec()), rsa });
    }

    fn into_set(self) -> Result<KeySet, Fault> {
        let keys = self.keys;
        let mut rest = keys.as_slice();
        let Some(first) = rest.first() else {
            return Err(self.skipped.unwrap_or(Fault::of(Code::KeySetEmpty)));
        };
        let bare = !self.is_set && first.kid.is_none();
        while let [first, others @ ..] = rest {
            if first.kid_text().is_some_and(|kid| others.iter().any(|other| other.is_called(kid))) {
                return Err(Fault::of(Code::KeyDuplicateKid));
            }
            rest = others;
        }
        Ok(KeySet { keys, bare })
    }
}
