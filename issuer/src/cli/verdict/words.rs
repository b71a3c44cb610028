//! Times in words.

use chrono::DateTime;
use verifier_core::{Lang, UnixTime};

/// Describes a claim with a `NumericDate` (RFC 7519 section 2): its date in UTC, and its distance
/// from `now`. Returns `None` for other than a number from 0 to the year 9999.
pub(super) fn instant(json: &str, now: UnixTime, lang: Lang) -> Option<String> {
    let seconds: f64 = json.parse().ok()?;
    // Up to the year 9999, where the conversion is exact but for the fraction, which is not shown.
    if !(0.0..253_402_300_800.0).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    let seconds = seconds as i64;
    let date = DateTime::from_timestamp(seconds, 0)?.format("%Y-%m-%d %H:%M:%S UTC");
    let now = i64::try_from(now.as_secs()).ok()?;
    let distance = seconds.checked_sub(now)?;
    let span = span(distance.unsigned_abs(), lang);
    let relative = match (distance, lang) {
        (0, Lang::Ko) => "지금".to_owned(),
        (0, Lang::En) => "now".to_owned(),
        (1.., Lang::Ko) => format!("{span} 후"),
        (1.., Lang::En) => format!("in {span}"),
        (_, Lang::Ko) => format!("{span} 전"),
        (_, Lang::En) => format!("{span} ago"),
    };
    Some(format!("{date}, {relative}"))
}

/// Describes a duration by its two largest units.
fn span(seconds: u64, lang: Lang) -> String {
    const UNITS: [(u64, &str, &str); 4] =
        [(86_400, "일", "day"), (3_600, "시간", "hour"), (60, "분", "minute"), (1, "초", "second")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, ko, en) in UNITS {
        let count = rest / size;
        rest %= size;
        // Seconds are irrelevant if there are days.
        if parts.len() == 2 || (count == 0 && parts.is_empty()) {
            continue;
        }
        parts.push((count, ko, en));
    }
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, ko, en)| match lang {
            Lang::Ko => format!("{count}{ko}"),
            Lang::En => format!("{count} {en}{}", if count == 1 { "" } else { "s" }),
        })
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_date_and_a_distance() {
        let now = UnixTime::from_secs(1_730_277_600);
        let rows = [
            (
                "1730284800",
                "2024-10-30 10:40:00 UTC, in 2 hours",
                "2024-10-30 10:40:00 UTC, 2시간 후",
            ),
            (
                "1730277539.5",
                "2024-10-30 08:38:59 UTC, 1 minute 1 second ago",
                "2024-10-30 08:38:59 UTC, 1분 1초 전",
            ),
            ("1730277600", "2024-10-30 08:40:00 UTC, now", "2024-10-30 08:40:00 UTC, 지금"),
            (
                "1730367601",
                "2024-10-31 09:40:01 UTC, in 1 day 1 hour",
                "2024-10-31 09:40:01 UTC, 1일 1시간 후",
            ),
            (
                "0",
                "1970-01-01 00:00:00 UTC, 20026 days 8 hours ago",
                "1970-01-01 00:00:00 UTC, 20026일 8시간 전",
            ),
        ];
        for (json, en, ko) in rows {
            assert_eq!(instant(json, now, Lang::En).as_deref(), Some(en));
            assert_eq!(instant(json, now, Lang::Ko).as_deref(), Some(ko));
        }
        for none in ["\"1730284800\"", "null", "-1", "1e400", "253402300800", "NaN", "inf", ""] {
            assert_eq!(instant(none, now, Lang::En), None, "{none}");
        }
    }
}
