//! Asking over HTTP: one request, one answer, nothing followed, and the clock read before and
//! after.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::DATE;
use axum::http::{HeaderMap, Method, Request};
use chrono::{DateTime, Utc};
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::clock::Clock;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Far above any answer that is looked at.
const MAX_BODY_BYTES: u64 = 256 * 1024;

/// No answer came.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The file of certificates cannot be used.
    #[error("{0}: it holds no certificate in PEM")]
    NoCertificate(String),
    /// The service was not reached, or did not speak HTTP.
    #[error("{0}")]
    Failed(String),
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    /// When it was asked, by the clock of this machine.
    pub(super) asked: DateTime<Utc>,
    /// When it had answered.
    pub(super) answered: DateTime<Utc>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A text member of a JSON object.
    pub(super) fn text(&self, member: &str) -> Option<String> {
        self.json().get(member)?.as_str().map(str::to_owned)
    }

    /// What a refusal says, short: status, code and text.
    pub(super) fn refusal(&self) -> String {
        let mut said = self.status.to_string();
        for text in ["reason", "code", "detail"].iter().filter_map(|member| self.text(member)) {
            said.push(' ');
            // What comes from elsewhere must not fill the screen.
            said.extend(text.chars().take(120));
        }
        said
    }

    /// The clock of the service, to the second (RFC 9110 section 6.6.1).
    pub(super) fn date(&self) -> Option<DateTime<Utc>> {
        let date = self.headers.get(DATE)?.to_str().ok()?;
        Some(DateTime::parse_from_rfc2822(date).ok()?.to_utc())
    }
}

/// Asks services.
pub struct Web {
    agent: Agent,
    clock: Arc<dyn Clock>,
}

impl Web {
    /// With the roots that browsers trust, or only those in `roots` (PEM).
    ///
    /// # Errors
    /// When `roots` holds no certificate; the name is its file's.
    pub fn new(roots: Option<(&str, &[u8])>, clock: Arc<dyn Clock>) -> Result<Self, WebError> {
        let mut tls = TlsConfig::builder();
        if let Some((name, pem)) = roots {
            let certificates: Vec<Certificate<'static>> = parse_pem(pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err(WebError::NoCertificate(name.to_owned()));
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
        }
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            // The services themselves are examined, not what a proxy makes of them.
            .proxy(None)
            .tls_config(tls.build())
            .build()
            .new_agent();
        Ok(Self { agent, clock })
    }

    pub(super) fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, WebError> {
        self.ask(Method::GET, url, headers, "")
    }

    pub(super) fn post(&self, url: &str, body: &serde_json::Value) -> Result<Answer, WebError> {
        self.ask(Method::POST, url, &[("content-type", "application/json")], &body.to_string())
    }

    pub(super) fn options(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, WebError> {
        self.ask(Method::OPTIONS, url, headers, "")
    }

    fn ask(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, WebError> {
        let failed = |error: &dyn std::fmt::Display| WebError::Failed(error.to_string());
        let mut request = Request::builder().method(&method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let asked = self.clock.now();
        let response = if method == Method::POST {
            self.agent.run(request.body(body.to_owned()).map_err(|error| failed(&error))?)
        } else {
            self.agent.run(request.body(()).map_err(|error| failed(&error))?)
        };
        let (parts, mut body) = response.map_err(|error| failed(&error))?.into_parts();
        let answered = self.clock.now();
        let body = body.with_config().limit(MAX_BODY_BYTES).lossy_utf8(true).read_to_string();
        let body = body.map_err(|error| failed(&error))?;
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body, asked, answered })
    }
}
