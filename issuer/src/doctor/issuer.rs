//! The running issuer: is it well, and does it use the keys that the files hold?

use std::collections::BTreeSet;

use serde_json::{Value, json};
use verifier_core::KeySet;

use super::web::{Answer, Web};
use super::{Finding, Patient};
use crate::keys::IssuerKeys;

/// Asks how it is; the answer tells its clock too.
pub(super) fn examine(
    patient: &Patient,
    web: &Web,
    keys: Option<&IssuerKeys>,
    findings: &mut Vec<Finding>,
) -> Option<Answer> {
    let ready = match web.get(&patient.issuer.at("/readyz"), &[]) {
        Ok(ready) => ready,
        Err(error) => {
            let text = format!("no answer from {}: {error}", patient.issuer.as_str());
            findings.push(Finding::problem(
                "issuer",
                text,
                "start `issuer serve`, or name it with --issuer",
            ));
            return None;
        }
    };
    findings.push(readiness(patient, &ready));
    if patient.issuer.is_exposed() {
        findings.push(unencrypted("issuer", patient.issuer.as_str()));
    }
    match keys {
        Some(keys) => findings.push(served_keys(patient, web, keys)),
        None => findings
            .push(Finding::skipped("issuer_keys", "there are no good key files to compare with")),
    }
    Some(ready)
}

/// Passwords and tokens that everybody on the way can read.
pub(super) fn unencrypted(service: &str, url: &str) -> Finding {
    let advice = "put TLS in front of it, or into it, and call it by https";
    Finding::warning(
        "transport",
        format!("what is sent to the {service} at {url} is not encrypted"),
        advice,
    )
}

fn readiness(patient: &Patient, ready: &Answer) -> Finding {
    const CHECK: &str = "issuer";
    let url = patient.issuer.as_str();
    let report = ready.json();
    match (ready.status, report.get("status").and_then(Value::as_str)) {
        (200, Some("ready")) => Finding::ok(CHECK, format!("the issuer at {url} is ready")),
        (503, Some("not ready")) => {
            let members = report.as_object().into_iter().flatten();
            let failed: Vec<_> = members
                .filter(|(_, word)| *word == "failed")
                .map(|(name, _)| name.as_str())
                .collect();
            let text = format!("the issuer at {url} is not ready: {} failed", failed.join(", "));
            Finding::problem(CHECK, text, "its log says why")
        }
        _ => {
            let text = format!(
                "what answers at {url} is no issuer of this kind: /readyz gives {}",
                ready.status
            );
            Finding::problem(CHECK, text, "name the issuer with --issuer")
        }
    }
}

fn served_keys(patient: &Patient, web: &Web, keys: &IssuerKeys) -> Finding {
    const CHECK: &str = "issuer_keys";
    let advice = "start it with the --keys-dir of these files; changed ones are taken over within seconds, \
                  and its log says when they are not";
    let ask = |path: &str| match web.get(&patient.issuer.at(path), &[]) {
        Ok(answer) if answer.status == 200 => Ok(answer.body),
        Ok(answer) => Err(format!("{path} gives {}", answer.status)),
        Err(error) => Err(format!("{path}: {error}")),
    };
    let read = |path: &str| -> Result<BTreeSet<String>, String> {
        let set = KeySet::parse(&ask(path)?)
            .map_err(|error| format!("{path}: {error} ({})", error.code()))?;
        Ok(set.keys().iter().map(verifier_core::PublicKey::thumbprint).collect())
    };
    let (published, signing) = match (read("/.well-known/jwks.json"), read("/public.pem")) {
        (Ok(published), Ok(signing)) => (published, signing),
        (Err(fault), _) | (_, Err(fault)) => {
            return Finding::problem(CHECK, fault, "its log says why");
        }
    };
    let active = keys.signing.kid();
    let files: BTreeSet<String> =
        keys.jwks.keys().keys().iter().map(verifier_core::PublicKey::thumbprint).collect();
    if !published.contains(active) {
        Finding::problem(
            CHECK,
            format!("the running issuer does not know the active key {active} of the files"),
            advice,
        )
    } else if !signing.contains(active) {
        let other = signing.first().map_or("none", String::as_str);
        Finding::problem(
            CHECK,
            format!("the running issuer signs with the key {other}, not with {active}"),
            advice,
        )
    } else if published != files {
        let text = format!(
            "the running issuer publishes {} keys, the files hold {}",
            published.len(),
            files.len()
        );
        Finding::warning(CHECK, text, advice)
    } else {
        Finding::ok(
            CHECK,
            "the running issuer signs with the active key and publishes those of the files, for RS256",
        )
    }
}

/// Shows it a token that the key files signed.
pub(super) fn try_token(
    patient: &Patient,
    web: &Web,
    probe: Option<&str>,
    findings: &mut Vec<Finding>,
) {
    const CHECK: &str = "issuer_token";
    let Some(probe) = probe else { return };
    // Silence was reported already.
    let Ok(answer) = web.post(&patient.issuer.at("/api/token/verify/"), &json!({ "token": probe }))
    else {
        return;
    };
    findings.push(if answer.status == 200 {
        Finding::ok(CHECK, "the running issuer accepts a token that the active key signed just now")
    } else {
        let text = format!(
            "the running issuer refuses a token that the active key signed just now: {}",
            answer.refusal()
        );
        Finding::problem(
            CHECK,
            text,
            "make it use the same keys and the same clock: see the lines on both",
        )
    });
}
