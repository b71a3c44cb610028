//! Why a key text was refused.

use super::fault::{JwkFault, KeyMember, PemFault, Unsuitable};
use crate::code::Code;
use crate::fault::Fault;
use core::fmt;

/// Why a key or a key set was refused at load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// [`Code::KeyFormatUnknown`].
    UnknownFormat,
    /// [`Code::KeySetTooLarge`]: the text's length, in bytes.
    TooLong {
        /// Bytes of the text.
        bytes: usize,
    },
    /// [`Code::KeyPemInvalid`]: what is wrong with it.
    Pem(PemFault),
    /// [`Code::KeyJsonInvalid`]: not strict JSON, at this byte of the text (of the JWK, inside a
    /// set).
    JsonSyntax {
        /// Byte offset.
        at: usize,
    },
    /// [`Code::KeyJsonInvalid`]: JSON of another shape than a JWK or JWKS.
    Json(JwkFault),
    /// [`Code::KeyMemberInvalid`]: which member.
    Member(KeyMember),
    /// [`Code::KeyPrivate`].
    PrivateKey,
    /// [`Code::KeySymmetric`].
    SymmetricKey,
    /// [`Code::KeyUnsuitable`]: which member says so.
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
    /// [`Code::KeyDuplicateKid`].
    DuplicateKid,
    /// [`Code::KeySetEmpty`].
    EmptySet,
}

impl KeyError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::UnknownFormat => Code::KeyFormatUnknown,
            Self::TooLong { .. } => Code::KeySetTooLarge,
            Self::Pem(_) => Code::KeyPemInvalid,
            Self::JsonSyntax { .. } | Self::Json(_) => Code::KeyJsonInvalid,
            Self::Member(_) => Code::KeyMemberInvalid,
            Self::PrivateKey => Code::KeyPrivate,
            Self::SymmetricKey => Code::KeySymmetric,
            Self::Unsuitable(_) => Code::KeyUnsuitable,
            Self::TooSmall { .. } => Code::KeyTooSmall,
            Self::TooLarge { .. } => Code::KeyTooLarge,
            Self::ModulusEven => Code::KeyModulusEven,
            Self::ExponentInvalid => Code::KeyExponentInvalid,
            Self::DuplicateKid => Code::KeyDuplicateKid,
            Self::EmptySet => Code::KeySetEmpty,
        }
    }
}

impl From<Fault> for KeyError {
    /// A fault found while loading keys.
    fn from(fault: Fault) -> Self {
        let (reason, place) = (usize::from(fault.reason()), fault.place());
        match fault.code() {
            Code::KeySetTooLarge => Self::TooLong { bytes: place as usize },
            Code::KeyPemInvalid => {
                PemFault::ALL.get(reason).copied().map_or(Self::UnknownFormat, Self::Pem)
            }
            Code::KeyJsonInvalid => match reason.checked_sub(usize::from(JwkFault::OFFSET)) {
                None => Self::JsonSyntax { at: place as usize },
                Some(reason) => {
                    JwkFault::ALL.get(reason).copied().map_or(Self::UnknownFormat, Self::Json)
                }
            },
            Code::KeyMemberInvalid => {
                KeyMember::ALL.get(reason).copied().map_or(Self::UnknownFormat, Self::Member)
            }
            Code::KeyPrivate => Self::PrivateKey,
            Code::KeySymmetric => Self::SymmetricKey,
            Code::KeyUnsuitable => {
                Unsuitable::ALL.get(reason).copied().map_or(Self::UnknownFormat, Self::Unsuitable)
            }
            Code::KeyTooSmall => Self::TooSmall { bits: place },
            Code::KeyTooLarge => Self::TooLarge { bits: place },
            Code::KeyModulusEven => Self::ModulusEven,
            Code::KeyExponentInvalid => Self::ExponentInvalid,
            Code::KeyDuplicateKid => Self::DuplicateKid,
            Code::KeySetEmpty => Self::EmptySet,
            _ => Self::UnknownFormat,
        }
    }
}

impl core::error::Error for KeyError {}

impl fmt::Display for KeyError {
    /// English, one line, with the values that matter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFormat => f.write_str("the key is neither PEM nor a JWK nor a JWKS"),
            Self::TooLong { bytes } => {
                write!(f, "the key text has {bytes} bytes; {} are read", super::MAX_KEY_TEXT_BYTES)
            }
            Self::Pem(what) => write!(f, "the PEM text is not a public key: {what}"),
            Self::JsonSyntax { at } => write!(f, "the JWK or JWKS is not strict JSON at byte {at}"),
            Self::Json(what) => write!(f, "the JSON is not a JWK or JWKS: {what}"),
            Self::Member(member) => write!(f, "the JWK member {} is missing or malformed", member.as_str()),
            Self::PrivateKey => f.write_str(
                "this is a private key: pass the public key only, and replace a private key that was exposed",
            ),
            Self::SymmetricKey => f.write_str("a symmetric key cannot verify RS256"),
            Self::Unsuitable(why) => write!(f, "the key is not meant for verifying RS256: {why}"),
            Self::TooSmall { bits } => write!(f, "the RSA modulus has {bits} bits; 2048 are the least"),
            Self::TooLarge { bits } => write!(f, "the RSA modulus has {bits} bits; 4096 are the most"),
            Self::ModulusEven => f.write_str("the RSA modulus is even"),
            Self::ExponentInvalid => f.write_str("the RSA public exponent is not an odd number from 3 to 2^32 - 1"),
            Self::DuplicateKid => f.write_str("two keys of the set have the same kid"),
            Self::EmptySet => f.write_str("the key set holds no key for RS256"),
        }
    }
}
