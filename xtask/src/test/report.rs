//! Formats the table at the end of a test run.

use std::fmt::Write as _;
use std::time::Duration;

use clap::ValueEnum as _;

use super::schedule::{Ended, Outcome, Phase};
use crate::cli::Stage;
use crate::progress::shown;

/// Returns the name of a stage on the command line.
pub(super) fn name(stage: Stage) -> String {
    stage.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// The totals of a stage.
#[derive(Default)]
struct Row {
    stage: String,
    failed: bool,
    not_run: bool,
    compile: Duration,
    run: Duration,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Row {
    fn add(&mut self, step: &Ended) {
        match step.outcome {
            Outcome::Passed => {}
            Outcome::Failed => self.failed = true,
            Outcome::NotRun => self.not_run = true,
        }
        match step.phase {
            Phase::Compile => self.compile += step.time,
            Phase::Run => self.run += step.time,
        }
        self.counts.passed += step.summary.passed;
        self.counts.failed += step.summary.failed;
        self.counts.ignored += step.summary.ignored;
    }

    fn outcome(&self) -> &'static str {
        match (self.failed, self.not_run) {
            (true, _) => "FAILED",
            (false, true) => "not run",
            (false, false) => "passed",
        }
    }
}

/// Returns a row for each stage that had a step, the reasons of skipped checks, and the totals.
///
/// The times of parallel steps add up to more than `elapsed`.
pub(super) fn table(ended: &[Ended], elapsed: Duration) -> String {
    let rows: Vec<Row> = Stage::value_variants()
        .iter()
        .filter(|stage| ended.iter().any(|step| step.stage == **stage))
        .map(|stage| {
            let mut row = Row { stage: name(*stage), ..Row::default() };
            ended.iter().filter(|step| step.stage == *stage).for_each(|step| row.add(step));
            row
        })
        .collect();
    let width = rows.iter().map(|row| row.stage.len()).max().unwrap_or(0).max("stage".len());
    let mut text = String::new();
    let _ =
        writeln!(text, "{:width$}  {:8} {:>13} {:>13}  tests", "stage", "result", "compile", "run");
    for row in &rows {
        let (compile, run) = (shown(row.compile), shown(row.run));
        let counts = counts(&row.counts);
        let line =
            format!("{:width$}  {:8} {compile:>13} {run:>13}  {counts}", row.stage, row.outcome());
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let mut skipped = 0;
    for step in ended {
        for reason in &step.summary.skipped {
            skipped += 1;
            let _ = writeln!(text, "skipped: {reason} ({})", step.name);
        }
    }
    let _ = writeln!(text, "{} in total", shown(elapsed));
    let sum = |count: fn(&Counts) -> u64| rows.iter().map(|row| count(&row.counts)).sum::<u64>();
    let (passed, failed) = (sum(|counts| counts.passed), sum(|counts| counts.failed));
    if passed + failed > 0 {
        let _ = writeln!(text, "{passed} passed, {failed} failed, {skipped} skipped");
    }
    text
}

fn counts(Counts { passed, failed, ignored }: &Counts) -> String {
    let counted = [(passed, "passed"), (failed, "failed"), (ignored, "ignored")];
    let counted = counted
        .iter()
        .filter(|(count, _)| **count > 0)
        .map(|(count, what)| format!("{count} {what}"));
    counted.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::Summary;

    fn ended(stage: Stage, phase: Phase, outcome: Outcome, seconds: u64, lines: &[&str]) -> Ended {
        let mut summary = Summary::default();
        lines.iter().for_each(|line| summary.observe(line));
        Ended { name: "a step", stage, phase, outcome, time: Duration::from_secs(seconds), summary }
    }

    #[test]
    fn the_table_separates_compiling_from_running_and_lists_skipped_checks() {
        let ended = [
            ended(Stage::System, Phase::Run, Outcome::NotRun, 0, &[]),
            ended(Stage::Rust, Phase::Compile, Outcome::Passed, 75, &[]),
            ended(
                Stage::Rust,
                Phase::Run,
                Outcome::Passed,
                12,
                &[
                    "test result: ok. 41 passed; 0 failed; 2 ignored; 0 measured",
                    "skipped: no Redis",
                ],
            ),
            ended(
                Stage::Rust,
                Phase::Run,
                Outcome::Failed,
                8,
                &["test result: FAILED. 1 passed; 1 failed; 0 ignored"],
            ),
        ];
        assert_eq!(
            table(&ended, Duration::from_secs(90)),
            "stage   result         compile           run  tests\n\
             rust    FAILED      1 min 15 s          20 s  42 passed, 1 failed, 2 ignored\n\
             system  not run            0 s           0 s\n\
             skipped: no Redis (a step)\n\
             1 min 30 s in total\n\
             42 passed, 1 failed, 1 skipped\n"
        );
    }
}
