//! The keys of a running issuer, which change when the directory does.

use std::sync::{Arc, PoisonError, RwLock};

use super::{IssuerKeys, KeyDirectory, KeysError};

/// The keys in use now. A request takes them once and keeps them until it is answered.
#[derive(Debug)]
pub struct LiveKeys {
    current: RwLock<Arc<IssuerKeys>>,
}

impl LiveKeys {
    /// Starts with these keys.
    #[must_use]
    pub fn new(keys: IssuerKeys) -> Self {
        Self { current: RwLock::new(Arc::new(keys)) }
    }

    /// The keys now.
    #[must_use]
    pub fn current(&self) -> Arc<IssuerKeys> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the directory again, and returns whether the keys are others than before.
    ///
    /// # Errors
    /// When the directory cannot be used; the keys stay as they are.
    pub fn reload(&self, directory: &KeyDirectory) -> Result<bool, KeysError> {
        let keys = directory.load()?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let changed = current.jwks.etag() != keys.jwks.etag() || current.signing.kid() != keys.signing.kid();
        *current = Arc::new(keys);
        Ok(changed)
    }
}
