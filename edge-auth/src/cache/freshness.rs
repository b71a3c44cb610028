//! The age of a document by the monotonic clock.

use std::time::Duration;

use super::stored_copy::StoredCopy;
use crate::host::Host;

/// When a document reached this instance, and for how long it is fresh.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshness {
    /// Uptime at which it reached this instance, and its age at that moment.
    since: Duration,
    age_then: Duration,
    lifetime: Duration,
}

impl Freshness {
    /// Starts with a document that reaches this instance now.
    pub(super) fn of(copy: &StoredCopy, host: &impl Host) -> Self {
        Self { since: host.uptime(), age_then: copy.age(host), lifetime: copy.lifetime() }
    }

    pub(super) const fn since(self) -> Duration {
        self.since
    }

    pub(crate) const fn lifetime(self) -> Duration {
        self.lifetime
    }

    pub(crate) fn age(self, now: Duration) -> Duration {
        now.saturating_sub(self.since).saturating_add(self.age_then)
    }

    pub(crate) fn is_fresh(self, now: Duration) -> bool {
        self.age(now) < self.lifetime
    }

    pub(super) fn is_due(self, now: Duration) -> bool {
        is_due(self.age(now), self.lifetime)
    }
}

/// Returns whether the next document is due: the last quarter of the lifetime is for fetching it in
/// the background.
pub(super) fn is_due(age: Duration, lifetime: Duration) -> bool {
    age >= lifetime.saturating_sub(lifetime / 4)
}
