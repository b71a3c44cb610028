//! Totals that are read from the output of test runners.

use std::collections::BTreeSet;

/// Totals over all runners of a stage.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Tests that a runner knows and did not run.
    pub(crate) ignored: u64,
    /// The distinct reasons after `skipped:`, in order of appearance.
    pub(crate) skipped: Vec<String>,
    seen: BTreeSet<String>,
}

impl Summary {
    /// Reads one line of output.
    pub(crate) fn observe(&mut self, line: &str) {
        let line = without_colours(line);
        let line = line.trim();
        if let Some(counts) = line.strip_prefix("test result:") {
            self.add_libtest(counts);
        } else if let Some((name, count)) = node_count(line) {
            match name {
                "pass" => self.passed += count,
                "fail" | "cancelled" => self.failed += count,
                _ => self.ignored += count,
            }
        } else if let Some(reason) = skip_reason(line) {
            self.skip(reason);
        }
    }

    /// Adds the reason of a skipped check.
    pub(crate) fn skip(&mut self, reason: &str) {
        if self.seen.insert(reason.to_owned()) {
            self.skipped.push(reason.to_owned());
        }
    }

    /// libtest's `ok. 12 passed; 0 failed; 1 ignored; 0 measured; ...`.
    fn add_libtest(&mut self, counts: &str) {
        for part in counts.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(count), Some(name)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(count) = count.parse::<u64>() else {
                continue;
            };
            match name {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

/// `node --test` ends with lines such as `ℹ pass 12` (or `# pass 12`, in TAP).
fn node_count(line: &str) -> Option<(&str, u64)> {
    let rest = line.strip_prefix('ℹ').or_else(|| line.strip_prefix('#'))?;
    let mut words = rest.split_whitespace();
    let name = words.next()?;
    let count = words.next()?.parse().ok()?;
    let known = matches!(name, "pass" | "fail" | "cancelled" | "skipped" | "todo");
    (known && words.next().is_none()).then_some((name, count))
}

/// Returns the reason after `skipped:`: at the start of a line, after the mark of a runner, or
/// where Node's reporters print it (`name (0.1ms) # skipped: reason`, in TAP `ok 1 - name # SKIP
/// skipped: reason`).
fn skip_reason(line: &str) -> Option<&str> {
    let text =
        ["# SKIP ", "# "].iter().find_map(|mark| Some(line.split_once(mark)?.1)).unwrap_or(line);
    let reason = text.trim_start_matches(['ℹ', ' ']).strip_prefix("skipped:")?.trim();
    (!reason.is_empty()).then_some(reason)
}

/// Removes the escape sequences that set colours (`ESC [ ... m`).
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut parts = line.split("\u{1b}[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, text)| text));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observe(lines: &[&str]) -> Summary {
        let mut summary = Summary::default();
        for line in lines {
            summary.observe(line);
        }
        summary
    }

    #[test]
    fn the_counts_of_libtest_are_added_up() {
        let summary = observe(&[
            "running 13 tests",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; \
             finished in 0.01s",
            "test result: \u{1b}[31mFAILED\u{1b}[0m. 4 passed; 2 failed; 0 ignored; 0 measured; 7 \
             filtered out",
        ]);
        assert_eq!((summary.passed, summary.failed, summary.ignored), (16, 2, 1));
    }

    #[test]
    fn the_counts_of_node_are_added_up_in_both_of_its_formats() {
        let summary = observe(&[
            "ℹ tests 7",
            "ℹ suites 0",
            "ℹ pass 5",
            "ℹ fail 1",
            "ℹ cancelled 0",
            "ℹ skipped 1",
            "ℹ todo 0",
            "ℹ duration_ms 93.1",
            "# pass 2",
            "# fail 0",
            "# skipped 1",
            "# pass 3 of the others",
        ]);
        assert_eq!((summary.passed, summary.failed, summary.ignored), (7, 1, 2));
    }

    #[test]
    fn every_reason_for_skipping_is_recorded_once() {
        let summary = observe(&[
            "skipped: PostgreSQL (no server; set TEST_POSTGRES_URL)\n",
            "ℹ skipped: Redis",
            "  # skipped: Redis",
            "﹣ the test in PyJWT (0.08ms) # skipped: set PYTHON",
            "ok 3 - the rotation # SKIP skipped: no second key",
            "skipped:",
            "not ok 4 - a # b",
            "ℹ skipped 0",
            "the row was skipped: not a reason",
        ]);
        assert_eq!(
            summary.skipped,
            [
                "PostgreSQL (no server; set TEST_POSTGRES_URL)",
                "Redis",
                "set PYTHON",
                "no second key"
            ]
        );
        assert_eq!(summary.ignored, 0);
    }
}
