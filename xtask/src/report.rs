//! The table at the end of a test run.

use std::fmt::Write as _;
use std::time::Duration;

use crate::progress::shown;
use crate::summary::Summary;

/// What became of a stage.
pub(crate) struct Row {
    pub(crate) stage: String,
    pub(crate) outcome: Outcome,
    pub(crate) time: Duration,
    pub(crate) summary: Summary,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    NotRun,
}

impl Outcome {
    fn text(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::NotRun => "not run",
        }
    }
}

/// All rows, then every reason for which something was skipped.
pub(crate) fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.stage.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Row { stage, outcome, time, summary } in rows {
        let outcome = outcome.text();
        let time = shown(*time);
        let mut counts = String::new();
        for (count, what) in
            [(summary.passed, "passed"), (summary.failed, "failed"), (summary.ignored, "not run by their runner")]
        {
            if count > 0 {
                let comma = if counts.is_empty() { "" } else { ", " };
                let _ = write!(counts, "{comma}{count} {what}");
            }
        }
        let line = format!("{stage:width$}  {outcome:8} {time:>13}  {counts}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    for row in rows {
        for reason in &row.summary.skipped {
            let _ = writeln!(text, "skipped: {} ({})", reason, row.stage);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_repeats_what_was_skipped() {
        let mut summary = Summary::default();
        summary.observe("test result: ok. 41 passed; 0 failed; 2 ignored; 0 measured");
        summary.observe("skipped: no Redis");
        let rows = [
            Row { stage: "rust".into(), outcome: Outcome::Passed, time: Duration::from_secs(75), summary },
            Row { stage: "system".into(), outcome: Outcome::NotRun, time: Duration::ZERO, summary: Summary::default() },
        ];
        assert_eq!(
            table(&rows),
            "rust    passed      1 min 15 s  41 passed, 2 not run by their runner\n\
             system  not run            0 s\n\
             skipped: no Redis (rust)\n"
        );
    }
}
