//! Whether the database can be written: a disk that is full, or a file that is read-only, still
//! answers every query.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::storage::Storage;

/// How long a result is used: clients without credentials must not make the disk busy.
const GOOD_FOR: Duration = Duration::from_secs(5);
/// How long a write may take. It waits for other writers, of whom SQLite admits one at a time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tries to write, once at a time, and remembers the result for [`GOOD_FOR`].
#[derive(Debug, Default)]
pub(super) struct WriteProbe(Arc<Mutex<Option<Tried>>>);

#[derive(Debug, Clone, Copy)]
struct Tried {
    /// By the monotonic clock, at the end of the attempt.
    at: Duration,
    works: bool,
}

impl WriteProbe {
    pub(super) async fn works(&self, storage: &Arc<dyn Storage>, clock: &Arc<dyn Clock>) -> bool {
        let mut last = Arc::clone(&self.0).lock_owned().await;
        if let Some(tried) = *last
            && clock.monotonic().saturating_sub(tried.at) < GOOD_FOR
        {
            return tried.works;
        }
        let (storage, clock) = (Arc::clone(storage), Arc::clone(clock));
        // In a task: clients that go away would otherwise cancel each attempt and start the next.
        let attempt = tokio::spawn(async move {
            let works = try_writing(&*storage, &*clock, last.is_none_or(|tried| tried.works)).await;
            *last = Some(Tried { at: clock.monotonic(), works });
            works
        });
        attempt.await.unwrap_or(false)
    }
}

async fn try_writing(storage: &dyn Storage, clock: &dyn Clock, worked: bool) -> bool {
    let written =
        tokio::time::timeout(PATIENCE, storage.try_writing(clock.now().timestamp())).await;
    let failure = match written {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("it took more than {} s", PATIENCE.as_secs())),
    };
    match (&failure, worked) {
        (Some(error), true) => {
            tracing::error!(error, "nothing can be written to the database; logins fail")
        }
        (None, false) => tracing::info!("the database can be written again"),
        _ => {}
    }
    failure.is_none()
}
