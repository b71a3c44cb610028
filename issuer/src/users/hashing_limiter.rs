//! Limits concurrent hashing: a bounded number of hashes, each with memory that is allocated once,
//! and a bounded queue.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::Block;
use tokio::sync::Semaphore;

/// Load of a [`PasswordHasher`](super::PasswordHasher).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingLoad {
    /// Hashes being computed.
    pub running: usize,
    /// Hashes waiting for a permit.
    pub waiting: usize,
    /// How many may be computed at the same time.
    pub max_running: usize,
    /// How many may wait.
    pub max_waiting: usize,
}

/// The queue of passwords to hash is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be checked")]
pub struct Busy;

/// Runs hashes on blocking threads, within limits.
pub(super) struct HashingLimiter {
    /// One permit for each hash that is computed.
    running: Arc<Semaphore>,
    /// One permit for each hash that is computed or waits.
    admitted: Arc<Semaphore>,
    /// Buffers that no hash uses. A buffer is allocated only while holding a permit to run, so
    /// there are never more than such permits.
    buffers: Arc<Mutex<Vec<Vec<Block>>>>,
    /// Size of a buffer, in blocks of 1 KiB.
    blocks: usize,
    max_running: usize,
    max_admitted: usize,
}

impl HashingLimiter {
    /// Allows `running` hashes at a time with this many blocks of memory each, and `waiting` more
    /// in the queue.
    pub(super) fn new(running: usize, waiting: usize, blocks: usize) -> Self {
        let max_running = running.clamp(1, Semaphore::MAX_PERMITS / 2);
        let max_admitted = max_running.saturating_add(waiting).min(Semaphore::MAX_PERMITS);
        Self {
            running: Arc::new(Semaphore::new(max_running)),
            admitted: Arc::new(Semaphore::new(max_admitted)),
            buffers: Arc::default(),
            blocks,
            max_running,
            max_admitted,
        }
    }

    pub(super) fn load(&self) -> HashingLoad {
        let running = self.max_running.saturating_sub(self.running.available_permits());
        let admitted = self.max_admitted.saturating_sub(self.admitted.available_permits());
        HashingLoad {
            running,
            waiting: admitted.saturating_sub(running),
            max_running: self.max_running,
            max_waiting: self.max_admitted.saturating_sub(self.max_running),
        }
    }

    /// Runs `work` on a blocking thread once it has a permit. The permit is released when the work
    /// is done, even if the caller stopped waiting: aborted requests must not exceed the limit.
    ///
    /// The buffer still contains what the work before left in it.
    ///
    /// # Errors
    /// When the queue is full.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut [Block]) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let admission = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Busy)?;
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(|_| Busy)?;
        let (buffers, blocks) = (Arc::clone(&self.buffers), self.blocks);
        let work = move || {
            let lock = || buffers.lock().unwrap_or_else(PoisonError::into_inner);
            let unused = lock().pop();
            let mut buffer = unused.unwrap_or_else(|| vec![Block::new(); blocks]);
            let result = work(&mut buffer);
            lock().push(buffer);
            drop((permit, admission));
            result
        };
        // The work does not panic; if it ever does, only this request is refused.
        tokio::task::spawn_blocking(work).await.map_err(|_| Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn work_beyond_the_queue_is_refused_and_aborted_work_keeps_its_permit() {
        let limiter = Arc::new(HashingLimiter::new(1, 1, 1));
        let (finish, gate) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let limiter = Arc::clone(&limiter);
            async move { limiter.run(move |_| gate.recv().is_ok()).await }
        });
        let second = tokio::spawn({
            let limiter = Arc::clone(&limiter);
            async move { limiter.run(|_| "done").await }
        });
        while limiter.admitted.available_permits() > 0 || limiter.running.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(limiter.run(|_| ()).await, Err(Busy));
        first.abort();
        assert!(first.await.expect_err("it was aborted").is_cancelled());
        assert_eq!(limiter.run(|_| ()).await, Err(Busy), "the aborted work still runs");
        finish.send(()).expect("the work still waits");
        assert_eq!(second.await.expect("no panic"), Ok("done"));
        assert_eq!(limiter.run(|_| ()).await, Ok(()));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn there_is_one_buffer_for_each_permit_however_many_threads_run() {
        let limiter = Arc::new(HashingLimiter::new(2, 64, 3));
        let address = |buffer: &mut [Block]| {
            assert_eq!(buffer.len(), 3);
            std::thread::sleep(std::time::Duration::from_millis(2));
            buffer.as_ptr() as usize
        };
        let tasks: Vec<_> = (0..40)
            .map(|_| {
                let limiter = Arc::clone(&limiter);
                tokio::spawn(async move { limiter.run(address).await.expect("not busy") })
            })
            .collect();
        let mut addresses = std::collections::BTreeSet::new();
        for task in tasks {
            addresses.insert(task.await.expect("no panic"));
        }
        assert!(addresses.len() <= 2, "{addresses:?}");
    }
}
