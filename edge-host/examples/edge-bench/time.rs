//! The clock, and durations in milliseconds.

use std::time::Duration;

/// Returns the Unix time in seconds.
#[expect(clippy::disallowed_methods, reason = "the program under test reads the machine's clock")]
pub(crate) fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

/// Returns a duration in milliseconds.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
