//! The reasons of those [`KeyError`](super::KeyError)s that have several.

use core::fmt;

macro_rules! reasons {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident { $($variant:ident, $code:literal, $text:literal;)+ }
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = $text] $variant,)+
        }

        impl $name {
            /// Every variant.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Returns the stable machine-readable form, in `snake_case`.
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

reasons! {
    /// Why a text is not a public key in PEM (RFC 7468).
    PemError {
        BeginMissing, "begin_missing", "the -----BEGIN line is missing";
        BeginUnclosed, "begin_unclosed", "the -----BEGIN line does not end in dashes";
        EndMissing, "end_missing", "the -----END line is missing";
        EndMismatch, "end_mismatch", "the -----END line does not match, or something follows it";
        LabelUnknown, "label_unknown", "the label is neither PUBLIC KEY nor RSA PUBLIC KEY";
        Base64, "base64", "the body is not base64";
        Der, "der", "the body is not an RSA public key in DER";
    }

    /// Why a JSON object is neither a JWK nor a JWKS (RFC 7517).
    JwkError {
        KeysMissing, "keys_missing", "the member keys is missing";
        KeysNotAnArray, "keys_not_an_array", "keys is not an array";
        KeyNotAnObject, "key_not_an_object", "an element of keys is not an object";
        NotASingleKey, "not_a_single_key", "it is a JWKS, not a JWK";
    }

    /// Why a public key cannot verify RS256.
    Unsuitable {
        NotRsa, "not_rsa", "the key is not an RSA key";
        RsaPss, "rsa_pss", "the key is for RSASSA-PSS alone";
        Kty, "kty", "kty is not RSA";
        Use, "use", "use is not sig";
        KeyOps, "key_ops", "key_ops does not hold verify";
        Alg, "alg", "alg is not RS256";
    }

    /// A member of a JWK that is missing or malformed.
    KeyMember {
        Modulus, "n", "the modulus";
        Exponent, "e", "the exponent";
        KeyId, "kid", "the key id";
    }

    /// What is wrong with a member of a JWK.
    MemberError {
        Missing, "missing", "is missing";
        OnlyX5c, "only_x5c", "is missing, and the certificates of x5c are not read";
        NotAString, "not_a_string", "is not a string";
        Empty, "empty", "is empty";
        NotBase64Url, "not_base64url", "is not base64url";
        PlainBase64, "plain_base64", "is plain or padded base64 and not base64url without padding";
    }
}
