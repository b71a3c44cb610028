//! Whether browsers let pages of an origin call issuer and edge (the CORS protocol of the Fetch
//! standard).

use super::client::{ClientError, HttpClient, Response};
use super::deployment::Deployment;
use super::finding::Finding;
use crate::base_url::BaseUrl;

/// A call of a page.
struct Call<'a> {
    check: &'static str,
    service: &'static str,
    base: &'a BaseUrl,
    path: &'a str,
    method: &'static str,
    headers: &'static [&'static str],
    /// The setting with the allowed origins.
    setting: &'static str,
}

pub(super) fn check(deployment: &Deployment, client: &HttpClient, findings: &mut Vec<Finding>) {
    if deployment.origins.is_empty() {
        let text = "pass --origin with the origin of a web page, as in http://localhost:3000";
        findings.push(Finding::skipped("issuer_cors", text));
        return;
    }
    let setting = "--cors-origins (ISSUER_CORS_ORIGINS)";
    let mut calls = vec![Call {
        check: "issuer_cors",
        service: "issuer",
        base: &deployment.issuer,
        path: "/api/token/",
        method: "POST",
        headers: &["content-type"],
        setting,
    }];
    calls.push(Call {
        path: "/api/users/me/",
        method: "GET",
        headers: &["authorization"],
        ..calls[0]
    });
    let path = deployment.edge_path.as_ref().or(deployment.gated_paths.first());
    if let (Some(base), Some(path)) = (&deployment.edge, path) {
        calls.push(Call {
            check: "edge_cors",
            service: "edge",
            base,
            path,
            method: "GET",
            headers: &["authorization"],
            setting: "setting `cors_origins`",
        });
    }
    for origin in &deployment.origins {
        findings.extend(calls.iter().map(|call| call.check(client, origin)));
    }
}

impl Call<'_> {
    fn check(&self, client: &HttpClient, origin: &str) -> Finding {
        let Self { check, service, path, method, setting, .. } = *self;
        match self.problem(client, origin) {
            Ok(None) => Finding::ok(
                check,
                format!("pages of {origin} may {method} {path} of the {service}"),
            ),
            Ok(Some(problem)) => Finding::problem(
                check,
                format!("pages of {origin} cannot {method} {path} of the {service}: {problem}"),
                format!("add exactly this origin to the {service}'s {setting}"),
            ),
            Err(error) => Finding::problem(
                check,
                format!("no response from the {service}: {error}"),
                "see the findings above",
            ),
        }
    }

    /// Returns why a browser would block the call.
    fn problem(&self, client: &HttpClient, origin: &str) -> Result<Option<String>, ClientError> {
        let url = self.base.at(self.path);
        let headers = self.headers.join(",");
        let preflight = [
            ("origin", origin),
            ("access-control-request-method", self.method),
            ("access-control-request-headers", &headers),
        ];
        let response = client.options(&url, &preflight)?;
        if !(200..300).contains(&response.status) {
            return Ok(Some(format!("the preflight returns {}", response.status)));
        }
        if !admits(&response, origin) {
            return Ok(Some(unlisted(&response)));
        }
        // Access-Control-Allow-Methods is not checked: GET and POST are always allowed.
        let allowed = response
            .header("access-control-allow-headers")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let lists = |name: &str| allowed.split(',').any(|listed| listed.trim() == name);
        // `*` does not include Authorization.
        let admitted = |name: &str| lists(name) || (lists("*") && name != "authorization");
        let missing = self.headers.iter().find(|name| !admitted(name));
        if let Some(name) = missing {
            return Ok(Some(format!("the preflight does not allow the header {name}")));
        }
        let response = client.get(&url, &[("origin", origin)])?;
        Ok((!admits(&response, origin)).then(|| {
            format!("after a successful preflight, the response itself: {}", unlisted(&response))
        }))
    }
}

fn admits(response: &Response, origin: &str) -> bool {
    let allowed = response.header("access-control-allow-origin");
    allowed.is_some_and(|allowed| allowed == "*" || allowed == origin)
}

fn unlisted(response: &Response) -> String {
    match response.header("access-control-allow-origin") {
        Some(other) => format!("Access-Control-Allow-Origin is {other:?}"),
        None => "the response has no Access-Control-Allow-Origin".to_owned(),
    }
}
