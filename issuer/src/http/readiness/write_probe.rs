//! Whether the database is writable: with a full disk or a read-only file, queries still succeed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::storage::Storage;

/// How long a result is reused: clients without credentials must not keep the disk busy.
const VALID_FOR: Duration = Duration::from_secs(5);
/// Longest write. It waits for other writers, of which SQLite admits one at a time.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Attempts one write at a time, and caches the result for [`VALID_FOR`].
#[derive(Clone)]
pub(super) struct WriteProbe {
    storage: Arc<dyn Storage>,
    clock: Arc<dyn Clock>,
    last: Arc<Mutex<Option<Outcome>>>,
}

#[derive(Debug, Clone, Copy)]
struct Outcome {
    /// End of the attempt, by the monotonic clock.
    at: Duration,
    works: bool,
}

impl WriteProbe {
    pub(super) fn new(storage: Arc<dyn Storage>, clock: Arc<dyn Clock>) -> Self {
        Self { storage, clock, last: Arc::default() }
    }

    pub(super) async fn works(&self) -> bool {
        let mut last = Arc::clone(&self.last).lock_owned().await;
        if let Some(outcome) = *last
            && self.clock.monotonic().saturating_sub(outcome.at) < VALID_FOR
        {
            return outcome.works;
        }
        let this = self.clone();
        // In a task: otherwise clients that disconnect would cancel each attempt and start the
        // next.
        let attempt = tokio::spawn(async move {
            let works = this.attempt(last.is_none_or(|outcome| outcome.works)).await;
            *last = Some(Outcome { at: this.clock.monotonic(), works });
            works
        });
        attempt.await.unwrap_or(false)
    }

    /// Writes once, and logs when the result differs from the one before.
    async fn attempt(&self, worked: bool) -> bool {
        let now = self.clock.now().timestamp();
        let failure = match tokio::time::timeout(TIMEOUT, self.storage.try_writing(now)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("timed out after {} s", TIMEOUT.as_secs())),
        };
        match (&failure, worked) {
            (Some(error), true) => {
                tracing::error!(error, "the database is not writable; logins fail")
            }
            (None, false) => tracing::info!("the database is writable again"),
            _ => {}
        }
        failure.is_none()
    }
}
