//! Verifiers of the issuer's own tokens.

use verifier_core::{DEFAULT_FUTURE_LEEWAY_SECONDS, KeySet, Policy, TokenType, Verifier};

/// Claims that the issuer accepts although it does not write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedClaims {
    /// The `aud` of a Django project's tokens. `None` refuses tokens with `aud`.
    pub audience: Option<String>,
    /// The `iss` of tokens that have one; tokens with `aud` must have it. `None` ignores `iss`.
    pub issuer: Option<String>,
    /// Seconds by which `nbf` and `iat` may be in the future, at most 3600: tokens may come from
    /// another issuer on the same database, or from before this clock was set back.
    pub future_leeway_seconds: u64,
}

impl Default for AcceptedClaims {
    fn default() -> Self {
        Self { audience: None, issuer: None, future_leeway_seconds: DEFAULT_FUTURE_LEEWAY_SECONDS }
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
        // No leeway for `exp`.
        let future_leeway_seconds = accepted.future_leeway_seconds;
        let plain = Policy { token_type, future_leeway_seconds, ..Policy::default() };
        let addressed = accepted.audience.clone().map(|audience| Policy {
            audience: Some(audience),
            issuer: accepted.issuer.clone(),
            ..plain.clone()
        });
        Self {
            plain: Verifier::new(keys.clone(), plain),
            addressed: addressed.map(|policy| Verifier::new(keys.clone(), policy)),
        }
    }
}
