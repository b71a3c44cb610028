//! Times that JavaScript passes as numbers.

use verifier_core::UnixTime;

/// Converts seconds; negative numbers and NaN become zero, and large numbers saturate.
pub(crate) fn whole_seconds(seconds: f64) -> u64 {
    seconds as u64
}

/// Rounds to the nearest microsecond. Doubles of this century are at most half of one apart, so a
/// time of `1730277600.3` equals a claim of `1730277600.3`.
pub(crate) fn unix_time(seconds: f64) -> UnixTime {
    let whole = whole_seconds(seconds);
    let micros = (((seconds - whole as f64) * 1e6 + 0.5) as u32).min(1_000_000);
    if micros < 1_000_000 {
        UnixTime::new(whole, micros * 1000)
    } else {
        UnixTime::from_secs(whole.saturating_add(1))
    }
}
