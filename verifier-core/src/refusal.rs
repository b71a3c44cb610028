//! Why a token was refused, with the values that matter.

use crate::code::Code;
use crate::json::{Fault, FaultKind, Text};
use crate::time::UnixTime;
use alloc::string::String;
use core::fmt;

/// Longest excerpt of an untrusted value in a refusal, in characters.
const EXCERPT: usize = 64;

/// A segment of the compact serialization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// The JOSE header.
    Header,
    /// The payload.
    Payload,
    /// The signature.
    Signature,
}

/// What a token said where the policy wanted something else; `T` as in [`Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<T = String> {
    /// Nothing: the member is absent.
    Absent,
    /// A string, cut after 64 characters.
    Text(T),
    /// A value of another JSON type.
    NotAString,
}

/// How a refusal quotes the token and the policy.
pub(crate) trait Quote {
    /// A string of the token: untrusted, of any length.
    fn of_token(text: Text<'_>) -> Self;

    /// A string of the policy.
    fn of_policy(text: &str) -> Self;
}

impl Quote for String {
    fn of_token(text: Text<'_>) -> Self {
        text.excerpt(EXCERPT)
    }

    fn of_policy(text: &str) -> Self {
        text.into()
    }
}

/// Quotes nothing.
impl Quote for () {
    fn of_token(_: Text<'_>) -> Self {}

    fn of_policy(_: &str) -> Self {}
}

/// Why a token was refused: the first rule it broke.
///
/// `T` is how texts are quoted: as strings, or not at all (`()`) where no sentence is made of the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal<T = String> {
    /// [`Code::TokenTooLarge`]: its length and the limit, in bytes.
    TooLarge {
        /// Bytes of the token.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// [`Code::TokenMalformed`]: the number of segments is not three.
    SegmentCount {
        /// Segments found.
        found: usize,
    },
    /// [`Code::TokenMalformed`]: the header or the payload is empty.
    SegmentEmpty(Segment),
    /// [`Code::Base64Invalid`]: at this byte of the segment.
    Base64 {
        /// The segment.
        segment: Segment,
        /// Byte offset in the segment's text.
        at: usize,
    },
    /// [`Code::HeaderInvalid`] or [`Code::PayloadInvalid`]: not UTF-8, at this byte.
    NotUtf8 {
        /// Header or payload.
        segment: Segment,
        /// Byte offset in the decoded segment.
        at: usize,
    },
    /// [`Code::HeaderInvalid`] or [`Code::PayloadInvalid`]: not the JSON grammar, at this byte.
    NotJson {
        /// Header or payload.
        segment: Segment,
        /// Byte offset in the decoded segment.
        at: usize,
    },
    /// [`Code::HeaderInvalid`] or [`Code::PayloadInvalid`]: JSON, but not an object.
    NotAnObject(Segment),
    /// [`Code::HeaderDuplicateMember`] or [`Code::PayloadDuplicateMember`]: in the object that begins at this byte.
    DuplicateMember {
        /// Header or payload.
        segment: Segment,
        /// Byte offset of the object in the decoded segment.
        at: usize,
    },
    /// [`Code::HeaderTooDeep`] or [`Code::PayloadTooDeep`].
    TooDeep(Segment),
    /// [`Code::AlgNotAllowed`]: what the header said.
    Alg(Found<T>),
    /// [`Code::TypNotAllowed`]: what the header said.
    Typ(Found<T>),
    /// [`Code::CritNotSupported`].
    Crit,
    /// [`Code::B64NotSupported`].
    B64,
    /// [`Code::KidInvalid`].
    KidNotAString,
    /// [`Code::KeyNotFound`]: the token's `kid`, cut after 64 characters.
    KeyNotFound {
        /// The `kid`.
        kid: T,
    },
    /// [`Code::KidMissing`]: how many keys could have been meant.
    KidMissing {
        /// Suitable keys in the set.
        keys: usize,
    },
    /// [`Code::SignatureInvalid`]. Says no more on purpose: how a signature fails is of use to a forger only.
    Signature,
    /// [`Code::ClaimMissing`]: the claim's name.
    ClaimMissing(&'static str),
    /// [`Code::ClaimInvalid`]: the claim's name.
    ClaimInvalid(&'static str),
    /// [`Code::TokenExpired`].
    Expired {
        /// The claim `exp`.
        expired_at: UnixTime,
        /// The instant of the check.
        now: UnixTime,
    },
    /// [`Code::TokenNotYetValid`].
    NotYetValid {
        /// The claim `nbf`.
        not_before: UnixTime,
        /// The instant of the check.
        now: UnixTime,
    },
    /// [`Code::TokenIssuedInFuture`].
    IssuedInFuture {
        /// The claim `iat`.
        issued_at: UnixTime,
        /// The instant of the check.
        now: UnixTime,
    },
    /// [`Code::TokenTypeMismatch`].
    TokenType {
        /// What the policy asks for.
        expected: &'static str,
        /// The claim `token_type`.
        actual: Found<T>,
    },
    /// [`Code::IssuerMismatch`].
    Issuer {
        /// What the policy asks for.
        expected: T,
        /// The claim `iss`.
        actual: Found<T>,
    },
    /// [`Code::AudienceMismatch`].
    Audience {
        /// What the policy asks for; `None`: no audience is configured, and the token must not have one.
        expected: Option<T>,
    },
}

impl<T> Refusal<T> {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } => Code::TokenTooLarge,
            Self::SegmentCount { .. } | Self::SegmentEmpty(_) => Code::TokenMalformed,
            Self::Base64 { .. } => Code::Base64Invalid,
            Self::NotUtf8 { segment, .. } | Self::NotJson { segment, .. } | Self::NotAnObject(segment) => match segment
            {
                Segment::Header => Code::HeaderInvalid,
                Segment::Payload | Segment::Signature => Code::PayloadInvalid,
            },
            Self::DuplicateMember { segment, .. } => match segment {
                Segment::Header => Code::HeaderDuplicateMember,
                Segment::Payload | Segment::Signature => Code::PayloadDuplicateMember,
            },
            Self::TooDeep(segment) => match segment {
                Segment::Header => Code::HeaderTooDeep,
                Segment::Payload | Segment::Signature => Code::PayloadTooDeep,
            },
            Self::Alg(_) => Code::AlgNotAllowed,
            Self::Typ(_) => Code::TypNotAllowed,
            Self::Crit => Code::CritNotSupported,
            Self::B64 => Code::B64NotSupported,
            Self::KidNotAString => Code::KidInvalid,
            Self::KeyNotFound { .. } => Code::KeyNotFound,
            Self::KidMissing { .. } => Code::KidMissing,
            Self::Signature => Code::SignatureInvalid,
            Self::ClaimMissing(_) => Code::ClaimMissing,
            Self::ClaimInvalid(_) => Code::ClaimInvalid,
            Self::Expired { .. } => Code::TokenExpired,
            Self::NotYetValid { .. } => Code::TokenNotYetValid,
            Self::IssuedInFuture { .. } => Code::TokenIssuedInFuture,
            Self::TokenType { .. } => Code::TokenTypeMismatch,
            Self::Issuer { .. } => Code::IssuerMismatch,
            Self::Audience { .. } => Code::AudienceMismatch,
        }
    }

    /// A JSON fault in this segment.
    pub(crate) const fn json(segment: Segment, fault: Fault) -> Self {
        let at = fault.at;
        match fault.kind {
            FaultKind::Utf8 => Self::NotUtf8 { segment, at },
            FaultKind::Syntax => Self::NotJson { segment, at },
            FaultKind::DuplicateMember => Self::DuplicateMember { segment, at },
            FaultKind::TooDeep => Self::TooDeep(segment),
            FaultKind::NotAnObject => Self::NotAnObject(segment),
        }
    }
}

impl core::error::Error for Refusal {}

impl fmt::Display for Refusal {
    /// English, one line, with the values that matter; quoted values are escaped and cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes, limit } => write!(f, "the token has {bytes} bytes; {limit} are allowed"),
            Self::SegmentCount { found } => write!(f, "a compact JWS has three segments; {found} found"),
            Self::SegmentEmpty(segment) => write!(f, "the {segment} is empty"),
            Self::Base64 { segment, at } => write!(f, "the {segment} is not strict base64url at byte {at}"),
            Self::NotUtf8 { segment, at } => write!(f, "the {segment} is not UTF-8 at byte {at}"),
            Self::NotJson { segment, at } => write!(f, "the {segment} is not strict JSON at byte {at}"),
            Self::NotAnObject(segment) => write!(f, "the {segment} is not a JSON object"),
            Self::DuplicateMember { segment, at } => {
                write!(f, "the {segment} has a member name twice in the object at byte {at}")
            }
            Self::TooDeep(segment) => {
                write!(f, "the {segment} is nested deeper than {} levels", crate::json::MAX_DEPTH)
            }
            Self::Alg(found) => write!(f, "alg must be \"RS256\"; {found}"),
            Self::Typ(found) => write!(f, "typ is not allowed; {found}"),
            Self::Crit => f.write_str("the header has crit; no extension is supported"),
            Self::B64 => f.write_str("the header has b64 other than true"),
            Self::KidNotAString => f.write_str("kid must be a string"),
            Self::KeyNotFound { kid } => write!(f, "no suitable key has the kid {kid:?}"),
            Self::KidMissing { keys } => write!(f, "the token has no kid and {keys} keys are suitable"),
            Self::Signature => f.write_str("the signature is not valid"),
            Self::ClaimMissing(claim) => write!(f, "the claim {claim} is missing"),
            Self::ClaimInvalid(claim) => write!(f, "the claim {claim} has the wrong type or an impossible value"),
            Self::Expired { expired_at, now } => write!(f, "the token expired at {expired_at}; now is {now}"),
            Self::NotYetValid { not_before, now } => write!(f, "the token is valid from {not_before}; now is {now}"),
            Self::IssuedInFuture { issued_at, now } => write!(f, "the token was issued at {issued_at}; now is {now}"),
            Self::TokenType { expected, actual } => write!(f, "token_type must be {expected:?}; {actual}"),
            Self::Issuer { expected, actual } => write!(f, "iss must be {expected:?}; {actual}"),
            Self::Audience { expected: Some(expected) } => write!(f, "aud must hold {expected:?}"),
            Self::Audience { expected: None } => f.write_str("the token has aud, but no audience is configured"),
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("it is absent"),
            Self::Text(text) => write!(f, "found {text:?}"),
            Self::NotAString => f.write_str("found a value that is not a string"),
        }
    }
}
