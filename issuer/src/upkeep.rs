//! Deleting expired sessions.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::revocation::FLUSH_MARGIN;
use crate::storage::{Storage, StorageError};

const INTERVAL: Duration = Duration::from_secs(3_600);

/// Deletes the sessions that expired so long ago that no cached status list contains them, and
/// returns their number.
///
/// # Errors
/// When the database fails.
pub(crate) async fn flush_expired(
    storage: &dyn Storage,
    clock: &dyn Clock,
) -> Result<u64, StorageError> {
    storage.flush_expired(clock.now().timestamp() - FLUSH_MARGIN).await
}

/// Deletes expired sessions now and every hour, until it is dropped.
pub(crate) async fn run(storage: Arc<dyn Storage>, clock: Arc<dyn Clock>) {
    let mut interval = tokio::time::interval(INTERVAL);
    loop {
        interval.tick().await;
        match flush_expired(&*storage, &*clock).await {
            Ok(sessions) => tracing::debug!(sessions, "deleted expired sessions"),
            Err(error) => tracing::error!(%error, "cannot delete expired sessions"),
        }
    }
}
