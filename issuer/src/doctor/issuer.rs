//! The running issuer: its health, and whether it uses the keys of the key files.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use verifier_core::KeySet;

use super::client::{HttpClient, Response};
use super::deployment::Deployment;
use super::finding::Finding;
use crate::keys::IssuerKeys;

/// Checks the issuer without tokens. The returned response has its clock.
pub(super) fn check(
    deployment: &Deployment,
    client: &HttpClient,
    keys: Option<&IssuerKeys>,
    findings: &mut Vec<Finding>,
) -> Option<Response> {
    let ready = match client.get(&deployment.issuer.at("/readyz"), &[]) {
        Ok(ready) => ready,
        Err(error) => {
            let text = format!("no response from {}: {error}", deployment.issuer.as_str());
            findings.push(Finding::problem(
                "issuer",
                text,
                "start `issuer serve`, or name it with --issuer",
            ));
            return None;
        }
    };
    findings.push(readiness(deployment, &ready));
    if deployment.issuer.is_exposed() {
        findings.push(unencrypted("issuer", deployment.issuer.as_str()));
    }
    match keys {
        Some(keys) => findings.push(served_keys(deployment, client, keys)),
        None => findings
            .push(Finding::skipped("issuer_keys", "there are no usable key files to compare with")),
    }
    Some(ready)
}

/// Warns of a service whose passwords and tokens are sent unencrypted.
pub(super) fn unencrypted(service: &str, url: &str) -> Finding {
    let advice = "serve it over TLS or behind a TLS proxy, and use its https URL";
    Finding::warning(
        "transport",
        format!("requests to the {service} at {url} are not encrypted"),
        advice,
    )
}

fn readiness(deployment: &Deployment, ready: &Response) -> Finding {
    const CHECK: &str = "issuer";
    let url = deployment.issuer.as_str();
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
            Finding::problem(CHECK, text, "see its log")
        }
        _ => {
            let text = format!(
                "the service at {url} is not this issuer: /readyz returns {}",
                ready.status
            );
            Finding::problem(CHECK, text, "name the issuer with --issuer")
        }
    }
}

fn served_keys(deployment: &Deployment, client: &HttpClient, keys: &IssuerKeys) -> Finding {
    const CHECK: &str = "issuer_keys";
    let advice = "start it with the --keys-dir of these files; it reloads changed ones within seconds, \
                  and logs when it cannot";
    let ask = |path: &str| match client.get(&deployment.issuer.at(path), &[]) {
        Ok(response) if response.status == 200 => Ok(response.body),
        Ok(response) => Err(format!("{path} returns {}", response.status)),
        Err(error) => Err(format!("{path}: {error}")),
    };
    let read = |path: &str| -> Result<BTreeSet<String>, String> {
        let set = KeySet::parse(&ask(path)?)
            .map_err(|error| format!("{path}: {error} ({})", error.code()))?;
        Ok(set.keys().iter().map(verifier_core::PublicKey::thumbprint).collect())
    };
    let (published, signing) = match (read("/.well-known/jwks.json"), read("/public.pem")) {
        (Ok(published), Ok(signing)) => (published, signing),
        (Err(problem), _) | (_, Err(problem)) => {
            return Finding::problem(CHECK, problem, "see its log");
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
            "the running issuer publishes {} keys, the files contain {}",
            published.len(),
            files.len()
        );
        Finding::warning(CHECK, text, advice)
    } else {
        Finding::ok(
            CHECK,
            "the running issuer signs with the active key and publishes those of the files, for \
             RS256",
        )
    }
}

/// Sends the issuer a token signed with the key files.
pub(super) fn try_token(
    deployment: &Deployment,
    client: &HttpClient,
    probe: Option<&str>,
    findings: &mut Vec<Finding>,
) {
    const CHECK: &str = "issuer_token";
    let Some(probe) = probe else { return };
    // A missing response was reported before.
    let Ok(response) =
        client.post(&deployment.issuer.at("/api/token/verify/"), &json!({ "token": probe }))
    else {
        return;
    };
    findings.push(if response.status == 200 {
        Finding::ok(CHECK, "the running issuer accepts a new token of the active key")
    } else {
        let text = format!(
            "the running issuer rejects a new token of the active key: {}",
            response.summary()
        );
        Finding::problem(
            CHECK,
            text,
            "make it use the same keys and the same clock: see the findings on both",
        )
    });
}
