//! The key-value store: one lock and one time limit for every call.

use std::fmt;
use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use edge_auth::{Host, StoreError, within};
use spin_sdk::key_value::Store;

use super::store_lock::{StoreGuard, StoreLock, Use};

static LOCK: StoreLock = StoreLock::new();

/// Longest time of one call: far more than a busy disk takes.
const CALL_TIME: Duration = Duration::from_secs(60);

pub(super) async fn load(key: &str, host: &impl Host) -> Result<Option<Vec<u8>>, StoreError> {
    let _guard = lock(Use::Call, host).await?;
    in_time(async { store().await?.get(key).await.map_err(store_error) }, host).await
}

pub(super) async fn save(key: &str, value: &[u8], host: &impl Host) -> Result<(), StoreError> {
    let _guard = lock(Use::Call, host).await?;
    in_time(async { store().await?.set(key, value).await.map_err(store_error) }, host).await
}

/// Removes a key; a missing one counts as removed.
///
/// # Errors
/// [`StoreError`]; the key may have been removed all the same.
pub async fn remove(key: &str, host: &impl Host) -> Result<(), StoreError> {
    let _guard = lock(Use::Call, host).await?;
    in_time(async { store().await?.delete(key).await.map_err(store_error) }, host).await
}

/// Calls `each` with every key, in any order.
///
/// # Errors
/// [`StoreError`], after some of the keys.
pub async fn keys(mut each: impl FnMut(&str), host: &impl Host) -> Result<(), StoreError> {
    let _guard = lock(Use::Listing, host).await?;
    let mut keys = in_time(async { Ok(store().await?.get_keys().await) }, host).await?;
    // The limit is for each step, because a listing may be long.
    while let Some(key) = in_time(async { Ok(keys.next().await) }, host).await? {
        each(&key);
    }
    in_time(async { keys.result().await.map_err(store_error) }, host).await
}

/// Returns the store, opened once for all requests of the instance.
async fn store() -> Result<&'static Store, StoreError> {
    static STORE: OnceLock<Store> = OnceLock::new();
    match STORE.get() {
        Some(store) => Ok(store),
        None => {
            let opened = Store::open_default().await.map_err(store_error)?;
            Ok(STORE.get_or_init(|| opened))
        }
    }
}

async fn lock(kind: Use, host: &impl Host) -> Result<StoreGuard<'static>, StoreError> {
    let guard = within(CALL_TIME, LOCK.acquire(kind, host), host).await;
    guard.ok_or_else(|| {
        StoreError("other calls of this instance did not complete in time".to_owned())
    })
}

/// Limits a call, which may have happened even when it exceeds the limit.
async fn in_time<T>(
    call: impl Future<Output = Result<T, StoreError>>,
    host: &impl Host,
) -> Result<T, StoreError> {
    within(CALL_TIME, call, host)
        .await
        .unwrap_or_else(|| Err(StoreError("no response in time".to_owned())))
}

fn store_error(error: impl fmt::Display) -> StoreError {
    StoreError(error.to_string())
}
