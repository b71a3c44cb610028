//! A refused token, and excerpts of what it says.

use crate::code::Code;
use crate::json::Text;
use crate::policy::Policy;
use crate::refusal::{Actual, Refusal};
use crate::segments::Segments;
use crate::span::{Segment, Span};
use alloc::string::String;
use core::fmt;

/// Longest excerpt of an untrusted string, in characters.
const MAX_EXCERPT_CHARS: usize = 64;

/// A refused token: the rule it broke, and its decoded segments.
///
/// `Display` writes an English sentence for logs. It quotes the token, escaped and cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedToken {
    refusal: Refusal,
    segments: Segments,
    /// The name of the claim that [`Refusal::RequiredClaim`] means.
    required_claim: String,
}

impl RejectedToken {
    pub(crate) const fn new(refusal: Refusal, segments: Segments) -> Self {
        Self { refusal, segments, required_claim: String::new() }
    }

    /// Names the claim of a [`Refusal::RequiredClaim`].
    pub(crate) fn with_required_claim(mut self, policy: &Policy) -> Self {
        if let Refusal::RequiredClaim { index } = self.refusal {
            let name = policy.options().required_claims.get(index);
            self.required_claim = name.cloned().unwrap_or_default();
        }
        self
    }

    /// Returns the stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.refusal.code()
    }

    /// Returns the broken rule.
    #[must_use]
    pub const fn refusal(&self) -> Refusal {
        self.refusal
    }

    /// Returns the decoded segments, **unverified**; empty when the shape of the token is wrong.
    #[must_use]
    pub const fn untrusted_segments(&self) -> &Segments {
        &self.segments
    }

    /// Returns the decoded segments, as [`Self::untrusted_segments`].
    #[must_use]
    pub fn into_untrusted_segments(self) -> Segments {
        self.segments
    }

    /// Returns the untrusted string at a position, unescaped, cut after 64 characters.
    #[must_use]
    pub fn excerpt(&self, span: Span) -> String {
        let bytes = match span.segment {
            Segment::Header => self.segments.header(),
            Segment::Payload => self.segments.payload(),
            Segment::Signature => &[],
        };
        let text = Text::new(bytes.get(span.start..span.end).unwrap_or_default());
        text.to_str().chars().take(MAX_EXCERPT_CHARS).collect()
    }

    fn actual<'a>(&'a self, actual: &'a Actual) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| match actual {
            Actual::Absent => f.write_str("it is absent"),
            Actual::NotAString => f.write_str("found a value that is not a string"),
            Actual::Text(span) => write!(f, "found {:?}", self.excerpt(*span)),
        })
    }
}

impl From<Refusal> for RejectedToken {
    /// Refuses a token whose segments could not be decoded.
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal, Segments::default())
    }
}

impl core::error::Error for RejectedToken {}

impl fmt::Display for RejectedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.refusal {
            Refusal::TooLarge { bytes, limit } => {
                write!(f, "the token has {bytes} bytes; {limit} are allowed")
            }
            Refusal::SegmentCount { count } => {
                write!(f, "a compact JWS has three segments; {count} found")
            }
            Refusal::SegmentEmpty(segment) => write!(f, "the {segment} is empty"),
            Refusal::Base64 { segment, offset } => {
                write!(f, "the {segment} is not strict base64url at byte {offset}")
            }
            Refusal::Header(error) => write!(f, "the header {error}"),
            Refusal::Alg(alg) => write!(f, "alg must be \"RS256\"; {}", self.actual(alg)),
            Refusal::Typ(typ) => write!(f, "typ is not allowed; {}", self.actual(typ)),
            Refusal::Crit => f.write_str("the header has crit; no extension is supported"),
            Refusal::B64 => f.write_str("the header has b64 other than true"),
            Refusal::KidNotAString => f.write_str("kid must be a string"),
            Refusal::KeyNotFound { kid } => {
                write!(f, "no suitable key has the kid {:?}", self.excerpt(*kid))
            }
            Refusal::KidAmbiguous { kid } => {
                write!(f, "several keys have the kid {:?}", self.excerpt(*kid))
            }
            Refusal::KidMissing { keys } => {
                write!(f, "the token has no kid and {keys} keys are suitable")
            }
            Refusal::Signature => f.write_str("the signature is not valid"),
            Refusal::Payload(error) => write!(f, "the payload {error}"),
            Refusal::ClaimMissing(claim) => write!(f, "the claim {} is missing", claim.as_str()),
            Refusal::RequiredClaim { .. } => {
                write!(f, "the required claim {:?} is missing", self.required_claim)
            }
            Refusal::ClaimInvalid(claim) => {
                let claim = claim.as_str();
                write!(f, "the claim {claim} has the wrong type or an impossible value")
            }
            Refusal::Expired { expired_at, now } => {
                write!(f, "the token expired at {expired_at}; now is {now}")
            }
            Refusal::NotYetValid { not_before, now } => {
                write!(f, "the token is valid from {not_before}; now is {now}")
            }
            Refusal::IssuedInFuture { issued_at, now } => {
                write!(f, "the token was issued at {issued_at}; now is {now}")
            }
            Refusal::TokenType(actual) => {
                write!(f, "token_type is not the required one; {}", self.actual(actual))
            }
            Refusal::Issuer(iss) => {
                write!(f, "iss is not a configured issuer; {}", self.actual(iss))
            }
            Refusal::Audience => f.write_str("aud holds no configured audience"),
            Refusal::AudienceNotConfigured => {
                f.write_str("the token has aud, but no audience is configured")
            }
        }
    }
}
