//! What JavaScript is told: a code as the return value, and numbers where it can read them.
//!
//! Their meaning depends on the code; `js/answers.ts` makes an object of them whose type is in `js/details.ts`. Texts of
//! the token that an object quotes are read from its header or payload, which have been validated by then.

use verifier_core::{Code, Found, KeyError, Refusal, Segment, Segments, UnixTime};

/// The token is good, or the keys are.
pub const ACCEPTED: i32 = -1;

/// There are no keys, or less text than was announced: a mistake in the JavaScript half.
pub const NO_VERDICT: i32 = -2;

/// What stands in memory behind a verdict.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Answer {
    /// The values that matter of a refusal.
    pub details: [f64; 2],
    /// Address and length of the decoded header; untrusted unless the token was accepted.
    pub header: [usize; 2],
    /// Address and length of the decoded payload, likewise.
    pub payload: [usize; 2],
}

/// Reasons of a code that can have several, in the first number; `js/answers.ts` knows them by these.
const NOT_UTF8: f64 = 0.0;
const NOT_JSON: f64 = 1.0;
const NOT_AN_OBJECT: f64 = 2.0;
const ABSENT: f64 = 0.0;
const NOT_A_STRING: f64 = 1.0;
const DIFFERENT: f64 = 2.0;

impl Answer {
    /// A verdict on the token whose segments these are.
    pub fn verdict<T>(&mut self, verdict: &Result<UnixTime, Refusal<T>>, segments: &Segments) -> i32 {
        self.header = place(segments.header());
        self.payload = place(segments.payload());
        match verdict {
            Ok(_) => ACCEPTED,
            Err(refusal) => {
                self.details = refused(refusal);
                refusal.code() as i32
            }
        }
    }

    /// Keys that cannot be used.
    pub fn unusable(&mut self, error: &KeyError) -> i32 {
        self.details = match error {
            KeyError::TooLong { bytes } => [*bytes as f64, 0.0],
            KeyError::Pem(fault) => [f64::from(*fault as u8), 0.0],
            // Told apart from a fault by the second number.
            KeyError::JsonSyntax { at } => [*at as f64, 1.0],
            KeyError::Json(fault) => [f64::from(*fault as u8), 0.0],
            KeyError::Unsuitable(why) => [f64::from(*why as u8), 0.0],
            KeyError::Member(member) => place(member.as_bytes()).map(|number| number as f64),
            KeyError::TooSmall { bits } | KeyError::TooLarge { bits } => [f64::from(*bits), 0.0],
            _ => [0.0; 2],
        };
        error.code() as i32
    }
}

fn refused<T>(refusal: &Refusal<T>) -> [f64; 2] {
    match refusal {
        Refusal::TooLarge { bytes, limit } => [*bytes as f64, *limit as f64],
        // An empty segment is told apart by a number of segments that cannot be.
        Refusal::SegmentCount { found } => [*found as f64, 0.0],
        Refusal::SegmentEmpty(segment) => [3.0, segment_number(*segment)],
        Refusal::Base64 { segment, at } => [segment_number(*segment), *at as f64],
        Refusal::NotUtf8 { at, .. } => [NOT_UTF8, *at as f64],
        Refusal::NotJson { at, .. } => [NOT_JSON, *at as f64],
        Refusal::NotAnObject(_) => [NOT_AN_OBJECT, 0.0],
        Refusal::DuplicateMember { at, .. } => [*at as f64, 0.0],
        Refusal::Alg(actual)
        | Refusal::Typ(actual)
        | Refusal::TokenType { actual, .. }
        | Refusal::Issuer { actual, .. } => [found(actual), 0.0],
        Refusal::KidMissing { keys } => [*keys as f64, 0.0],
        Refusal::ClaimMissing(claim) | Refusal::ClaimInvalid(claim) => {
            place(claim.as_bytes()).map(|number| number as f64)
        }
        Refusal::Expired { expired_at: instant, .. }
        | Refusal::NotYetValid { not_before: instant, .. }
        | Refusal::IssuedInFuture { issued_at: instant, .. } => {
            [instant.as_secs() as f64, f64::from(instant.subsec_nanos())]
        }
        _ => [0.0; 2],
    }
}

const fn found<T>(actual: &Found<T>) -> f64 {
    match actual {
        Found::Absent => ABSENT,
        Found::NotAString => NOT_A_STRING,
        Found::Text(_) => DIFFERENT,
    }
}

const fn segment_number(segment: Segment) -> f64 {
    match segment {
        Segment::Header => 0.0,
        Segment::Payload => 1.0,
        Segment::Signature => 2.0,
    }
}

/// Address and length.
fn place(bytes: &[u8]) -> [usize; 2] {
    [bytes.as_ptr() as usize, bytes.len()]
}

/// The code that a return value stands for.
#[must_use]
pub fn code(answer: i32) -> Option<Code> {
    usize::try_from(answer).ok().and_then(|place| Code::ALL.get(place)).copied()
}
