use std::sync::{Arc, PoisonError, RwLock};

use super::directory::KeyDirectory;
use super::error::KeysError;
use super::issuer_keys::IssuerKeys;
use super::trusted::TrustedKey;
use super::verifiers::AcceptedClaims;

/// The keys in use, which change when the directory does. A request reads them once, so that it
/// uses one version throughout.
#[derive(Debug)]
pub struct LiveKeys {
    current: RwLock<Arc<IssuerKeys>>,
    accepted: AcceptedClaims,
    trusted: Vec<TrustedKey>,
}

impl LiveKeys {
    /// Starts with these keys.
    #[must_use]
    pub fn new(keys: IssuerKeys) -> Self {
        Self::trusting(keys, AcceptedClaims::default(), Vec::new())
    }

    /// Starts with these keys, accepts these claims, and exchanges refresh tokens of the `trusted`
    /// keys of another system.
    #[must_use]
    pub fn trusting(keys: IssuerKeys, accepted: AcceptedClaims, trusted: Vec<TrustedKey>) -> Self {
        let current = RwLock::new(Arc::new(keys.accepting(&accepted)));
        Self { current, accepted, trusted }
    }

    /// Returns the current keys.
    #[must_use]
    pub fn current(&self) -> Arc<IssuerKeys> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the accepted claims.
    #[must_use]
    pub fn accepted(&self) -> &AcceptedClaims {
        &self.accepted
    }

    /// Returns the keys of another system whose refresh tokens are exchanged.
    #[must_use]
    pub fn trusted(&self) -> &[TrustedKey] {
        &self.trusted
    }

    /// Returns whether any tokens of the key with this thumbprint are accepted.
    #[must_use]
    pub fn trusts(&self, kid: &str) -> bool {
        self.trusted.iter().any(|key| key.kid() == kid) || self.current().has_signed(kid)
    }

    /// Reads the directory again, and returns whether the keys changed.
    ///
    /// # Errors
    /// When the directory cannot be used; the current keys stay.
    pub fn reload(&self, directory: &KeyDirectory) -> Result<bool, KeysError> {
        let keys = directory.load()?.accepting(&self.accepted);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let changed =
            current.jwks.etag() != keys.jwks.etag() || current.signing.kid() != keys.signing.kid();
        *current = Arc::new(keys);
        Ok(changed)
    }
}
