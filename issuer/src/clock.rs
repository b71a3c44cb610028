//! The clock: the only place that reads the system's time.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use verifier_core::UnixTime;

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> DateTime<Utc>;

    /// Returns the time since an arbitrary start, which never goes backwards: for measuring, also
    /// while [`Self::now`] is set back.
    fn monotonic(&self) -> Duration;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the only place where the issuer reads the time")]
    fn now(&self) -> DateTime<Utc> {
        SystemTime::now().into()
    }

    fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

/// Converts a time for the verifier. A time before 1970 becomes 1970.
#[must_use]
pub fn unix_time(time: DateTime<Utc>) -> UnixTime {
    UnixTime::new(u64::try_from(time.timestamp()).unwrap_or(0), time.timestamp_subsec_nanos())
}
