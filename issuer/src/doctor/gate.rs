//! The gate in front of another component: whether it refuses requests without a valid token, and
//! removes the identity headers that clients send.

use axum::http::header::WWW_AUTHENTICATE;

use super::acceptance;
use super::client::{HttpClient, Response};
use super::deployment::Deployment;
use super::finding::Finding;
use super::probe::{NO_TOKEN, ValidToken};

const WITHOUT: &str = "gate";
const HEADERS: &str = "gate_headers";
const SIGNATURE: &str = "gate_signature";
const TOKEN: &str = "gate_token";

/// Headers of the gate, as a client would forge them. Some frameworks read an underscore in a name
/// as a hyphen.
const FORGED: [(&str, &str); 3] =
    [("x-auth-role", "admin"), ("x-auth-user-id", "1"), ("x_auth_role", "admin")];

const MISSING: &str = "run the component that is composed with the gate, or name the gate in \
                       `dependencies.middleware` of each trigger: Spin ignores a misspelt key; a \
                       rule of `jwt_gate_access_rules` may also make the path public";
const CLOSED: &str = "correct the gate's settings, the variables `jwt_gate_*`, or the services \
                      that they name; see the log of the edge";

/// Sends requests for each gated path that the gate must refuse, and one that it must pass on.
pub(super) fn check(
    deployment: &Deployment,
    client: &HttpClient,
    health: Option<&Response>,
    valid: Option<ValidToken<'_>>,
    findings: &mut Vec<Finding>,
) {
    let Some(edge) = &deployment.edge else { return };
    if health.is_none() && !deployment.gated_paths.is_empty() {
        findings.push(Finding::skipped(WITHOUT, "the edge does not respond"));
        return;
    }
    for path in &deployment.gated_paths {
        let gated = GatedPath { client, path, url: edge.at(path), valid };
        if let Err(problem) = gated.examine(findings) {
            findings.push(problem);
        }
    }
}

struct GatedPath<'a> {
    client: &'a HttpClient,
    path: &'a str,
    url: String,
    valid: Option<ValidToken<'a>>,
}

impl GatedPath<'_> {
    /// Ends with the first problem that makes later responses meaningless.
    fn examine(&self, findings: &mut Vec<Finding>) -> Result<(), Finding> {
        let path = self.path;
        let without = self.get(WITHOUT, None, &[])?;
        findings.push(self.without_token(&without)?);
        let forged = self.get(HEADERS, None, &FORGED)?;
        findings.push(self.same("without a token", &without, &forged));
        let Some(valid) = self.valid else {
            findings.push(Finding::skipped(TOKEN, format!("{path}: {NO_TOKEN}")));
            return Ok(());
        };
        let tampered = self.get(SIGNATURE, Some(&valid.tampered()), &[])?;
        findings.push(self.tampered(&tampered)?);
        let accepted = self.get(TOKEN, Some(valid.token), &[])?;
        findings.push(self.accepted(valid, &accepted)?);
        let forged = self.get(HEADERS, Some(valid.token), &FORGED)?;
        findings.push(self.same("with a valid token", &accepted, &forged));
        Ok(())
    }

    fn get(
        &self,
        check: &'static str,
        token: Option<&str>,
        headers: &[(&str, &str)],
    ) -> Result<Response, Finding> {
        let credentials = token.map(|token| format!("Bearer {token}"));
        let mut all = vec![("accept-language", "en")];
        all.extend(credentials.as_deref().map(|credentials| ("authorization", credentials)));
        all.extend(headers);
        self.client.get_error(&self.url, &all).map_err(|error| {
            let text = format!("no response to GET {}: {error}", self.path);
            Finding::problem(check, text, "see the log of the edge")
        })
    }

    fn without_token(&self, response: &Response) -> Result<Finding, Finding> {
        let path = self.path;
        let summary = response.summary();
        let code = response.text("code");
        let text = match (response.status, code.as_deref()) {
            (401, _) => return Ok(self.challenge(response, code.as_deref())),
            (503, _) => return Err(self.closed(WITHOUT, "every request", response)),
            (_, Some("path_ambiguous")) => {
                let text = format!("the gate refuses every request for {path}: {summary}");
                let advice = "name a path without dot segments, doubled slashes and encoded \
                              separators with --gated-path";
                return Err(Finding::problem(WITHOUT, text, advice));
            }
            (200..=399 | 404 | 405, _) => format!(
                "{path} is open: without a token the edge responds with {summary}, and not with \
                 the 401 of a gate"
            ),
            _ => format!(
                "{path} may be open: without a token the edge responds with {summary}, and not \
                 with the 401 of a gate"
            ),
        };
        Err(Finding::problem(WITHOUT, text, MISSING))
    }

    /// Judges the 401 of a request without a token.
    fn challenge(&self, response: &Response, code: Option<&str>) -> Finding {
        let path = self.path;
        if !has_bearer_challenge(response) {
            let text = format!(
                "the 401 for {path} without a token has no `WWW-Authenticate: Bearer`: it is not \
                 the gate's"
            );
            return Finding::problem(WITHOUT, text, MISSING);
        }
        if code != Some("not_authenticated") {
            let text = format!(
                "the 401 for {path} without a token may be the application's: it lacks the gate's \
                 code `not_authenticated`"
            );
            return Finding::warning(WITHOUT, text, MISSING);
        }
        Finding::ok(WITHOUT, format!("the gate refuses GET {path} without a token"))
    }

    /// Compares the response to a request with that to the same request with forged headers.
    fn same(&self, credentials: &str, without: &Response, forged: &Response) -> Finding {
        let path = self.path;
        if without.status == forged.status && without.text("code") == forged.text("code") {
            let text = format!(
                "{path} {credentials}: the client's `X-Auth-*` headers do not change the response"
            );
            return Finding::ok(HEADERS, text);
        }
        let text = format!(
            "{path} {credentials}: with forged `X-Auth-Role` and `X-Auth-User-Id` the edge \
             responds with {}, and not with {}: any client can choose its user and role",
            forged.summary(),
            without.summary()
        );
        let advice = format!("the component must only be reachable through the gate: {MISSING}");
        Finding::problem(HEADERS, text, advice)
    }

    fn tampered(&self, response: &Response) -> Result<Finding, Finding> {
        let path = self.path;
        match response.status {
            401 => Ok(Finding::ok(
                SIGNATURE,
                format!("the gate refuses GET {path} with a tampered signature"),
            )),
            503 => Err(self.closed(SIGNATURE, "tokens", response)),
            _ => {
                let text = format!(
                    "the edge responds to GET {path} with {} for a token with a tampered \
                     signature, and not with 401",
                    response.summary()
                );
                let advice = "make it verify signatures, with RS256 as the only algorithm";
                Ok(Finding::problem(SIGNATURE, text, advice))
            }
        }
    }

    fn accepted(&self, valid: ValidToken<'_>, response: &Response) -> Result<Finding, Finding> {
        let (path, summary) = (self.path, response.summary());
        let ValidToken { token, whose } = valid;
        match response.status {
            401 => Err(acceptance::refusal(TOKEN, path, whose, token, response)),
            503 => Err(self.closed(TOKEN, "tokens", response)),
            403 => Ok(Finding::ok(
                TOKEN,
                format!("the gate verifies {whose}; {path} requires more of it: {summary}"),
            )),
            500.. => {
                let text = format!("with {whose}, the edge responds to GET {path} with {summary}");
                Ok(Finding::warning(TOKEN, text, "see the log of the component behind the gate"))
            }
            _ => Ok(Finding::ok(TOKEN, format!("the gate accepts {whose} at {path}: {summary}"))),
        }
    }

    /// Reports a 503, with which the gate refuses what it cannot verify.
    fn closed(&self, check: &'static str, what: &str, response: &Response) -> Finding {
        let (path, summary) = (self.path, response.summary());
        if response.text("code").is_some() {
            let text = format!("the gate refuses {what} at {path}: {summary}");
            Finding::problem(check, text, CLOSED)
        } else {
            let text =
                format!("the edge responds to GET {path} with {summary}, and no gate's code");
            Finding::problem(check, text, "see the log of the edge")
        }
    }
}

fn has_bearer_challenge(response: &Response) -> bool {
    let challenges = response.headers.get_all(WWW_AUTHENTICATE);
    challenges.iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|challenge| {
            let scheme = challenge.split_whitespace().next();
            scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
        })
    })
}
