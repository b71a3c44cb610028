//! Explains a verdict check by check, for people.
//!
//! The checks run in one fixed order, so the failed one determines the outcome of all others:
//! [`Verifier::explain`] runs [`Verifier::verify`] itself.

use crate::claim_name::ClaimName;
use crate::code::Code;
use crate::refusal::Refusal;
use crate::rejected::RejectedToken;
use crate::time::UnixTime;
use crate::verified::VerifiedToken;
use crate::verifier::Verifier;
use alloc::vec::Vec;

/// One check of the pipeline, in the order in which the checks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Size, three segments, strict base64url.
    Shape,
    /// The header: JSON, `alg`, `typ`, `crit`, `b64`, the type of `kid`.
    Header,
    /// The key set has the key of the token.
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
    /// The further claims that the policy requires.
    RequiredClaims,
}

impl Check {
    /// Every check, in order.
    pub const ALL: [Self; 14] = [
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
        Self::RequiredClaims,
    ];

    /// Returns the stable machine-readable name: a stage or a claim.
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
            Self::RequiredClaims => "required_claims",
        }
    }

    /// Returns the check that fails with a code, or `None` for the two codes that name their
    /// claim, and for those of keys and revocation.
    #[must_use]
    pub const fn of(code: Code) -> Option<Self> {
        match code {
            Code::TokenTooLarge | Code::TokenMalformed | Code::Base64Invalid => Some(Self::Shape),
            Code::HeaderInvalid
            | Code::HeaderDuplicateMember
            | Code::HeaderTooDeep
            | Code::AlgNotAllowed
            | Code::TypNotAllowed
            | Code::CritNotSupported
            | Code::B64NotSupported
            | Code::KidInvalid => Some(Self::Header),
            Code::KeyNotFound | Code::KidAmbiguous | Code::KidMissing => Some(Self::Key),
            Code::SignatureInvalid => Some(Self::Signature),
            Code::PayloadInvalid | Code::PayloadDuplicateMember | Code::PayloadTooDeep => {
                Some(Self::Payload)
            }
            Code::TokenExpired => Some(Self::ExpiresAt),
            Code::TokenNotYetValid => Some(Self::NotBefore),
            Code::TokenIssuedInFuture => Some(Self::IssuedAt),
            Code::TokenTypeMismatch => Some(Self::TokenType),
            Code::IssuerMismatch => Some(Self::Issuer),
            Code::AudienceMismatch => Some(Self::Audience),
            Code::ClaimMissing
            | Code::ClaimInvalid
            | Code::KeyFormatUnknown
            | Code::KeyPemInvalid
            | Code::KeyJsonInvalid
            | Code::KeyMemberInvalid
            | Code::KeyPrivate
            | Code::KeySymmetric
            | Code::KeyUnsuitable
            | Code::KeyTooSmall
            | Code::KeyTooLarge
            | Code::KeyModulusEven
            | Code::KeyExponentInvalid
            | Code::KeyCertificate
            | Code::KeyDiscoveryDocument
            | Code::KeySetEmpty
            | Code::KeySetTooLarge
            | Code::TokenRevoked
            | Code::RevocationUnknown => None,
        }
    }

    /// Returns the check that a token failed, or `None` for the rules of a status list.
    const fn failed_by(refusal: Refusal) -> Option<Self> {
        match refusal {
            Refusal::ClaimMissing(claim) | Refusal::ClaimInvalid(claim) => match claim {
                ClaimName::ExpiresAt => Some(Self::ExpiresAt),
                ClaimName::NotBefore => Some(Self::NotBefore),
                ClaimName::IssuedAt => Some(Self::IssuedAt),
                ClaimName::TokenType => Some(Self::TokenType),
                ClaimName::Issuer => Some(Self::Issuer),
                ClaimName::Audience => Some(Self::Audience),
                ClaimName::TokenId => Some(Self::TokenId),
                ClaimName::UserId => Some(Self::UserId),
                ClaimName::Subject | ClaimName::TimeToLive | ClaimName::StatusList => None,
            },
            Refusal::RequiredClaim { .. } => Some(Self::RequiredClaims),
            refusal => Self::of(refusal.code()),
        }
    }
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The token passed the check.
    Passed,
    /// The token failed the check, which is the reason of the refusal.
    Failed(Refusal),
    /// The check did not run because an earlier one failed.
    NotReached,
}

/// A check and its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The check.
    pub check: Check,
    /// Its outcome.
    pub outcome: Outcome,
}

/// A verdict with its steps.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// All of [`Check::ALL`], in order; at most one has failed, and the later ones were not
    /// reached.
    pub steps: Vec<Step>,
    /// The result of [`Verifier::verify`].
    pub verdict: Result<VerifiedToken, RejectedToken>,
}

impl Explanation {
    /// Returns the decoded header, when the token has the right shape and the header is UTF-8.
    /// **Not verified** unless the verdict is good.
    #[must_use]
    pub fn untrusted_header(&self) -> Option<&str> {
        match &self.verdict {
            Ok(token) => Some(token.header_json()),
            Err(rejected) => utf8(rejected.untrusted_segments().header()),
        }
    }

    /// Returns the decoded payload, as [`Self::untrusted_header`].
    #[must_use]
    pub fn untrusted_payload(&self) -> Option<&str> {
        match &self.verdict {
            Ok(token) => Some(token.claims_json()),
            Err(rejected) => utf8(rejected.untrusted_segments().payload()),
        }
    }
}

/// Returns the text of a segment. A segment is empty only where the shape is wrong.
fn utf8(segment: &[u8]) -> Option<&str> {
    core::str::from_utf8(segment).ok().filter(|text| !text.is_empty())
}

impl Verifier {
    /// Returns the verdict of [`Self::verify`] with the outcome of every check.
    ///
    /// For people only: a program that acts on a token calls [`Self::verify`], which returns
    /// nothing unverified.
    #[must_use]
    pub fn explain(&self, token: impl AsRef<[u8]>, now: UnixTime) -> Explanation {
        let verdict = self.verify(token, now);
        let refusal = verdict.as_ref().err().map(RejectedToken::refusal);
        let failed = refusal.and_then(Check::failed_by);
        let outcome_of = |check| match (refusal, failed) {
            (Some(refusal), Some(failed)) if check == failed => Outcome::Failed(refusal),
            (Some(_), Some(failed)) if check > failed => Outcome::NotReached,
            _ => Outcome::Passed,
        };
        let steps = Check::ALL.map(|check| Step { check, outcome: outcome_of(check) }).to_vec();
        Explanation { steps, verdict }
    }
}
