//! The error of loading keys.

use super::reasons::{JwkError, KeyMember, MemberError, PemError, Unsuitable};
use crate::code::Code;
use crate::json::JsonError;
use core::fmt;
use rsa_verify::InvalidKey;

/// Longest key text that is accepted, in bytes: about 180 keys of 4096 bits.
pub const MAX_KEY_TEXT_BYTES: usize = 131_072;

/// Why a key or a key set was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// [`Code::KeyFormatUnknown`].
    UnknownFormat,
    /// [`Code::KeySetTooLarge`].
    TooLong {
        /// Bytes of the text.
        bytes: usize,
    },
    /// [`Code::KeyPemInvalid`].
    Pem(PemError),
    /// [`Code::KeyJsonInvalid`]: not strict JSON.
    Json(JsonError),
    /// [`Code::KeyJsonInvalid`]: JSON, but neither a JWK nor a JWKS.
    Jwk(JwkError),
    /// [`Code::KeyMemberInvalid`].
    Member(KeyMember, MemberError),
    /// [`Code::KeyPrivate`].
    PrivateKey,
    /// [`Code::KeyCertificate`].
    Certificate,
    /// [`Code::KeyDiscoveryDocument`].
    DiscoveryDocument,
    /// [`Code::KeySymmetric`].
    SymmetricKey,
    /// [`Code::KeyUnsuitable`].
    Unsuitable(Unsuitable),
    /// [`Code::KeyTooSmall`].
    TooSmall {
        /// Bits of the modulus.
        bits: u32,
    },
    /// [`Code::KeyTooLarge`].
    TooLarge {
        /// Bits of the modulus.
        bits: u32,
    },
    /// [`Code::KeyModulusEven`].
    ModulusEven,
    /// [`Code::KeyExponentInvalid`].
    ExponentInvalid,
    /// [`Code::KeySetEmpty`].
    EmptySet,
}

impl KeyError {
    /// Returns the stable code.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::UnknownFormat => Code::KeyFormatUnknown,
            Self::TooLong { .. } => Code::KeySetTooLarge,
            Self::Pem(_) => Code::KeyPemInvalid,
            Self::Json(_) | Self::Jwk(_) => Code::KeyJsonInvalid,
            Self::Member(..) => Code::KeyMemberInvalid,
            Self::PrivateKey => Code::KeyPrivate,
            Self::Certificate => Code::KeyCertificate,
            Self::DiscoveryDocument => Code::KeyDiscoveryDocument,
            Self::SymmetricKey => Code::KeySymmetric,
            Self::Unsuitable(_) => Code::KeyUnsuitable,
            Self::TooSmall { .. } => Code::KeyTooSmall,
            Self::TooLarge { .. } => Code::KeyTooLarge,
            Self::ModulusEven => Code::KeyModulusEven,
            Self::ExponentInvalid => Code::KeyExponentInvalid,
            Self::EmptySet => Code::KeySetEmpty,
        }
    }
}

impl From<InvalidKey> for KeyError {
    fn from(error: InvalidKey) -> Self {
        match error {
            InvalidKey::TooSmall { bits } => Self::TooSmall { bits },
            InvalidKey::TooLarge { bits } => Self::TooLarge { bits },
            InvalidKey::ModulusEven => Self::ModulusEven,
            InvalidKey::ExponentInvalid => Self::ExponentInvalid,
        }
    }
}

impl core::error::Error for KeyError {}

impl fmt::Display for KeyError {
    /// Writes an English sentence for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFormat => f.write_str("the key is neither PEM nor a JWK nor a JWKS"),
            Self::TooLong { bytes } => {
                write!(f, "the key text has {bytes} bytes; {MAX_KEY_TEXT_BYTES} are read")
            }
            Self::Pem(error) => write!(f, "the PEM text is not a public key: {error}"),
            Self::Json(error) => write!(f, "the JWK or JWKS {error}"),
            Self::Jwk(error) => write!(f, "the JSON is not a JWK or JWKS: {error}"),
            Self::Member(member, why) => write!(f, "the JWK member {} {why}", member.as_str()),
            Self::PrivateKey => f.write_str(
                "this is a private key: pass the public key only, and replace a private key that \
                 was exposed",
            ),
            Self::Certificate => f.write_str(
                "this is a certificate: pass its public key, which `openssl x509 -pubkey -noout \
                 -in FILE` writes",
            ),
            Self::DiscoveryDocument => f.write_str(
                "this is a discovery document and not a key set: use the address in its jwks_uri",
            ),
            Self::SymmetricKey => f.write_str("a symmetric key cannot verify RS256"),
            Self::Unsuitable(why) => write!(f, "the key is not meant for verifying RS256: {why}"),
            Self::TooSmall { bits } => {
                write!(f, "the RSA modulus has {bits} bits; 2048 are the least")
            }
            Self::TooLarge { bits } => {
                write!(f, "the RSA modulus has {bits} bits; 4096 are the most")
            }
            Self::ModulusEven => f.write_str("the RSA modulus is even"),
            Self::ExponentInvalid => {
                f.write_str("the RSA public exponent is not an odd number from 3 to 2^32 - 1")
            }
            Self::EmptySet => f.write_str("the key set holds no key for RS256"),
        }
    }
}
