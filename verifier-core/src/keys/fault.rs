//! What exactly is wrong with a key text, for the [`KeyError`](super::KeyError)s that can have
//! several reasons.

use crate::code::Code;
use crate::fault::Fault;
use core::fmt;

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident { $($variant:ident, $code:literal, $text:literal;)+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum $name {
            $(#[doc = $text] $variant,)+
        }

        impl $name {
            /// Every one, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable machine-readable form, in `snake_case`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text,)+ })
            }
        }
    )+};
}

faults! {
    /// Why a text is not a public key in PEM (RFC 7468).
    PemFault {
        BeginMissing, "begin_missing", "it does not begin with -----BEGIN";
        BeginUnclosed, "begin_unclosed", "the first line does not end in dashes";
        BeginTrailing, "begin_trailing", "the first line holds more than the label";
        EndMissing, "end_missing", "the -----END line is missing";
        EndMismatch, "end_mismatch", "the -----END line does not match, or something follows it";
        LabelUnknown, "label_unknown", "the label is neither PUBLIC KEY nor RSA PUBLIC KEY";
        Base64, "base64", "the body is not base64";
        Der, "der", "the body is not an RSA public key in DER";
    }

    /// Why a JSON text is neither a JWK nor a JWKS (RFC 7517).
    JwkFault {
        KeysMissing, "keys_missing", "the member keys is missing";
        KeysNotAnArray, "keys_not_an_array", "keys is not an array";
        KeyNotAnObject, "key_not_an_object", "an element of keys is not an object";
        NotASingleKey, "not_a_single_key", "it is a JWKS, not a JWK";
    }

    /// What makes a public key unfit for verifying RS256.
    Unsuitable {
        NotRsa, "not_rsa", "the key is not an RSA key";
        Kty, "kty", "kty is not RSA";
        Use, "use", "use is not sig";
        KeyOps, "key_ops", "key_ops does not hold verify";
        Alg, "alg", "alg is not RS256";
    }

    /// A member of a JWK that is missing or malformed.
    KeyMember {
        Modulus, "n", "the modulus";
        Exponent, "e", "the exponent";
        KeyId, "kid", "the name of the key";
    }
}

impl PemFault {
    pub(super) const fn fault(self) -> Fault {
        Fault::new(Code::KeyPemInvalid, self as u8, 0)
    }
}

impl JwkFault {
    /// Tells its numbers from those of a [`JsonFault`](crate::JsonFault), which has the same code.
    pub(super) const OFFSET: u8 = 16;

    pub(super) const fn fault(self) -> Fault {
        Fault::new(Code::KeyJsonInvalid, Self::OFFSET + self as u8, 0)
    }
}

impl Unsuitable {
    pub(super) const fn fault(self) -> Fault {
        Fault::new(Code::KeyUnsuitable, self as u8, 0)
    }
}

impl KeyMember {
    pub(super) const fn fault(self) -> Fault {
        Fault::new(Code::KeyMemberInvalid, self as u8, 0)
    }
}
