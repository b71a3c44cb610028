//! The keys of a running issuer, which change when the directory does.

use std::sync::{Arc, PoisonError, RwLock};

use verifier_core::{DEFAULT_FUTURE_LEEWAY_SECONDS, KeySet, Policy, TokenType, Verifier};

use super::{ForeignKey, IssuerKeys, KeyDirectory, KeysError};

/// How tokens that the issuer accepts may differ from those it signs now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The `aud` of a Django project's tokens. `None`: tokens with `aud` are refused.
    pub audience: Option<String>,
    /// The `iss` of tokens that have one, and which tokens with `aud` must have. `None`: `iss` is
    /// ignored.
    pub issuer: Option<String>,
    /// Seconds by which `nbf` and `iat` may be ahead: of another issuer on the same database, or
    /// from before this clock was set back. At most 3600.
    pub future_leeway_seconds: u64,
}

impl Default for Accepted {
    fn default() -> Self {
        Self { audience: None, issuer: None, future_leeway_seconds: DEFAULT_FUTURE_LEEWAY_SECONDS }
    }
}

impl Accepted {
    /// The policy for tokens that carry `aud`, when there is one.
    pub(super) fn policy(&self, plain: &Policy) -> Option<Policy> {
        let audience = Some(self.audience.clone()?);
        Some(Policy { audience, issuer: self.issuer.clone(), ..plain.clone() })
    }
}

/// The keys in use now. A request takes them once and keeps them until it is answered.
#[derive(Debug)]
pub struct LiveKeys {
    current: RwLock<Arc<IssuerKeys>>,
    accepted: Accepted,
    foreign: Vec<ForeignKey>,
}

impl LiveKeys {
    /// Starts with these keys.
    #[must_use]
    pub fn new(keys: IssuerKeys) -> Self {
        Self::trusting(keys, Accepted::default(), Vec::new())
    }

    /// Starts with these keys, and accepts these claims and the refresh tokens of these keys of
    /// another system.
    #[must_use]
    pub fn trusting(keys: IssuerKeys, accepted: Accepted, foreign: Vec<ForeignKey>) -> Self {
        let current = RwLock::new(Arc::new(keys.accepting(&accepted)));
        Self { current, accepted, foreign }
    }

    /// The keys now.
    #[must_use]
    pub fn current(&self) -> Arc<IssuerKeys> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The claims that are accepted.
    #[must_use]
    pub fn accepted(&self) -> &Accepted {
        &self.accepted
    }

    /// The keys of another system whose refresh tokens are exchanged.
    #[must_use]
    pub fn foreign(&self) -> &[ForeignKey] {
        &self.foreign
    }

    /// Returns whether tokens of the key with this thumbprint are accepted now, for whatever
    /// purpose.
    #[must_use]
    pub fn trusts(&self, kid: &str) -> bool {
        self.foreign.iter().any(|key| key.kid() == kid) || self.current().has_signed(kid)
    }

    /// Reads the directory again, and returns whether the keys are others than before.
    ///
    /// # Errors
    /// When the directory cannot be used; the keys stay as they are.
    pub fn reload(&self, directory: &KeyDirectory) -> Result<bool, KeysError> {
        let keys = directory.load()?.accepting(&self.accepted);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let changed =
            current.jwks.etag() != keys.jwks.etag() || current.signing.kid() != keys.signing.kid();
        *current = Arc::new(keys);
        Ok(changed)
    }
}

/// The verifiers of one token type.
#[derive(Debug, Clone)]
pub(crate) struct TypeVerifiers {
    /// For tokens without `aud`.
    pub(crate) plain: Verifier,
    /// For tokens with `aud`, where the operator has said which.
    pub(crate) addressed: Option<Verifier>,
}

impl TypeVerifiers {
    pub(super) fn new(keys: &KeySet, token_type: TokenType, accepted: &Accepted) -> Self {
        // Exact about `exp`.
        let future_leeway_seconds = accepted.future_leeway_seconds;
        let policy = Policy { token_type, future_leeway_seconds, ..Policy::default() };
        let addressed = accepted.policy(&policy).map(|policy| Verifier::new(keys.clone(), policy));
        Self { plain: Verifier::new(keys.clone(), policy), addressed }
    }
}
