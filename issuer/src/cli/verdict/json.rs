//! The report as JSON.

use serde::Serialize;
use verifier_core::Outcome;

use super::{Reason, Report, json_escaped};

#[derive(Serialize)]
struct Document<'a> {
    accepted: bool,
    /// Whether header and claims can be trusted.
    verified: bool,
    #[serde(flatten)]
    reason: Option<Reason>,
    now: u64,
    checks: Vec<CheckRow>,
    /// As strings: a number out of range or a duplicate member in a token must not make the report
    /// unreadable.
    header_json: Option<&'a str>,
    claims_json: Option<&'a str>,
}

#[derive(Serialize)]
struct CheckRow {
    check: &'static str,
    outcome: &'static str,
    #[serde(flatten)]
    reason: Option<Reason>,
}

impl Report<'_> {
    /// Returns one JSON object on a line.
    pub(in crate::cli) fn json(&self) -> String {
        let reason = self.reason();
        let checks = self.explanation.steps.iter().map(|step| {
            let (outcome, reason) = match &step.outcome {
                Outcome::Passed => ("passed", None),
                Outcome::Failed(_) => ("failed", reason.clone()),
                Outcome::NotReached => ("not_reached", None),
            };
            CheckRow { check: step.check.as_str(), outcome, reason }
        });
        let accepted = reason.is_none();
        let document = Document {
            accepted,
            verified: accepted,
            checks: checks.collect(),
            reason,
            now: self.now.as_secs(),
            header_json: self.explanation.untrusted_header(),
            claims_json: self.explanation.untrusted_payload(),
        };
        let json = serde_json::to_string(&document).expect("strings always serialize");
        format!("{}\n", json_escaped(&json))
    }
}
