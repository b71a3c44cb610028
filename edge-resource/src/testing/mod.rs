//! What the tests of this crate share: a signer, and a host whose clock and network they control.

pub(crate) mod signer;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use verifier_core::UnixTime;

use crate::host::{Document, FetchError, FetchLimits, Fetched, Host, RedisError, StoreError};

/// The wall clock of the tests.
pub(crate) const NOW: u64 = 1_730_277_600;

/// A host that does what the test says.
#[derive(Default)]
pub(crate) struct TestHost {
    uptime: Cell<Duration>,
    responses: RefCell<VecDeque<Result<Fetched, FetchError>>>,
    fetches: Cell<usize>,
    /// How long the network takes; a fetch ends at its limit.
    pub(crate) latency: Cell<Duration>,
    /// Whether no timer ever ends.
    pub(crate) timers_hang: Cell<bool>,
    log: RefCell<Vec<String>>,
    /// The key-value store.
    pub(crate) store: RefCell<BTreeMap<String, Vec<u8>>>,
    /// Keys that are listed and yet not there when they are read.
    pub(crate) unreadable: RefCell<Vec<String>>,
    /// After how many more changes the store fails; never, when nothing is set.
    pub(crate) store_fails_after: Cell<Option<usize>>,
    /// Whether the disk is full: nothing can be saved, and everything be read and removed.
    pub(crate) is_full: Cell<bool>,
    /// The keys in Redis; nothing when it does not answer.
    pub(crate) redis: RefCell<Option<Vec<String>>>,
    /// Whether Redis may not be called, while it does not answer.
    pub(crate) denies_redis: Cell<bool>,
    /// How often it was asked.
    pub(crate) redis_questions: Cell<usize>,
    randoms: Cell<u8>,
}

impl TestHost {
    /// The next fetch gives this text with this lifetime.
    pub(crate) fn will_respond(&self, text: impl Into<String>, max_age: Option<u64>) {
        let fetched = Fetched { text: text.into(), max_age: max_age.map(Duration::from_secs) };
        self.responses.borrow_mut().push_back(Ok(fetched));
    }

    /// The next fetch fails.
    pub(crate) fn will_fail(&self, error: FetchError) {
        self.responses.borrow_mut().push_back(Err(error));
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.uptime.set(self.uptime.get() + Duration::from_secs(seconds));
    }

    /// Seconds since the test began.
    pub(crate) fn passed(&self) -> u64 {
        self.uptime.get().as_secs()
    }

    pub(crate) fn fetches(&self) -> usize {
        self.fetches.get()
    }

    /// Counts a change of the store, or refuses it.
    fn change_store(&self) -> Result<(), StoreError> {
        match self.store_fails_after.get() {
            Some(0) => Err(StoreError("disk full".into())),
            left => {
                self.store_fails_after.set(left.map(|left| left - 1));
                Ok(())
            }
        }
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.borrow().clone()
    }
}

impl Host for TestHost {
    fn now(&self) -> UnixTime {
        let passed = self.uptime.get();
        UnixTime::new(NOW + passed.as_secs(), passed.subsec_nanos())
    }

    fn uptime(&self) -> Duration {
        self.uptime.get()
    }

    async fn sleep(&self, time: Duration) {
        if self.timers_hang.get() {
            std::future::pending::<()>().await;
        }
        // Requests that sleep at the same time each move the clock; nothing here depends on how
        // far. In small steps: what a sleep is raced against gets its turns.
        let end = self.uptime.get() + time;
        while self.uptime.get() < end {
            let step = (end - self.uptime.get()).min(Duration::from_millis(1));
            self.uptime.set(self.uptime.get() + step);
            tokio::task::yield_now().await;
        }
    }

    async fn get(
        &self,
        _: &http::Uri,
        _: Document,
        limits: FetchLimits,
    ) -> Result<Fetched, FetchError> {
        self.fetches.set(self.fetches.get() + 1);
        let end = self.uptime.get() + self.latency.get().min(limits.time);
        while self.uptime.get() < end {
            self.sleep(Duration::from_millis(1)).await;
        }
        if self.latency.get() >= limits.time {
            return Err(FetchError::TimedOut);
        }
        self.responses
            .borrow_mut()
            .pop_front()
            .unwrap_or_else(|| Err(FetchError::Failed("connection refused".into())))
    }

    fn log(&self, line: fmt::Arguments<'_>) {
        self.log.borrow_mut().push(line.to_string());
    }

    /// Another each time, and less: nothing is in order because of it.
    fn random(&self) -> [u8; 16] {
        self.randoms.set(self.randoms.get().wrapping_sub(1));
        [self.randoms.get(); 16]
    }

    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        tokio::task::yield_now().await;
        let is_gone = self.unreadable.borrow().iter().any(|gone| gone == key);
        Ok(self.store.borrow().get(key).filter(|_| !is_gone).cloned())
    }

    async fn save(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        self.change_store()?;
        if self.is_full.get() {
            return Err(StoreError("disk full".into()));
        }
        self.store.borrow_mut().insert(key.to_owned(), value.to_vec());
        Ok(())
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        self.change_store()?;
        self.store.borrow_mut().remove(key);
        Ok(())
    }

    async fn redis_count(&self, _: &str, keys: &[String], _: Duration) -> Result<u64, RedisError> {
        self.redis_questions.set(self.redis_questions.get() + 1);
        match &*self.redis.borrow() {
            Some(there) => Ok(keys.iter().filter(|key| there.contains(key)).count() as u64),
            None if self.denies_redis.get() => Err(RedisError::Denied),
            None => Err(RedisError::Failed("connection refused".into())),
        }
    }

    async fn keys(&self, mut each: impl FnMut(&str)) -> Result<(), StoreError> {
        self.store.borrow().keys().for_each(|key| each(key));
        Ok(())
    }
}
