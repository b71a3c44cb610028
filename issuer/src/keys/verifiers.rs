//! Verifiers of the issuer's own tokens, and of the tokens that it exchanges.

use chrono::{DateTime, Utc};
use verifier_core::{
    Audience, Code, DEFAULT_FUTURE_LEEWAY_SECONDS, KeySet, Policy, PolicyError, PolicyOptions,
    RejectedToken, VerifiedToken, Verifier,
};

use crate::clock::unix_time;
use crate::model::{TokenProfile, TokenType};

/// Values of `iss` and `aud` that the issuer accepts although it does not write them: those of a
/// Django project, or of former settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtherClaims {
    /// Accepted `iss`.
    pub issuers: Vec<String>,
    /// Accepted `aud`.
    pub audiences: Vec<String>,
}

/// The claims that the issuer accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedClaims {
    future_leeway_seconds: u64,
    own: ClaimRules,
    foreign: ClaimRules,
}

/// The rules for the tokens of some keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClaimRules {
    issuer: IssuerRule,
    access: TypePolicies,
    refresh: TypePolicies,
}

/// The rule for `iss`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct IssuerRule {
    /// The values of tokens that have an `iss`; any if empty.
    accepted: Vec<String>,
    /// Whether tokens with `aud` must have an `iss`.
    is_required_with_audience: bool,
}

/// The policies of one token type. They differ in `aud`, and no token satisfies both.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TypePolicies {
    /// For tokens without `aud`.
    plain: Policy,
    /// For tokens with `aud`, if any is accepted.
    addressed: Option<Policy>,
    /// Whether new tokens have an `aud`, so that `addressed` is tried first.
    has_audience: bool,
}

impl AcceptedClaims {
    /// Accepts tokens that were issued with this profile, with none, and with the `other` claims.
    ///
    /// A token without `iss` is accepted, since tokens without a profile have none, but one with
    /// an `iss` that is not accepted is refused. Without a profile and other issuers, `iss` is
    /// ignored. A token without `aud` is accepted; any other `aud` than the accepted ones is
    /// refused. The profile does not apply to keys of another system.
    ///
    /// `nbf` and `iat` may be `future_leeway_seconds` in the future: tokens may come from another
    /// issuer on the same database, or from before this clock was set back.
    ///
    /// # Errors
    /// [`PolicyError`]: an empty text, or a leeway of more than an hour.
    pub fn new(
        profile: Option<&TokenProfile>,
        other: &OtherClaims,
        future_leeway_seconds: u64,
    ) -> Result<Self, PolicyError> {
        let rules = |profile| ClaimRules::new(profile, other, future_leeway_seconds);
        Ok(Self { future_leeway_seconds, own: rules(profile)?, foreign: rules(None)? })
    }

    /// Returns how far in the future `nbf` and `iat` may be, in seconds.
    pub(crate) const fn future_leeway_seconds(&self) -> u64 {
        self.future_leeway_seconds
    }

    /// Returns the rules for tokens of the issuer's own keys.
    pub(super) const fn own(&self) -> &ClaimRules {
        &self.own
    }

    /// Returns the rules for tokens of trusted keys of another system.
    pub(super) const fn foreign(&self) -> &ClaimRules {
        &self.foreign
    }
}

impl Default for AcceptedClaims {
    fn default() -> Self {
        Self::new(None, &OtherClaims::default(), DEFAULT_FUTURE_LEEWAY_SECONDS)
            .expect("constants that make a policy")
    }
}

impl ClaimRules {
    fn new(
        profile: Option<&TokenProfile>,
        other: &OtherClaims,
        future_leeway_seconds: u64,
    ) -> Result<Self, PolicyError> {
        let policies = |token_type: TokenType| -> Result<TypePolicies, PolicyError> {
            let written = profile.map_or(&[][..], |profile| profile.audience(token_type));
            let mut audiences = [written, &other.audiences].concat();
            if token_type == TokenType::Refresh {
                // Also of tokens from before the audience was removed from the settings.
                audiences.extend(profile.map(|profile| profile.issuer.clone()));
            }
            // No leeway for `exp`.
            let plain = PolicyOptions {
                token_type: Some(token_type.as_str().to_owned()),
                future_leeway_seconds,
                ..PolicyOptions::default()
            };
            let addressed = (!audiences.is_empty())
                .then(|| PolicyOptions { audience: Audience::OneOf(audiences), ..plain.clone() });
            Ok(TypePolicies {
                plain: Policy::new(plain)?,
                addressed: addressed.map(Policy::new).transpose()?,
                has_audience: !written.is_empty(),
            })
        };
        let own = profile.map(|profile| profile.issuer.clone());
        Ok(Self {
            issuer: IssuerRule {
                accepted: own.into_iter().chain(other.issuers.iter().cloned()).collect(),
                is_required_with_audience: !other.issuers.is_empty(),
            },
            access: policies(TokenType::Access)?,
            refresh: policies(TokenType::Refresh)?,
        })
    }
}

impl IssuerRule {
    fn accepts(&self, token: &VerifiedToken) -> bool {
        match token.claim("iss") {
            Some(iss) => {
                self.accepted.is_empty()
                    || iss.as_str().is_some_and(|iss| self.accepted.iter().any(|one| *one == iss))
            }
            None => !self.is_required_with_audience || token.claim("aud").is_none(),
        }
    }
}

/// Why a token was refused.
#[derive(Debug)]
pub(crate) enum Rejected {
    /// The verifier refused it.
    ByVerifier(RejectedToken),
    /// Its `iss` is not accepted.
    OtherIssuer,
}

/// The verifiers of one token type.
#[derive(Debug, Clone)]
pub(crate) struct TypeVerifiers {
    issuer: IssuerRule,
    /// For tokens without `aud`.
    plain: Verifier,
    /// For tokens with `aud`, if any is accepted.
    addressed: Option<Verifier>,
    has_audience: bool,
}

impl TypeVerifiers {
    pub(super) fn new(keys: &KeySet, token_type: TokenType, rules: &ClaimRules) -> Self {
        let policies = match token_type {
            TokenType::Access => &rules.access,
            TokenType::Refresh => &rules.refresh,
        };
        let verifier = |policy: &Policy| Verifier::new(keys.clone(), policy.clone());
        Self {
            issuer: rules.issuer.clone(),
            plain: verifier(&policies.plain),
            addressed: policies.addressed.as_ref().map(verifier),
            has_audience: policies.has_audience,
        }
    }

    /// Returns the verifier of tokens without `aud`.
    pub(crate) const fn plain(&self) -> &Verifier {
        &self.plain
    }

    /// Verifies a token.
    ///
    /// # Errors
    /// [`Rejected`].
    pub(crate) fn verify(
        &self,
        token: &[u8],
        now: DateTime<Utc>,
    ) -> Result<VerifiedToken, Rejected> {
        let now = unix_time(now);
        let (first, second) = match &self.addressed {
            None => (&self.plain, None),
            Some(addressed) if self.has_audience => (addressed, Some(&self.plain)),
            Some(addressed) => (&self.plain, Some(addressed)),
        };
        let verdict = match (first.verify(token, now), second) {
            (Err(rejected), Some(second)) if rejected.code() == Code::AudienceMismatch => {
                second.verify(token, now)
            }
            (verdict, _) => verdict,
        };
        let token = verdict.map_err(Rejected::ByVerifier)?;
        if self.issuer.accepts(&token) { Ok(token) } else { Err(Rejected::OtherIssuer) }
    }
}
