//! One fetch at a time, and what the log says of its address.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Uri;

use crate::host::Host;
use crate::shared::Entry;

/// How often a waiting request looks whether a fetch is over. Looking again is how one request
/// waits for another here: a component's task cannot be woken by another task of the same
/// instance.
pub const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Whether a document is due: a quarter of its time is left for fetching the next one in the
/// background.
#[must_use]
pub fn is_due(age: Duration, lifetime: Duration) -> bool {
    age >= lifetime.saturating_sub(lifetime / 4)
}

/// How old a document of this instance is, by a clock that nobody sets.
#[derive(Clone, Copy, Debug)]
pub struct Freshness {
    /// When it came to this instance, and how old it was then.
    since: Duration,
    age_then: Duration,
    /// How long it is fresh.
    pub lifetime: Duration,
}

impl Freshness {
    /// Of a document that comes to this instance now.
    pub fn of(entry: &Entry, host: &impl Host) -> Self {
        Self { since: host.uptime(), age_then: entry.age(host), lifetime: entry.lifetime() }
    }

    /// How old it is at this uptime.
    #[must_use]
    pub fn age(self, now: Duration) -> Duration {
        now.saturating_sub(self.since).saturating_add(self.age_then)
    }

    /// Whether it is younger than its lifetime.
    #[must_use]
    pub fn is_fresh(self, now: Duration) -> bool {
        self.age(now) < self.lifetime
    }

    /// Whether the next one is to be fetched.
    #[must_use]
    pub fn is_due(self, now: Duration) -> bool {
        is_due(self.age(now), self.lifetime)
    }
}

/// That a fetch is in progress. Ends also when the request that made it is cancelled.
pub struct Fetching(Arc<AtomicBool>);

impl Fetching {
    /// Begins a fetch, unless there is one.
    pub fn begin(flag: &Arc<AtomicBool>) -> Option<Self> {
        (!flag.swap(true, Ordering::Relaxed)).then(|| Self(Arc::clone(flag)))
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// An address without user information and query, which may hold secrets.
pub struct Shown<'a>(pub &'a Uri);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(uri) = self;
        write!(f, "{}://{}", uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default())?;
        if let Some(port) = uri.port_u16() {
            write!(f, ":{port}")?;
        }
        f.write_str(uri.path())
    }
}
