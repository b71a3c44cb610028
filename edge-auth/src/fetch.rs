//! Outbound HTTP as the host provides it: limits, outcomes, and the lifetime of a response.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL};

/// Limits of one fetch.
#[derive(Clone, Copy, Debug)]
pub struct FetchLimits {
    /// Longest time from connecting to the last byte.
    pub time: Duration,
    /// Most bytes of the body.
    pub body: usize,
}

/// The body of a response with status 200.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The body, UTF-8.
    pub text: String,
    /// Remaining freshness lifetime, see [`lifetime_left`].
    pub max_age: Option<Duration>,
}

/// Why a fetch failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// It exceeded [`FetchLimits::time`].
    TimedOut,
    /// The body exceeds [`FetchLimits::body`] bytes.
    TooLarge,
    /// The status is not 200.
    Status(u16),
    /// The body is not UTF-8.
    NotText,
    /// The host does not allow calls to this address.
    Denied,
    /// The connection failed; with the host's message.
    Failed(String),
}

/// The text of [`FetchError::Denied`], which names the settings to change.
pub(crate) const DENIED: &str = "the host does not allow calls to this address: \
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

/// Returns the remaining freshness lifetime of a response, if it states one: `max-age` of
/// `Cache-Control` (RFC 9111, section 5.2.2.1) less `Age` (section 5.1); zero for `no-store` and
/// `no-cache`.
#[must_use]
pub fn lifetime_left(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let lifetime = max_age(text(CACHE_CONTROL)?)?;
    let is_number = |age: &&str| !age.is_empty() && age.bytes().all(|byte| byte.is_ascii_digit());
    // Digits that overflow still state an age.
    let age = text(AGE).filter(is_number).map_or(0, |age| age.parse().unwrap_or(u64::MAX));
    Some(lifetime.saturating_sub(Duration::from_secs(age)))
}

/// Returns the freshness lifetime that a `Cache-Control` value states, if any.
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
