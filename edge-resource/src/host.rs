//! The functions of the host that uploads need in addition to [`Host`].

use std::future::Future;

use edge_auth::{Host, StoreError};

/// A host whose key-value store can also remove and list keys.
pub trait UploadHost: Host {
    /// Removes a key of the store; a missing one counts as removed.
    ///
    /// # Errors
    /// [`StoreError`]; the key may have been removed all the same.
    fn remove(&self, key: &str) -> impl Future<Output = Result<(), StoreError>>;

    /// Calls `each` with every key of the store, in any order.
    ///
    /// # Errors
    /// [`StoreError`], after some of the keys.
    fn keys(&self, each: impl FnMut(&str)) -> impl Future<Output = Result<(), StoreError>>;
}
