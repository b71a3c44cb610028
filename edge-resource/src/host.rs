//! What the service needs of the machine it runs on.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL};
use verifier_core::UnixTime;

/// Clock, timer, chance, outbound HTTP, key-value store and log of the running instance. One
/// instance is single-threaded, but several requests are in progress in it at the same time,
/// taking turns at every `.await`.
pub trait Host {
    /// The wall clock, for the verdict on a token.
    fn now(&self) -> UnixTime;

    /// Time since some fixed point; never goes back. For the age of what is cached.
    fn uptime(&self) -> Duration;

    /// Ends after `time`.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()>;

    /// Gets a document by HTTP. A redirect is not followed.
    fn get(
        &self,
        url: &http::Uri,
        document: Document,
        limits: FetchLimits,
    ) -> impl Future<Output = Result<Fetched, FetchError>>;

    /// Writes one line to the operator's log.
    fn log(&self, line: fmt::Arguments<'_>);

    /// Bytes that nobody can guess.
    fn random(&self) -> [u8; 16];

    /// The value of a key in the key-value store.
    fn load(&self, key: &str) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>>;

    /// Sets a key to a value, whether it had one or not.
    fn save(&self, key: &str, value: &[u8]) -> impl Future<Output = Result<(), StoreError>>;

    /// Removes a key; one that is not there counts as removed.
    fn remove(&self, key: &str) -> impl Future<Output = Result<(), StoreError>>;

    /// Shows every key of the store, in any order.
    fn keys(&self, each: impl FnMut(&str)) -> impl Future<Output = Result<(), StoreError>>;

    /// Counts the keys that the Redis server at this address has, in one command. A key that is
    /// named twice counts twice. Gives up after `time`.
    fn redis_count(
        &self,
        address: &str,
        keys: &[String],
        time: Duration,
    ) -> impl Future<Output = Result<u64, RedisError>>;

    /// The wall clock in whole seconds.
    fn now_seconds(&self) -> u64 {
        self.now().as_secs()
    }

    /// The wall clock in whole milliseconds.
    fn now_milliseconds(&self) -> u64 {
        milliseconds(self.now())
    }
}

/// Returns a time in whole milliseconds since the Unix epoch.
#[must_use]
pub fn milliseconds(time: UnixTime) -> u64 {
    time.as_secs().saturating_mul(1000).saturating_add(u64::from(time.subsec_nanos() / 1_000_000))
}

/// Returns the output of `work`, or nothing when it takes longer than `time`.
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

/// Why the key-value store did not do what it was asked, in the host's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError(pub String);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

/// Why Redis did not answer a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisError {
    /// The host does not allow the address, or cannot read it.
    Denied,
    /// No connection, no response in time, or an error, in the words of the host.
    Failed(String),
}

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// A key set.
    Keys,
    /// A status list.
    StatusList,
}

impl Document {
    /// The `Accept` of the request.
    #[must_use]
    pub const fn accept(self) -> &'static str {
        match self {
            Self::Keys => {
                "application/jwk-set+json, application/json, application/x-pem-file;q=0.5"
            }
            Self::StatusList => "application/statuslist+jwt",
        }
    }
}

/// How much a fetch may take.
#[derive(Clone, Copy, Debug)]
pub struct FetchLimits {
    /// Time for all of it, from the connection to the last byte.
    pub time: Duration,
    /// Bytes of the body.
    pub body: usize,
}

/// A document that was got with status 200.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The body, UTF-8.
    pub text: String,
    /// For how long it is still fresh: [`lifetime_left`].
    pub max_age: Option<Duration>,
}

/// Why there is no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// Not within [`FetchLimits::time`].
    TimedOut,
    /// More than [`FetchLimits::body`] bytes.
    TooLarge,
    /// Another status than 200.
    Status(u16),
    /// Not UTF-8.
    NotText,
    /// The host does not allow calls to this address.
    Denied,
    /// No connection, or broken off; in the host's words.
    Failed(String),
}

/// The text of [`FetchError::Denied`], which names the settings to change.
pub const DENIED: &str = "the host does not allow calls to this address: \
     in Spin `issuer_url` must be its origin, for edge-host `--allow-outbound` must name it";

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("no complete response in time"),
            Self::TooLarge => f.write_str("the response is too large"),
            Self::Status(status) => write!(f, "the response has status {status}"),
            Self::NotText => f.write_str("the response is not UTF-8"),
            Self::Denied => f.write_str(DENIED),
            Self::Failed(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for FetchError {}

/// What is left of the freshness lifetime that a response gives, if it gives one: `max-age` of its
/// `Cache-Control` (RFC 9111, section 5.2.2.1) without the `Age` that it reached in caches on the
/// way (section 5.1); zero for `no-store` and `no-cache`.
#[must_use]
pub fn lifetime_left(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let lifetime = max_age(text(CACHE_CONTROL)?)?;
    let is_number = |age: &&str| !age.is_empty() && age.bytes().all(|byte| byte.is_ascii_digit());
    // A number beyond all bounds is one all the same.
    let age = text(AGE).filter(is_number).map_or(0, |age| age.parse().unwrap_or(u64::MAX));
    Some(lifetime.saturating_sub(Duration::from_secs(age)))
}

/// The freshness lifetime that a `Cache-Control` value gives, if it gives one.
fn max_age(cache_control: &str) -> Option<Duration> {
    let mut lifetime = None;
    for directive in cache_control.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Duration::ZERO),
            "max-age" => {
                lifetime = value.trim().trim_matches('"').parse().ok().map(Duration::from_secs)
            }
            _ => {}
        }
    }
    lifetime
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_control_gives_a_lifetime() {
        let seconds = |n| Some(Duration::from_secs(n));
        for (value, expected) in [
            ("max-age=300", seconds(300)),
            ("public, Max-Age=60", seconds(60)),
            ("public, max-age=\"5\", stale-while-revalidate=9", seconds(5)),
            ("no-store", seconds(0)),
            ("max-age=60, no-cache", seconds(0)),
            ("public", None),
            ("max-age=soon", None),
            ("max-age=-1", None),
            ("", None),
        ] {
            assert_eq!(max_age(value), expected, "{value:?}");
        }
    }

    #[test]
    fn time_spent_in_caches_is_no_longer_left() {
        for (age, left) in [
            (None, 60),
            (Some("0"), 60),
            (Some("59"), 1),
            (Some("60"), 0),
            (Some("61"), 0),
            (Some("99999999999999999999"), 0),
            (Some("-1"), 60),
            (Some("+1"), 60),
            (Some("soon"), 60),
            (Some(""), 60),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(age.map(|age| (AGE, age.parse().expect("a header value"))));
            assert_eq!(lifetime_left(&headers), None, "{age:?}");
            headers.insert(CACHE_CONTROL, "max-age=60".parse().expect("a header value"));
            assert_eq!(lifetime_left(&headers), Some(Duration::from_secs(left)), "{age:?}");
        }
    }
}
