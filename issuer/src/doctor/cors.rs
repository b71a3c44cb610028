//! Whether browsers let pages of an origin call issuer and edge (the Fetch standard's CORS
//! protocol).

use super::web::{Answer, Web, WebError};
use super::{Finding, Patient};
use crate::base_url::BaseUrl;

/// One call that a page makes.
struct Call<'a> {
    check: &'static str,
    service: &'static str,
    base: &'a BaseUrl,
    path: &'a str,
    method: &'static str,
    headers: &'static [&'static str],
    /// The setting that lists the origins.
    setting: &'static str,
}

pub(super) fn examine(patient: &Patient, web: &Web, findings: &mut Vec<Finding>) {
    if patient.origins.is_empty() {
        let text = "pass --origin with the origin of a web page, as in http://localhost:3000";
        findings.push(Finding::skipped("issuer_cors", text));
        return;
    }
    let setting = "--cors-origins (ISSUER_CORS_ORIGINS)";
    let mut calls = vec![Call {
        check: "issuer_cors",
        service: "issuer",
        base: &patient.issuer,
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
    if let Some(base) = &patient.edge {
        calls.push(Call {
            check: "edge_cors",
            service: "edge",
            base,
            path: &patient.edge_path,
            method: "GET",
            headers: &["authorization"],
            setting: "setting `cors_origins`",
        });
    }
    for origin in &patient.origins {
        findings.extend(calls.iter().map(|call| call.examine(web, origin)));
    }
}

impl Call<'_> {
    fn examine(&self, web: &Web, origin: &str) -> Finding {
        let Self { check, service, path, method, setting, .. } = *self;
        match self.fault(web, origin) {
            Ok(None) => Finding::ok(
                check,
                format!("pages of {origin} may {method} {path} of the {service}"),
            ),
            Ok(Some(fault)) => Finding::problem(
                check,
                format!("pages of {origin} cannot {method} {path} of the {service}: {fault}"),
                format!("add the origin, exactly so, to the {service}'s {setting}"),
            ),
            Err(error) => Finding::problem(
                check,
                format!("no answer from the {service}: {error}"),
                "see the lines above",
            ),
        }
    }

    /// What a browser would stumble over.
    fn fault(&self, web: &Web, origin: &str) -> Result<Option<String>, WebError> {
        let url = self.base.at(self.path);
        let asked = self.headers.join(",");
        let preflight = [
            ("origin", origin),
            ("access-control-request-method", self.method),
            ("access-control-request-headers", &asked),
        ];
        let answer = web.options(&url, &preflight)?;
        if !(200..300).contains(&answer.status) {
            return Ok(Some(format!("the preflight is answered with {}", answer.status)));
        }
        if !admits(&answer, origin) {
            return Ok(Some(unlisted(&answer)));
        }
        // GET and POST need no permission; a list that leaves them out says nothing against them.
        let allowed =
            answer.header("access-control-allow-headers").unwrap_or_default().to_ascii_lowercase();
        let lists = |name: &str| allowed.split(',').any(|listed| listed.trim() == name);
        // `*` does not stand for Authorization.
        let admitted = |name: &str| lists(name) || (lists("*") && name != "authorization");
        let missing = self.headers.iter().find(|name| !admitted(name));
        if let Some(name) = missing {
            return Ok(Some(format!("the preflight does not allow the header {name}")));
        }
        let answer = web.get(&url, &[("origin", origin)])?;
        Ok((!admits(&answer, origin))
            .then(|| format!("after a good preflight, the answer itself: {}", unlisted(&answer))))
    }
}

fn admits(answer: &Answer, origin: &str) -> bool {
    matches!(answer.header("access-control-allow-origin"), Some(listed) if listed == "*" || listed == origin)
}

fn unlisted(answer: &Answer) -> String {
    match answer.header("access-control-allow-origin") {
        Some(other) => format!("Access-Control-Allow-Origin is {other:?}"),
        None => "the answer has no Access-Control-Allow-Origin".to_owned(),
    }
}
