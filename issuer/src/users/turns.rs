//! Whose turn it is to hash: a bounded number at a time, each with memory that is made once, and a
//! bounded queue.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::Block;
use tokio::sync::Semaphore;

use super::Busy;

/// What a [`PasswordHasher`](super::PasswordHasher) is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingLoad {
    /// Hashes being computed.
    pub running: usize,
    /// Hashes waiting for their turn.
    pub waiting: usize,
    /// How many may be computed at the same time.
    pub max_running: usize,
    /// How many may wait.
    pub max_waiting: usize,
}

/// Where passwords are hashed, on threads of their own.
pub(super) struct Turns {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// The memory of those who have no turn now. It is taken with a turn, so there is one for each
    /// turn at most.
    free: Arc<Mutex<Vec<Vec<Block>>>>,
    /// Blocks of 1 KiB in each.
    blocks: usize,
    max_running: usize,
    max_places: usize,
}

impl Turns {
    /// `concurrent` turns at a time with this many blocks of memory each; `waiting` more may wait.
    pub(super) fn new(concurrent: usize, waiting: usize, blocks: usize) -> Self {
        let concurrent = concurrent.clamp(1, Semaphore::MAX_PERMITS / 2);
        let places = concurrent.saturating_add(waiting).min(Semaphore::MAX_PERMITS);
        let (max_running, max_places) = (concurrent, places);
        let (turns, places) =
            (Arc::new(Semaphore::new(concurrent)), Arc::new(Semaphore::new(places)));
        Self { turns, places, free: Arc::default(), blocks, max_running, max_places }
    }

    /// What goes on at this moment.
    pub(super) fn load(&self) -> HashingLoad {
        let running = self.max_running.saturating_sub(self.turns.available_permits());
        let present = self.max_places.saturating_sub(self.places.available_permits());
        HashingLoad {
            running,
            waiting: present.saturating_sub(running),
            max_running: self.max_running,
            max_waiting: self.max_places.saturating_sub(self.max_running),
        }
    }

    /// Runs `work` on a blocking thread when its turn comes. The turn is given back when the work
    /// is done, not when the caller loses interest: an abandoned request cannot make room for more
    /// work than the limit.
    ///
    /// The memory holds what the turn before left there.
    ///
    /// # Errors
    /// When too many are waiting.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut [Block]) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Busy)?;
        let (free, blocks) = (Arc::clone(&self.free), self.blocks);
        let work = move || {
            let lock = || free.lock().unwrap_or_else(PoisonError::into_inner);
            let known = lock().pop();
            let mut memory = known.unwrap_or_else(|| vec![Block::new(); blocks]);
            let result = work(&mut memory);
            lock().push(memory);
            drop((turn, place));
            result
        };
        // The work cannot panic; should it ever, the one request is turned away.
        tokio::task::spawn_blocking(work).await.map_err(|_| Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn beyond_the_queue_work_is_turned_away_and_abandoned_work_keeps_its_turn() {
        let turns = Arc::new(Turns::new(1, 1, 1));
        let (finish, gate) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move { turns.run(move |_| gate.recv().is_ok()).await }
        });
        let second = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move { turns.run(|_| "done").await }
        });
        while turns.places.available_permits() > 0 || turns.turns.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(turns.run(|_| ()).await, Err(Busy));
        first.abort();
        assert!(first.await.expect_err("it was abandoned").is_cancelled());
        assert_eq!(turns.run(|_| ()).await, Err(Busy), "the abandoned work still runs");
        finish.send(()).expect("the work still waits");
        assert_eq!(second.await.expect("no panic"), Ok("done"));
        assert_eq!(turns.run(|_| ()).await, Ok(()));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn there_is_one_memory_for_each_turn_however_many_threads_come() {
        let turns = Arc::new(Turns::new(2, 64, 3));
        let address = |memory: &mut [Block]| {
            assert_eq!(memory.len(), 3);
            std::thread::sleep(std::time::Duration::from_millis(2));
            memory.as_ptr() as usize
        };
        let tasks: Vec<_> = (0..40)
            .map(|_| {
                let turns = Arc::clone(&turns);
                tokio::spawn(async move { turns.run(address).await.expect("not busy") })
            })
            .collect();
        let mut addresses = std::collections::BTreeSet::new();
        for task in tasks {
            addresses.insert(task.await.expect("no panic"));
        }
        assert!(addresses.len() <= 2, "{addresses:?}");
    }
}
