//! Verifiers of the issuer's own tokens.

use verifier_core::{
    Audience, DEFAULT_FUTURE_LEEWAY_SECONDS, KeySet, Policy, PolicyError, PolicyOptions, Verifier,
};

use crate::model::TokenType;

/// Claims that the issuer accepts although it does not write them, as policies of both token types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedClaims {
    issuer: Option<String>,
    future_leeway_seconds: u64,
    access: TypePolicies,
    refresh: TypePolicies,
}

/// The policies of one token type.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TypePolicies {
    /// For tokens without `aud`.
    plain: Policy,
    /// For tokens with `aud`, if the operator has set one.
    addressed: Option<Policy>,
}

impl AcceptedClaims {
    /// Accepts tokens with this `aud`, of a Django project, and this `iss`.
    ///
    /// Without an audience, tokens with `aud` are refused; without an issuer, `iss` is ignored, and
    /// with one, tokens with `aud` must have it. `nbf` and `iat` may be `future_leeway_seconds` in
    /// the future: tokens may come from another issuer on the same database, or from before this
    /// clock was set back.
    ///
    /// # Errors
    /// [`PolicyError`]: an empty text, or a leeway of more than an hour.
    pub fn new(
        audience: Option<String>,
        issuer: Option<String>,
        future_leeway_seconds: u64,
    ) -> Result<Self, PolicyError> {
        let policies = |token_type: TokenType| -> Result<TypePolicies, PolicyError> {
            // No leeway for `exp`.
            let plain = PolicyOptions {
                token_type: Some(token_type.as_str().to_owned()),
                future_leeway_seconds,
                ..PolicyOptions::default()
            };
            let addressed = audience.clone().map(|audience| PolicyOptions {
                audience: Audience::OneOf(vec![audience]),
                issuer: issuer.clone().map(|issuer| vec![issuer]),
                ..plain.clone()
            });
            Ok(TypePolicies {
                plain: Policy::new(plain)?,
                addressed: addressed.map(Policy::new).transpose()?,
            })
        };
        let (access, refresh) = (policies(TokenType::Access)?, policies(TokenType::Refresh)?);
        Ok(Self { issuer, future_leeway_seconds, access, refresh })
    }

    /// Returns the `iss` of tokens that have one.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Returns how far in the future `nbf` and `iat` may be, in seconds.
    pub(crate) const fn future_leeway_seconds(&self) -> u64 {
        self.future_leeway_seconds
    }
}

impl Default for AcceptedClaims {
    fn default() -> Self {
        Self::new(None, None, DEFAULT_FUTURE_LEEWAY_SECONDS).expect("constants that make a policy")
    }
}

/// The verifiers of one token type.
#[derive(Debug, Clone)]
pub(crate) struct TypeVerifiers {
    /// For tokens without `aud`.
    pub(crate) plain: Verifier,
    /// For tokens with `aud`, if the operator has set one.
    pub(crate) addressed: Option<Verifier>,
}

impl TypeVerifiers {
    pub(super) fn new(keys: &KeySet, token_type: TokenType, accepted: &AcceptedClaims) -> Self {
        let policies = match token_type {
            TokenType::Access => &accepted.access,
            TokenType::Refresh => &accepted.refresh,
        };
        let verifier = |policy: &Policy| Verifier::new(keys.clone(), policy.clone());
        Self {
            plain: verifier(&policies.plain),
            addressed: policies.addressed.as_ref().map(verifier),
        }
    }
}
