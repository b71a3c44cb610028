//! The keys of a running issuer, which change when the directory does.

use std::sync::{Arc, PoisonError, RwLock};

use verifier_core::{KeySet, Policy, TokenType, Verifier};

use super::{ForeignKey, IssuerKeys, KeyDirectory, KeysError};

/// The `aud` and `iss` that tokens of a Django project carry, which the issuer then accepts. Its
/// own tokens have neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// The `aud` of tokens that have one. `None`: tokens with `aud` are refused.
    pub audience: Option<String>,
    /// The `iss` of tokens that have one, and which tokens with `aud` must have. `None`: `iss` is
    /// ignored.
    pub issuer: Option<String>,
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
        let changed = current.jwks.etag() != keys.jwks.etag() || current.signing.kid() != keys.signing.kid();
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
        // No leeway: the tokens come from the clock that checks them.
        let policy = Policy { token_type, ..Policy::default() };
        let addressed = accepted.policy(&policy).map(|policy| Verifier::new(keys.clone(), policy));
        Self { plain: Verifier::new(keys.clone(), policy), addressed }
    }
}
