//! Where the time comes from: the one place that asks the system.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use verifier_core::UnixTime;

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> DateTime<Utc>;

    /// Time that only goes forward, from some start of its own: for measuring, also while
    /// [`Self::now`] is set back.
    fn monotonic(&self) -> Duration;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the issuer makes time")]
    fn now(&self) -> DateTime<Utc> {
        SystemTime::now().into()
    }

    fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

/// The same instant as the verifier counts it; a time before 1970 becomes 1970.
#[must_use]
pub fn unix_time(time: DateTime<Utc>) -> UnixTime {
    UnixTime::new(u64::try_from(time.timestamp()).unwrap_or(0), time.timestamp_subsec_nanos())
}
