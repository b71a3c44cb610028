//! The key files: modes, halves that belong together, and which key signs.

use std::sync::Arc;

use super::{Finding, Patient};
use crate::keys::{IssuerKeys, KeysError};

const CHECK: &str = "key_files";

/// The keys, when they can be used.
pub(super) fn examine(patient: &Patient, findings: &mut Vec<Finding>) -> Option<Arc<IssuerKeys>> {
    if let Some(keys) = &patient.keys_from_environment {
        return match keys {
            Ok(keys) => {
                findings.push(Finding::ok(
                    CHECK,
                    format!("the environment's key {} signs", keys.signing.kid()),
                ));
                Some(Arc::clone(keys))
            }
            Err(reason) => {
                let advice =
                    "correct ISSUER_PRIVATE_KEY, ISSUER_PUBLIC_KEYS and ISSUER_RETIRED_KEYS";
                findings.push(Finding::problem(CHECK, reason.clone(), advice));
                None
            }
        };
    }
    let directory = patient.directory.as_ref()?;
    let faults = directory.examine();
    findings.extend(faults.iter().map(fault));
    let keys = directory.load().ok()?;
    if faults.is_empty() {
        let (kid, place) = (keys.signing.kid(), directory.path().display());
        let others = keys.jwks.keys().keys().len() - 1;
        let text = format!(
            "the key {kid} in {place} signs; public and private halves match; {others} more verify"
        );
        findings.push(Finding::ok(CHECK, text));
    }
    Some(Arc::new(keys))
}

/// The errors of the keys say what to do at their end, behind a semicolon or else a colon.
fn fault(error: &KeysError) -> Finding {
    let text = error.to_string();
    match text.rsplit_once("; ").or_else(|| text.rsplit_once(": ")) {
        Some((text, advice)) => Finding::problem(CHECK, text, advice),
        None => Finding::problem(CHECK, text, "restore the directory from a backup"),
    }
}
