//! The parameters of each kind of cached document.

use std::future::Future;
use std::time::Duration;

use http::Uri;
use verifier_core::UnixTime;

use crate::fetch::{FetchError, FetchLimits, Fetched};
use crate::host::Host;

/// How documents of one kind are fetched and cached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CachePolicy {
    /// The documents, for the log.
    pub(crate) name: &'static str,
    /// Prefix of the keys of copies in the store.
    pub(crate) copies: &'static str,
    /// Prefix of the keys of attempts in the store.
    pub(crate) attempts: &'static str,
    pub(crate) limits: FetchLimits,
    /// Pause after a failed fetch.
    pub(crate) retry_after: Duration,
    /// How long a value remains usable beyond its lifetime; `None`: for ever.
    pub(crate) stale_for: Option<Duration>,
    /// How long a request that has a usable value waits for a fetch.
    pub(crate) patience: Duration,
    /// Whether a request without a usable value waits for the attempt that follows a failed one.
    pub(crate) waits_for_retry: bool,
}

/// A document of one address: how to fetch it, and what it means.
pub(crate) trait Document {
    /// The parsed document.
    type Value;

    /// Fetches the document.
    fn fetch(
        &self,
        url: &Uri,
        limits: FetchLimits,
        host: &impl Host,
    ) -> impl Future<Output = Result<Fetched, FetchError>>;

    /// Verifies and parses the document as of a time, and returns its lifetime with the value.
    /// `max_age` is what HTTP states; `None` for a copy.
    fn parse(
        &self,
        text: &str,
        max_age: Option<Duration>,
        as_of: UnixTime,
        host: &impl Host,
    ) -> impl Future<Output = Result<(Self::Value, Duration), String>>;
}
