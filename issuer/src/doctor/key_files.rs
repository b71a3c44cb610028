//! The key files: their modes, matching halves, and the active key.

use std::sync::Arc;

use super::deployment::Deployment;
use super::finding::Finding;
use crate::keys::{IssuerKeys, KeysError};

const CHECK: &str = "key_files";

/// Checks the key files, and returns the keys when they are usable.
pub(super) fn check(
    deployment: &Deployment,
    findings: &mut Vec<Finding>,
) -> Option<Arc<IssuerKeys>> {
    if let Some(keys) = &deployment.keys_from_environment {
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
    let directory = deployment.directory.as_ref()?;
    let problems = directory.examine();
    findings.extend(problems.iter().map(problem));
    let keys = directory.load().ok()?;
    if problems.is_empty() {
        let (kid, path) = (keys.signing.kid(), directory.path().display());
        let others = keys.jwks.keys().keys().len() - 1;
        let text = format!(
            "the key {kid} in {path} signs; public and private halves match; {others} more verify"
        );
        findings.push(Finding::ok(CHECK, text));
    }
    Some(Arc::new(keys))
}

/// Splits the text of an error: its advice follows the last semicolon, or else the last colon.
fn problem(error: &KeysError) -> Finding {
    let text = error.to_string();
    match text.rsplit_once("; ").or_else(|| text.rsplit_once(": ")) {
        Some((text, advice)) => Finding::problem(CHECK, text, advice),
        None => Finding::problem(CHECK, text, "restore the directory from a backup"),
    }
}
