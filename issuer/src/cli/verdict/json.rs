//! The report as JSON.

use serde::Serialize;
use verifier_core::{Code, Outcome, RejectedToken};

use super::{Report, json_escaped};

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

#[derive(Serialize)]
struct Reason {
    code: &'static str,
    text: &'static str,
    detail: String,
}

impl Report<'_> {
    /// Returns one JSON object on a line.
    pub(in crate::cli) fn json(&self) -> String {
        let reason = |rejected: &RejectedToken| {
            let code: Code = rejected.code();
            Reason { code: code.as_str(), text: code.text(self.lang), detail: rejected.to_string() }
        };
        let refused = || self.explanation.verdict.as_ref().err().map(reason);
        let checks = self.explanation.steps.iter().map(|step| {
            let (outcome, reason) = match &step.outcome {
                Outcome::Passed => ("passed", None),
                Outcome::Failed(_) => ("failed", refused()),
                Outcome::NotReached => ("not_reached", None),
            };
            CheckRow { check: step.check.as_str(), outcome, reason }
        });
        let accepted = self.explanation.verdict.is_ok();
        let document = Document {
            accepted,
            verified: accepted,
            reason: refused(),
            now: self.now.as_secs(),
            checks: checks.collect(),
            header_json: self.explanation.untrusted_header(),
            claims_json: self.explanation.untrusted_payload(),
        };
        let json = serde_json::to_string(&document).expect("strings always serialize");
        format!("{}\n", json_escaped(&json))
    }
}
