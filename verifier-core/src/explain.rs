//! A verdict step by step, for people who want to see which check stopped a token.
//!
//! The steps are those of [`Verifier::verify`] itself, so the two cannot disagree.

use crate::refusal::Refusal;
use crate::shape::Segments;
use crate::time::UnixTime;
use crate::verified::VerifiedToken;
use crate::verifier::Verifier;
use alloc::string::String;
use alloc::vec::Vec;

/// One check on the way of a token, in the order they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// Size, three segments, strict base64url.
    Shape,
    /// The header: JSON, `alg`, `typ`, `crit`, `b64`, the type of `kid`.
    Header,
    /// A key of the set is the token's.
    Key,
    /// The RS256 signature.
    Signature,
    /// The payload is a strict JSON object.
    Payload,
    /// `exp`.
    ExpiresAt,
    /// `nbf`.
    NotBefore,
    /// `iat`.
    IssuedAt,
    /// `token_type`.
    TokenType,
    /// `iss`.
    Issuer,
    /// `aud`.
    Audience,
    /// `jti`.
    TokenId,
    /// `user_id`.
    UserId,
}

impl Check {
    /// Every check, in order.
    pub const ALL: [Self; 13] = [
        Self::Shape,
        Self::Header,
        Self::Key,
        Self::Signature,
        Self::Payload,
        Self::ExpiresAt,
        Self::NotBefore,
        Self::IssuedAt,
        Self::TokenType,
        Self::Issuer,
        Self::Audience,
        Self::TokenId,
        Self::UserId,
    ];

    /// The stable machine-readable name: a stage, or the claim that is checked.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Header => "header",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Payload => "payload",
            Self::ExpiresAt => "exp",
            Self::NotBefore => "nbf",
            Self::IssuedAt => "iat",
            Self::TokenType => "token_type",
            Self::Issuer => "iss",
            Self::Audience => "aud",
            Self::TokenId => "jti",
            Self::UserId => "user_id",
        }
    }
}

/// How a check went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The token keeps this rule.
    Passed,
    /// The token breaks this rule; it is the reason of the refusal.
    Failed(Refusal),
    /// An earlier check failed, so this one was not made.
    NotReached,
}

/// One check and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The check.
    pub check: Check,
    /// How it went.
    pub outcome: Outcome,
}

/// A verdict with its steps.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// All of [`Check::ALL`], in order; at most one has failed, and those after it were not reached.
    pub steps: Vec<Step>,
    /// The answer of [`Verifier::verify`].
    pub verdict: Result<VerifiedToken, Refusal>,
    /// The decoded header of a token of the right shape, when it is UTF-8. **Not verified** unless the verdict is good.
    pub untrusted_header: Option<String>,
    /// The decoded payload, likewise.
    pub untrusted_payload: Option<String>,
}

impl Verifier {
    /// The verdict of [`Self::verify`], with every check on the way to it.
    ///
    /// For people only: a program that acts on a token calls [`Self::verify`], which hands out nothing unverified.
    #[must_use]
    pub fn explain(&self, token: impl AsRef<[u8]>, now: UnixTime) -> Explanation {
        let token = token.as_ref();
        let mut passed = Vec::new();
        let mut segments = Segments::default();
        let decided = self.decide(token, now, &mut segments, &mut |check| passed.push(check));
        let untrusted = |bytes: &[u8]| {
            let shaped = passed.contains(&Check::Shape);
            core::str::from_utf8(bytes).ok().filter(|_| shaped).map(String::from)
        };
        let (untrusted_header, untrusted_payload) = (untrusted(&segments.header), untrusted(&segments.payload));
        let verdict = decided.and_then(|expires_at| VerifiedToken::new(segments, expires_at));
        let mut failure = verdict.as_ref().err();
        let outcome_of = |check| {
            let outcome = if passed.contains(&check) {
                Outcome::Passed
            } else if let Some(refusal) = failure.take() {
                Outcome::Failed(refusal.clone())
            } else {
                Outcome::NotReached
            };
            Step { check, outcome }
        };
        let steps = Check::ALL.into_iter().map(outcome_of).collect();
        Explanation { steps, verdict, untrusted_header, untrusted_payload }
    }
}
