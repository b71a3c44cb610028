//! A host whose clock, network, store and Redis the test controls. Also included by the tests of
//! `edge-resource`.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use edge_auth::{FetchError, FetchLimits, Fetched, Host, RedisError, StoreError, UnixTime};
use test_support::claims::NOW;

/// A host for tests, whose wall clock starts at [`NOW`].
#[derive(Default)]
pub(crate) struct TestHost {
    uptime: Cell<Duration>,
    responses: RefCell<VecDeque<Result<Fetched, FetchError>>>,
    /// The addresses that were fetched.
    pub(crate) fetched: RefCell<Vec<String>>,
    /// How long a fetch takes, up to its limit.
    pub(crate) latency: Cell<Duration>,
    /// Whether no timer completes.
    pub(crate) timers_hang: Cell<bool>,
    log: RefCell<Vec<String>>,
    /// The key-value store.
    pub(crate) store: RefCell<BTreeMap<String, Vec<u8>>>,
    /// Keys that are listed but cannot be read.
    pub(crate) unreadable: RefCell<Vec<String>>,
    /// Number of changes after which the store fails; `None`: never.
    pub(crate) store_fails_after: Cell<Option<usize>>,
    /// Whether the disk is full: keys can be read and removed, but not saved.
    pub(crate) is_full: Cell<bool>,
    /// The keys in Redis; `None` while it is down.
    pub(crate) redis: RefCell<Option<Vec<String>>>,
    /// Whether the host denies calls to Redis, while it is down.
    pub(crate) denies_redis: Cell<bool>,
    /// Number of commands.
    pub(crate) redis_commands: Cell<usize>,
    randoms: Cell<u8>,
}

impl TestHost {
    /// Makes the next fetch return this text with this lifetime.
    pub(crate) fn will_respond(&self, text: impl Into<String>, max_age: Option<u64>) {
        let fetched = Fetched { text: text.into(), max_age: max_age.map(Duration::from_secs) };
        self.responses.borrow_mut().push_back(Ok(fetched));
    }

    /// Makes the next fetch fail.
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
        self.fetched.borrow().len()
    }

    /// Counts a change of the store, or fails.
    pub(crate) fn change_store(&self) -> Result<(), StoreError> {
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
        // Concurrent sleeps each move the clock; no test depends on how far. Small steps let the
        // futures run that a sleep is raced against.
        let end = self.uptime.get() + time;
        while self.uptime.get() < end {
            let step = (end - self.uptime.get()).min(Duration::from_millis(1));
            self.uptime.set(self.uptime.get() + step);
            tokio::task::yield_now().await;
        }
    }

    async fn fetch(
        &self,
        url: &http::Uri,
        _: &'static str,
        limits: FetchLimits,
    ) -> Result<Fetched, FetchError> {
        self.fetched.borrow_mut().push(url.to_string());
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

    /// Counts down, so that nothing is sorted by accident.
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

    async fn redis_count(&self, _: &str, keys: &[String], _: Duration) -> Result<u64, RedisError> {
        self.redis_commands.set(self.redis_commands.get() + 1);
        match &*self.redis.borrow() {
            Some(stored) => Ok(keys.iter().filter(|key| stored.contains(key)).count() as u64),
            None if self.denies_redis.get() => Err(RedisError::Denied),
            None => Err(RedisError::Failed("connection refused".into())),
        }
    }
}
