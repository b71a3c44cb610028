//! The rules that a token can break.

use crate::claim_name::ClaimName;
use crate::code::Code;
use crate::json::{JsonError, JsonErrorKind, Value};
use crate::span::{Segment, Span};
use crate::time::UnixTime;

/// The first rule that a token broke, with the values that matter.
///
/// It owns nothing: where it concerns untrusted text it holds the position of that text, which
/// [`RejectedToken`](crate::RejectedToken) reads when it is displayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// [`Code::TokenTooLarge`].
    TooLarge {
        /// Bytes of the token.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// [`Code::TokenMalformed`]: the number of segments is not three.
    SegmentCount {
        /// Segments of the token.
        count: usize,
    },
    /// [`Code::TokenMalformed`]: the header or the payload is empty.
    SegmentEmpty(Segment),
    /// [`Code::Base64Invalid`].
    Base64 {
        /// The segment.
        segment: Segment,
        /// Byte offset in the segment's text.
        offset: usize,
    },
    /// [`Code::HeaderInvalid`], [`Code::HeaderDuplicateMember`] or [`Code::HeaderTooDeep`].
    Header(JsonError),
    /// [`Code::AlgNotAllowed`]: the actual `alg`.
    Alg(Actual),
    /// [`Code::TypNotAllowed`]: the actual `typ`.
    Typ(Actual),
    /// [`Code::CritNotSupported`].
    Crit,
    /// [`Code::B64NotSupported`].
    B64,
    /// [`Code::KidInvalid`].
    KidNotAString,
    /// [`Code::KeyNotFound`].
    KeyNotFound {
        /// The `kid` of the token.
        kid: Span,
    },
    /// [`Code::KidAmbiguous`].
    KidAmbiguous {
        /// The `kid` of the token.
        kid: Span,
    },
    /// [`Code::KidMissing`].
    KidMissing {
        /// Suitable keys in the set.
        keys: usize,
    },
    /// [`Code::SignatureInvalid`]. Says no more on purpose: only a forger profits from knowing how
    /// a signature fails.
    Signature,
    /// [`Code::PayloadInvalid`], [`Code::PayloadDuplicateMember`] or [`Code::PayloadTooDeep`].
    Payload(JsonError),
    /// [`Code::ClaimMissing`].
    ClaimMissing(ClaimName),
    /// [`Code::ClaimMissing`]: a claim that the policy requires is absent or null.
    RequiredClaim {
        /// Index in the policy's list.
        index: usize,
    },
    /// [`Code::ClaimInvalid`].
    ClaimInvalid(ClaimName),
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
    /// [`Code::TokenTypeMismatch`]: the claim `token_type`. The policy holds the expected one.
    TokenType(Actual),
    /// [`Code::IssuerMismatch`]: the claim `iss`. The policy holds the accepted ones.
    Issuer(Actual),
    /// [`Code::AudienceMismatch`]: `aud` holds no audience of the policy.
    Audience,
    /// [`Code::AudienceMismatch`]: the token has `aud`, and the policy has no audience.
    AudienceNotConfigured,
}

/// The value of a member that is not the required string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actual {
    /// The member is absent.
    Absent,
    /// The value has another JSON type.
    NotAString,
    /// A different string.
    Text(Span),
}

impl Actual {
    /// Describes the value of a member in a segment.
    pub(crate) fn of(value: Option<Value<'_>>, segment: Segment) -> Self {
        match value {
            None => Self::Absent,
            Some(value) if value.text().is_none() => Self::NotAString,
            Some(string) => Self::Text(string.string_span(segment)),
        }
    }
}

impl Refusal {
    /// Returns the stable code.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::TooLarge { .. } => Code::TokenTooLarge,
            Self::SegmentCount { .. } | Self::SegmentEmpty(_) => Code::TokenMalformed,
            Self::Base64 { .. } => Code::Base64Invalid,
            Self::Header(error) => match error.kind {
                JsonErrorKind::NotUtf8 | JsonErrorKind::Syntax | JsonErrorKind::NotAnObject => {
                    Code::HeaderInvalid
                }
                JsonErrorKind::DuplicateMember => Code::HeaderDuplicateMember,
                JsonErrorKind::TooDeep => Code::HeaderTooDeep,
            },
            Self::Alg(_) => Code::AlgNotAllowed,
            Self::Typ(_) => Code::TypNotAllowed,
            Self::Crit => Code::CritNotSupported,
            Self::B64 => Code::B64NotSupported,
            Self::KidNotAString => Code::KidInvalid,
            Self::KeyNotFound { .. } => Code::KeyNotFound,
            Self::KidAmbiguous { .. } => Code::KidAmbiguous,
            Self::KidMissing { .. } => Code::KidMissing,
            Self::Signature => Code::SignatureInvalid,
            Self::Payload(error) => match error.kind {
                JsonErrorKind::NotUtf8 | JsonErrorKind::Syntax | JsonErrorKind::NotAnObject => {
                    Code::PayloadInvalid
                }
                JsonErrorKind::DuplicateMember => Code::PayloadDuplicateMember,
                JsonErrorKind::TooDeep => Code::PayloadTooDeep,
            },
            Self::ClaimMissing(_) | Self::RequiredClaim { .. } => Code::ClaimMissing,
            Self::ClaimInvalid(_) => Code::ClaimInvalid,
            Self::Expired { .. } => Code::TokenExpired,
            Self::NotYetValid { .. } => Code::TokenNotYetValid,
            Self::IssuedInFuture { .. } => Code::TokenIssuedInFuture,
            Self::TokenType(_) => Code::TokenTypeMismatch,
            Self::Issuer(_) => Code::IssuerMismatch,
            Self::Audience | Self::AudienceNotConfigured => Code::AudienceMismatch,
        }
    }
}
