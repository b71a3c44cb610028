//! A verdict step by step, for people who want to see which check stopped a token.
//!
//! The checks are made in one order, so the one that failed tells how each of them went: what
//! explains is [`Verifier::verify`] itself.

use crate::claims::ClaimName;
use crate::code::{Code, Stage};
use crate::fault::Fault;
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

impl Check {
    /// The check that refuses with this code; `None` for the two that name their claim, and for
    /// those of keys and of revocation.
    #[must_use]
    pub const fn of(code: Code) -> Option<Self> {
        Some(match code {
            Code::PayloadInvalid | Code::PayloadDuplicateMember | Code::PayloadTooDeep => {
                Self::Payload
            }
            Code::TokenExpired => Self::ExpiresAt,
            Code::TokenNotYetValid => Self::NotBefore,
            Code::TokenIssuedInFuture => Self::IssuedAt,
            Code::TokenTypeMismatch => Self::TokenType,
            Code::IssuerMismatch => Self::Issuer,
            Code::AudienceMismatch => Self::Audience,
            _ => match code.stage() {
                Stage::Shape => Self::Shape,
                Stage::Header => Self::Header,
                Stage::Key => Self::Key,
                Stage::Signature => Self::Signature,
                Stage::KeyLoad | Stage::Claims | Stage::Revocation => return None,
            },
        })
    }

    /// The check that finds this fault.
    fn that_finds(fault: Fault) -> Option<Self> {
        match fault.code() {
            Code::ClaimMissing | Code::ClaimInvalid => Self::of_claim(fault.reason()),
            code => Self::of(code),
        }
    }

    const fn of_claim(number: u8) -> Option<Self> {
        const CHECKS: [(ClaimName, Check); 8] = [
            (ClaimName::ExpiresAt, Check::ExpiresAt),
            (ClaimName::NotBefore, Check::NotBefore),
            (ClaimName::IssuedAt, Check::IssuedAt),
            (ClaimName::TokenType, Check::TokenType),
            (ClaimName::Issuer, Check::Issuer),
            (ClaimName::Audience, Check::Audience),
            (ClaimName::TokenId, Check::TokenId),
            (ClaimName::UserId, Check::UserId),
        ];
        let mut rest: &[(ClaimName, Self)] = &CHECKS;
        while let [(claim, check), others @ ..] = rest {
            if *claim as u8 == number {
                return Some(*check);
            }
            rest = others;
        }
        None
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
    /// All of [`Check::ALL`], in order; at most one has failed, and those after it were not
    /// reached.
    pub steps: Vec<Step>,
    /// The answer of [`Verifier::verify`].
    pub verdict: Result<VerifiedToken, Refusal>,
    /// The decoded header of a token of the right shape, when it is UTF-8. **Not verified** unless
    /// the verdict is good.
    pub untrusted_header: Option<String>,
    /// The decoded payload, likewise.
    pub untrusted_payload: Option<String>,
}

impl Verifier {
    /// The verdict of [`Self::verify`], with every check on the way to it.
    ///
    /// For people only: a program that acts on a token calls [`Self::verify`], which hands out
    /// nothing unverified.
    #[must_use]
    pub fn explain(&self, token: impl AsRef<[u8]>, now: UnixTime) -> Explanation {
        let mut segments = Segments::default();
        let decided = self.verify_in(&mut segments, token.as_ref(), now);
        let failed = decided.err().and_then(Check::that_finds);
        let untrusted = |bytes: &[u8]| {
            let shaped = failed != Some(Check::Shape);
            core::str::from_utf8(bytes).ok().filter(|_| shaped).map(String::from)
        };
        let (untrusted_header, untrusted_payload) =
            (untrusted(segments.header()), untrusted(segments.payload()));
        let verdict = match decided {
            Ok(()) => Ok(VerifiedToken::new(segments)),
            Err(fault) => Err(self.refusal(fault, &segments, now)),
        };
        let outcome_of = |check| match (&verdict, failed) {
            (Err(refusal), Some(failed)) if check == failed => Outcome::Failed(refusal.clone()),
            (Err(_), Some(failed)) if check > failed => Outcome::NotReached,
            _ => Outcome::Passed,
        };
        let steps = Check::ALL
            .into_iter()
            .map(|check| Step { check, outcome: outcome_of(check) })
            .collect();
        Explanation { steps, verdict, untrusted_header, untrusted_payload }
    }
}
