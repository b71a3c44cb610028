//! The trait for clocks, randomness and I/O, which the component implements.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use http::Uri;
use verifier_core::UnixTime;

use crate::fetch::{FetchError, FetchLimits, Fetched};

/// Clocks, randomness, log, outbound HTTP, key-value store and Redis of a running instance. An
/// instance is single-threaded and interleaves several requests at their `.await` points.
pub trait Host {
    /// Returns the wall clock's time, against which tokens are verified.
    fn now(&self) -> UnixTime;

    /// Returns the time since a fixed point, by a clock that never goes back.
    fn uptime(&self) -> Duration;

    /// Completes after `time`.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()>;

    /// Writes one line to the operator's log.
    fn log(&self, line: fmt::Arguments<'_>);

    /// Returns unpredictable bytes.
    fn random(&self) -> [u8; 16];

    /// Fetches a document with `GET` and this `Accept` header. Does not follow redirects.
    ///
    /// # Errors
    /// [`FetchError`].
    fn fetch(
        &self,
        url: &Uri,
        accept: &'static str,
        limits: FetchLimits,
    ) -> impl Future<Output = Result<Fetched, FetchError>>;

    /// Returns the value of a key in the key-value store that the instances share.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load(&self, key: &str) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>>;

    /// Sets a key of the store, replacing its value.
    ///
    /// # Errors
    /// [`StoreError`]; the value may have been written all the same.
    fn save(&self, key: &str, value: &[u8]) -> impl Future<Output = Result<(), StoreError>>;

    /// Counts with one `EXISTS` how many of `keys` the Redis server at `address` has. A key that is
    /// listed twice counts twice.
    ///
    /// # Errors
    /// [`RedisError`], at the latest after `time`.
    fn redis_count(
        &self,
        address: &str,
        keys: &[String],
        time: Duration,
    ) -> impl Future<Output = Result<u64, RedisError>>;
}

/// Returns a time in whole milliseconds since the Unix epoch.
#[must_use]
pub fn milliseconds(time: UnixTime) -> u64 {
    time.as_secs().saturating_mul(1000).saturating_add(u64::from(time.subsec_nanos() / 1_000_000))
}

/// Returns the output of `work`, or `None` when it takes longer than `time`.
pub async fn within<T>(
    time: Duration,
    work: impl Future<Output = T>,
    host: &impl Host,
) -> Option<T> {
    match select(pin!(work), pin!(host.sleep(time))).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// Why a call of the key-value store failed, with the host's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError(pub String);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

/// Why a Redis command failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisError {
    /// The host does not allow the address, or cannot parse it.
    Denied,
    /// The connection or the command failed, or took too long; with the host's message.
    Failed(String),
}
