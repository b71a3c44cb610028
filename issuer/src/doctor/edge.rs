//! The edge: its health, its keys, and which tokens it accepts.

use serde_json::Value;
use verifier_core::{
    Audience, KeyError, KeySet, MAX_KEY_TEXT_BYTES, Policy, PolicyOptions, Verifier,
};

use super::acceptance::{SAME_KEY, acceptance};
use super::client::{HttpClient, Response};
use super::deployment::{Deployment, EdgeKeys};
use super::finding::Finding;
use super::issuer::unencrypted;
use super::metadata;
use super::probe::{NO_TOKEN, Session, ValidToken};
use crate::base_url::BaseUrl;
use crate::clock::{Clock, unix_time};
use crate::keys::IssuerKeys;
use crate::model::{TokenProfile, TokenType};
use crate::regular_file;

/// Checks the edge without tokens. The returned response has its clock.
pub(super) fn check(
    deployment: &Deployment,
    client: &HttpClient,
    issuer: Option<&Response>,
    keys: Option<&IssuerKeys>,
    findings: &mut Vec<Finding>,
) -> Option<Response> {
    match (&deployment.edge_keys, keys) {
        (Some(source), Some(keys)) => findings.push(configured_keys(client, source, keys)),
        (Some(_), None) => findings
            .push(Finding::skipped("edge_keys", "there are no usable key files to compare with")),
        (None, _) => {
            let text =
                "pass --edge-keys with the file or URL of the public keys that the edge uses";
            findings.push(Finding::skipped("edge_keys", text));
        }
    }
    let Some(edge) = &deployment.edge else {
        findings.push(Finding::skipped("edge", "pass --edge with the URL of a resource server"));
        return None;
    };
    let health = match client.get(&edge.at("/"), &[]) {
        Ok(health) => health,
        Err(error) => {
            let text = format!("no response from {}: {error}", edge.as_str());
            findings.push(Finding::problem("edge", text, "start it, or correct --edge"));
            return None;
        }
    };
    findings.push(state(edge, &health, !deployment.gated_paths.is_empty()));
    if edge.is_exposed() {
        findings.push(unencrypted("edge", edge.as_str()));
    }
    findings.extend(issuer.and_then(|issuer| revocation(issuer, &health)));
    Some(health)
}

fn state(edge: &BaseUrl, health: &Response, is_gated: bool) -> Finding {
    const CHECK: &str = "edge";
    let url = edge.as_str();
    // The gate may protect this path too, and the component behind it need not have it.
    if is_gated && health.status != 200 && health.status < 500 {
        let text = format!("the edge at {url} responds to GET /: {}", health.summary());
        return Finding::ok(CHECK, text);
    }
    if health.status != 200 {
        let text = format!("the edge at {url} returns {} for GET /", health.summary());
        return Finding::problem(CHECK, text, "see its log, or correct --edge");
    }
    let report = health.json();
    if report.get("status").and_then(Value::as_str) != Some("degraded") {
        return Finding::ok(CHECK, format!("the edge at {url} returns 200 for GET /"));
    }
    let problem = |part: &str| report.get(part)?.get("problem")?.as_str();
    let problems: Vec<_> =
        ["keys", "revocation", "store"].into_iter().filter_map(problem).collect();
    let text: String = problems.join("; ").chars().take(300).collect();
    Finding::problem(
        CHECK,
        format!("the edge at {url} is degraded: {text}"),
        "correct its settings, or the services that they name",
    )
}

/// Checks that the edge reads revocations where the issuer publishes them.
fn revocation(issuer: &Response, edge: &Response) -> Option<Finding> {
    const CHECK: &str = "revocation";
    let (issuer, edge) = (issuer.json(), edge.json());
    let redis = issuer.get("redis")?.as_str()?;
    let source = edge.get("revocation")?.get("source")?.as_str()?;
    Some(match (source, redis) {
        ("redis", "not configured") => Finding::problem(
            CHECK,
            "the edge reads ended sessions from Redis, but the issuer publishes none there",
            "set the issuer's --redis-url (REDIS_URL) to the same server",
        ),
        ("none", _) => Finding::warning(
            CHECK,
            "the edge does not check for ended sessions: tokens outlive a logout there",
            "set its `revocation` to redis or status_list",
        ),
        _ => Finding::ok(CHECK, format!("the edge checks for ended sessions: {source}")),
    })
}

fn configured_keys(client: &HttpClient, source: &EdgeKeys, keys: &IssuerKeys) -> Finding {
    const CHECK: &str = "edge_keys";
    let (name, text) = match source {
        EdgeKeys::File(path) => (path.display().to_string(), read(path)),
        EdgeKeys::Url(url) => (url.clone(), fetch(client, url)),
    };
    let text = match text {
        Ok(text) => text,
        Err(error) => {
            return Finding::problem(
                CHECK,
                format!("cannot read {name}: {error}"),
                "correct --edge-keys",
            );
        }
    };
    let set = match KeySet::parse(&text) {
        Ok(set) => set,
        Err(error) => {
            let advice = match error {
                KeyError::PrivateKey => {
                    "replace the key pair: `issuer keys generate`, `rotate`, `remove`; and give \
                     the edge `public.pem`"
                }
                KeyError::SymmetricKey | KeyError::Unsuitable(_) => {
                    "both sides must use RS256: give the edge the issuer's RSA key"
                }
                _ => SAME_KEY,
            };
            return Finding::problem(CHECK, format!("{name}: {error} ({})", error.code()), advice);
        }
    };
    let has = |kid: &str| set.keys().iter().any(|key| key.thumbprint() == kid);
    let active = keys.signing.kid();
    let known = keys.jwks.keys().keys();
    if has(active) {
        let missing = known.iter().filter(|key| !has(&key.thumbprint())).count();
        if missing == 0 {
            Finding::ok(
                CHECK,
                format!("{name} contains the active key {active} and all others that verify"),
            )
        } else {
            let text = format!(
                "{name} contains the active key, but not {missing} others: their tokens are \
                 rejected there"
            );
            Finding::warning(
                CHECK,
                text,
                "let the edge fetch /.well-known/jwks.json, which follows every rotation",
            )
        }
    } else if known.iter().any(|key| has(&key.thumbprint())) {
        let text = format!(
            "{name} contains a key of the issuer, but not the active one, {active}: it missed a \
             rotation"
        );
        Finding::problem(CHECK, text, SAME_KEY)
    } else {
        let other =
            set.keys().first().map(verifier_core::PublicKey::thumbprint).unwrap_or_default();
        Finding::problem(
            CHECK,
            format!("{name} contains another key, {other}; the issuer signs with {active}"),
            SAME_KEY,
        )
    }
}

fn read(path: &std::path::Path) -> Result<String, String> {
    // One byte more than the limit, so that a larger file is rejected and not truncated.
    regular_file::read_text(path, MAX_KEY_TEXT_BYTES as u64 + 1).map_err(|error| error.to_string())
}

fn fetch(client: &HttpClient, url: &str) -> Result<String, String> {
    let response = client.get(url, &[]).map_err(|error| error.to_string())?;
    if response.status == 200 {
        Ok(response.body)
    } else {
        Err(format!("status {}", response.status))
    }
}

/// Sends requests to the edge with a valid token, without a token, and with a tampered token.
pub(super) fn try_tokens(
    deployment: &Deployment,
    client: &HttpClient,
    session: Option<&Session>,
    valid: Option<ValidToken<'_>>,
    keys: Option<&IssuerKeys>,
    clock: &dyn Clock,
    findings: &mut Vec<Finding>,
) {
    if let (Some(session), Some(keys)) = (session, keys) {
        findings.push(by_key_files(&session.access, keys, deployment.profile.as_ref(), clock));
    }
    let (Some(edge), Some(path)) = (&deployment.edge, &deployment.edge_path) else { return };
    let Some(valid) = valid else {
        findings.push(Finding::skipped("edge_token", NO_TOKEN));
        return;
    };
    let url = edge.at(path);
    let send = |token: &str| client.get(&url, &[("authorization", &format!("Bearer {token}"))]);
    // A missing response was reported before.
    let (Ok(accepted), Ok(without), Ok(changed)) =
        (send(valid.token), client.get(&url, &[]), send(&valid.tampered()))
    else {
        return;
    };
    findings.push(protection(path, &without, &changed));
    findings.push(acceptance(path, valid.whose, valid.token, &accepted));
}

fn by_key_files(
    access: &str,
    keys: &IssuerKeys,
    profile: Option<&TokenProfile>,
    clock: &dyn Clock,
) -> Finding {
    const CHECK: &str = "login_token";
    // The claims are compared below: this is about keys and clock.
    let options = PolicyOptions { audience: Audience::Any, ..PolicyOptions::default() };
    let policy = Policy::new(options).expect("constants that make a policy");
    let verifier = Verifier::new(keys.verifier(TokenType::Access).keys().clone(), policy);
    match verifier.verify(access, unix_time(clock.now())) {
        Ok(_) => profile
            .and_then(|profile| metadata::compare(access, profile))
            .unwrap_or_else(|| Finding::ok(CHECK, "the key files verify the token of the login")),
        Err(refusal) => {
            let text = format!(
                "the key files refuse the token of the login: {refusal} ({})",
                refusal.code()
            );
            Finding::problem(
                CHECK,
                text,
                "make the running issuer use these keys; see the findings on its keys and clock",
            )
        }
    }
}

fn protection(path: &str, without: &Response, changed: &Response) -> Finding {
    const CHECK: &str = "edge_protection";
    match (without.status, changed.status) {
        (200..300, _) => {
            let text = format!("the edge serves {path} without a token");
            Finding::problem(
                CHECK,
                text,
                "name a path that requires a token with --edge-path, or protect it",
            )
        }
        (_, 200..300) => {
            let text = format!("the edge serves {path} for a token with a tampered signature");
            Finding::problem(
                CHECK,
                text,
                "make it verify signatures, with RS256 as the only algorithm",
            )
        }
        _ => Finding::ok(
            CHECK,
            format!("the edge rejects requests for {path} without a token and with a tampered one"),
        ),
    }
}
