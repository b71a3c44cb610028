//! Why a token was refused, with the values that matter.

use crate::claims::{ClaimName, Claims};
use crate::code::Code;
use crate::fault::{Fault, JsonFault};
use crate::json::{Value, read_members};
use crate::policy::Policy;
use crate::shape::Segments;
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

/// What a token said where the policy wanted something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: the member is absent.
    Absent,
    /// A string, cut after 64 characters.
    Text(String),
    /// A value of another JSON type.
    NotAString,
}

/// Why a token was refused: the first rule it broke.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
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
    /// [`Code::HeaderDuplicateMember`] or [`Code::PayloadDuplicateMember`]: in the object that
    /// begins at this byte.
    DuplicateMember {
        /// Header or payload.
        segment: Segment,
        /// Byte offset of the object in the decoded segment.
        at: usize,
    },
    /// [`Code::HeaderTooDeep`] or [`Code::PayloadTooDeep`].
    TooDeep(Segment),
    /// [`Code::AlgNotAllowed`]: what the header said.
    Alg(Found),
    /// [`Code::TypNotAllowed`]: what the header said.
    Typ(Found),
    /// [`Code::CritNotSupported`].
    Crit,
    /// [`Code::B64NotSupported`].
    B64,
    /// [`Code::KidInvalid`].
    KidNotAString,
    /// [`Code::KeyNotFound`]: the token's `kid`, cut after 64 characters.
    KeyNotFound {
        /// The `kid`.
        kid: String,
    },
    /// [`Code::KidMissing`]: how many keys could have been meant.
    KidMissing {
        /// Suitable keys in the set.
        keys: usize,
    },
    /// [`Code::SignatureInvalid`]. Says no more on purpose: how a signature fails is of use to a
    /// forger only.
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
        actual: Found,
    },
    /// [`Code::IssuerMismatch`].
    Issuer {
        /// What the policy asks for.
        expected: String,
        /// The claim `iss`.
        actual: Found,
    },
    /// [`Code::AudienceMismatch`].
    Audience {
        /// What the policy asks for; `None`: no audience is configured, and the token must not
        /// have one.
        expected: Option<String>,
    },
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } => Code::TokenTooLarge,
            Self::SegmentCount { .. } | Self::SegmentEmpty(_) => Code::TokenMalformed,
            Self::Base64 { .. } => Code::Base64Invalid,
            Self::NotUtf8 { segment, .. }
            | Self::NotJson { segment, .. }
            | Self::NotAnObject(segment) => match segment {
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

    /// Tells a fault with what the token said and what was asked of it.
    pub(crate) fn new(fault: Fault, asked: &Asked<'_>) -> Self {
        let (reason, place) = (fault.reason(), fault.place() as usize);
        let payload = |name| claim(asked.segments, name);
        match fault.code() {
            Code::TokenTooLarge => Self::TooLarge { bytes: place, limit: asked.limit },
            Code::TokenMalformed if reason == 0 => Self::SegmentCount { found: place },
            Code::TokenMalformed => Self::SegmentEmpty(Segment::numbered(reason - 1)),
            Code::Base64Invalid => Self::Base64 { segment: Segment::numbered(reason), at: place },
            Code::HeaderInvalid => Self::invalid(Segment::Header, reason, place),
            Code::PayloadInvalid => Self::invalid(Segment::Payload, reason, place),
            Code::HeaderDuplicateMember => {
                Self::DuplicateMember { segment: Segment::Header, at: place }
            }
            Code::PayloadDuplicateMember => {
                Self::DuplicateMember { segment: Segment::Payload, at: place }
            }
            Code::HeaderTooDeep => Self::TooDeep(Segment::Header),
            Code::PayloadTooDeep => Self::TooDeep(Segment::Payload),
            Code::AlgNotAllowed => {
                Self::Alg(Found::in_place_of_text(header_member(asked.segments, "alg")))
            }
            Code::TypNotAllowed => {
                Self::Typ(Found::in_place_of_text(header_member(asked.segments, "typ")))
            }
            Code::CritNotSupported => Self::Crit,
            Code::B64NotSupported => Self::B64,
            Code::KidInvalid => Self::KidNotAString,
            Code::KeyNotFound => {
                let kid = header_member(asked.segments, "kid").and_then(Value::text);
                Self::KeyNotFound { kid: kid.map(|kid| kid.excerpt(EXCERPT)).unwrap_or_default() }
            }
            Code::KidMissing => Self::KidMissing { keys: place },
            Code::ClaimMissing => Self::ClaimMissing(ClaimName::numbered(reason)),
            Code::ClaimInvalid => Self::ClaimInvalid(ClaimName::numbered(reason)),
            Code::TokenExpired => Self::Expired {
                expired_at: date(asked.segments, ClaimName::ExpiresAt),
                now: asked.now,
            },
            Code::TokenNotYetValid => Self::NotYetValid {
                not_before: date(asked.segments, ClaimName::NotBefore),
                now: asked.now,
            },
            Code::TokenIssuedInFuture => Self::IssuedInFuture {
                issued_at: date(asked.segments, ClaimName::IssuedAt),
                now: asked.now,
            },
            Code::TokenTypeMismatch => Self::TokenType {
                expected: asked.policy.token_type.as_str(),
                actual: Found::in_place_of_text(payload(ClaimName::TokenType)),
            },
            Code::IssuerMismatch => Self::Issuer {
                expected: asked.policy.issuer.clone().unwrap_or_default(),
                actual: Found::in_place_of_text(payload(ClaimName::Issuer)),
            },
            Code::AudienceMismatch => Self::Audience { expected: asked.policy.audience.clone() },
            // The codes of keys and of revocation are no verdict on a token's text.
            _ => Self::Signature,
        }
    }

    const fn invalid(segment: Segment, reason: u8, at: usize) -> Self {
        if reason == JsonFault::NotUtf8 as u8 {
            Self::NotUtf8 { segment, at }
        } else if reason == JsonFault::NotAnObject as u8 {
            Self::NotAnObject(segment)
        } else {
            Self::NotJson { segment, at }
        }
    }
}

/// The token as far as it was decoded, and what was asked of it.
pub(crate) struct Asked<'a> {
    pub(crate) segments: &'a Segments,
    pub(crate) policy: &'a Policy,
    /// Bytes allowed.
    pub(crate) limit: usize,
    pub(crate) now: UnixTime,
}

fn header_member<'a>(segments: &'a Segments, name: &str) -> Option<Value<'a>> {
    let mut value = [None];
    read_members(segments.header(), &[name], &mut value).ok()?;
    let [value] = value;
    value
}

fn claim(segments: &Segments, name: ClaimName) -> Option<Value<'_>> {
    Claims::read(segments.payload()).ok()?.get(name)
}

/// A date that has been compared, and so is one.
fn date(segments: &Segments, name: ClaimName) -> UnixTime {
    claim(segments, name)
        .and_then(Value::number)
        .and_then(|date| date.as_numeric_date())
        .unwrap_or(UnixTime::MAX)
}

impl Segment {
    const fn numbered(number: u8) -> Self {
        match number {
            0 => Self::Header,
            1 => Self::Payload,
            _ => Self::Signature,
        }
    }
}

impl ClaimName {
    fn numbered(number: u8) -> &'static str {
        Self::ALL.get(usize::from(number)).map_or("", |name| name.as_str())
    }
}

impl Found {
    /// What stands in place of an expected string.
    fn in_place_of_text(value: Option<Value<'_>>) -> Self {
        match value.map(Value::text) {
            None => Self::Absent,
            Some(Some(text)) => Self::Text(text.excerpt(EXCERPT)),
            Some(None) => Self::NotAString,
        }
    }
}

impl core::error::Error for Refusal {}

impl fmt::Display for Refusal {
    /// English, one line, with the values that matter; quoted values are escaped and cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes, limit } => {
                write!(f, "the token has {bytes} bytes; {limit} are allowed")
            }
            Self::SegmentCount { found } => {
                write!(f, "a compact JWS has three segments; {found} found")
            }
            Self::SegmentEmpty(segment) => write!(f, "the {segment} is empty"),
            Self::Base64 { segment, at } => {
                write!(f, "the {segment} is not strict base64url at byte {at}")
            }
            Self::NotUtf8 { segment, at } => write!(f, "the {segment} is not UTF-8 at byte {at}"),
            Self::NotJson { segment, at } => {
                write!(f, "the {segment} is not strict JSON at byte {at}")
            }
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
            Self::KidMissing { keys } => {
                write!(f, "the token has no kid and {keys} keys are suitable")
            }
            Self::Signature => f.write_str("the signature is not valid"),
            Self::ClaimMissing(claim) => write!(f, "the claim {claim} is missing"),
            Self::ClaimInvalid(claim) => {
                write!(f, "the claim {claim} has the wrong type or an impossible value")
            }
            Self::Expired { expired_at, now } => {
                write!(f, "the token expired at {expired_at}; now is {now}")
            }
            Self::NotYetValid { not_before, now } => {
                write!(f, "the token is valid from {not_before}; now is {now}")
            }
            Self::IssuedInFuture { issued_at, now } => {
                write!(f, "the token was issued at {issued_at}; now is {now}")
            }
            Self::TokenType { expected, actual } => {
                write!(f, "token_type must be {expected:?}; {actual}")
            }
            Self::Issuer { expected, actual } => write!(f, "iss must be {expected:?}; {actual}"),
            Self::Audience { expected: Some(expected) } => write!(f, "aud must hold {expected:?}"),
            Self::Audience { expected: None } => {
                f.write_str("the token has aud, but no audience is configured")
            }
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
