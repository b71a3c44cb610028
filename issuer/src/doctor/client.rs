//! The HTTP client of the checks: it follows no redirect, and reads the clock before and after each
//! request.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::DATE;
use axum::http::{HeaderMap, Method, Request};
use chrono::{DateTime, Utc};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use crate::clock::Clock;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Far above any response that is inspected.
const MAX_BODY_BYTES: u64 = 256 * 1024;
/// Far above any error response with a code.
const MAX_ERROR_BYTES: u64 = 16 * 1024;

/// No response.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The file contains no certificate.
    #[error("{0} contains no PEM certificate")]
    NoCertificate(String),
    /// The service is unreachable, or does not speak HTTP.
    #[error("{0}")]
    Failed(String),
}

/// A response.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    /// When the request was sent, by the clock of this machine.
    pub(super) sent_at: DateTime<Utc>,
    /// When the head of the response arrived.
    pub(super) received_at: DateTime<Utc>,
}

impl Response {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Returns a string member of a JSON object.
    pub(super) fn text(&self, member: &str) -> Option<String> {
        self.json().get(member)?.as_str().map(str::to_owned)
    }

    /// Summarizes an error response: status, codes and text.
    pub(super) fn summary(&self) -> String {
        let mut summary = self.status.to_string();
        for text in ["reason", "code", "detail"].iter().filter_map(|member| self.text(member)) {
            summary.push(' ');
            // Text from a service must not fill the screen.
            summary.extend(text.chars().take(300));
        }
        summary
    }

    /// Returns the clock of the service, to the second (RFC 9110 section 6.6.1).
    pub(super) fn date(&self) -> Option<DateTime<Utc>> {
        let date = self.headers.get(DATE)?.to_str().ok()?;
        Some(DateTime::parse_from_rfc2822(date).ok()?.to_utc())
    }
}

/// Sends requests to services.
pub struct HttpClient {
    agent: Agent,
    clock: Arc<dyn Clock>,
}

impl HttpClient {
    /// Trusts the roots of browsers, or only those in `roots`: the name of a file, and its PEM.
    ///
    /// # Errors
    /// [`ClientError::NoCertificate`] when `roots` contains none.
    pub fn new(roots: Option<(&str, &[u8])>, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        let mut tls = TlsConfig::builder();
        if let Some((name, pem)) = roots {
            let certificates: Vec<Certificate<'static>> = parse_pem(pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                return Err(ClientError::NoCertificate(name.to_owned()));
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
        }
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            // The checks are about the services, not about a proxy.
            .proxy(None)
            .tls_config(tls.build())
            .build()
            .new_agent();
        Ok(Self { agent, clock })
    }

    pub(super) fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Response, ClientError> {
        self.send(&Method::GET, url, headers, "")
    }

    /// Gets a resource of any application. Reads the body of an error only, and only its
    /// beginning: other bodies may be long, or a stream that does not end.
    pub(super) fn get_error(
        &self,
        url: &str,
        headers: &[(&str, &str)],
    ) -> Result<Response, ClientError> {
        let (mut response, body) = self.exchange(&Method::GET, url, headers, "")?;
        if response.status >= 400 {
            let mut text = Vec::new();
            // The status counts also when the body is incomplete.
            let _ = body.into_reader().take(MAX_ERROR_BYTES).read_to_end(&mut text);
            response.body = String::from_utf8_lossy(&text).into_owned();
        }
        Ok(response)
    }

    pub(super) fn post(
        &self,
        url: &str,
        body: &serde_json::Value,
    ) -> Result<Response, ClientError> {
        self.send(&Method::POST, url, &[("content-type", "application/json")], &body.to_string())
    }

    pub(super) fn options(
        &self,
        url: &str,
        headers: &[(&str, &str)],
    ) -> Result<Response, ClientError> {
        self.send(&Method::OPTIONS, url, headers, "")
    }

    fn send(
        &self,
        method: &Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response, ClientError> {
        let (mut response, mut body) = self.exchange(method, url, headers, body)?;
        let body = body.with_config().limit(MAX_BODY_BYTES).lossy_utf8(true).read_to_string();
        response.body = body.map_err(|error| ClientError::Failed(error.to_string()))?;
        Ok(response)
    }

    /// Sends a request. The returned response lacks its body, which is not read yet.
    fn exchange(
        &self,
        method: &Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<(Response, Body), ClientError> {
        let failed = |error: &dyn std::fmt::Display| ClientError::Failed(error.to_string());
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let sent_at = self.clock.now();
        let response = if *method == Method::POST {
            self.agent.run(request.body(body.to_owned()).map_err(|error| failed(&error))?)
        } else {
            self.agent.run(request.body(()).map_err(|error| failed(&error))?)
        };
        let (parts, body) = response.map_err(|error| failed(&error))?.into_parts();
        let received_at = self.clock.now();
        let (status, headers) = (parts.status.as_u16(), parts.headers);
        Ok((Response { status, headers, body: String::new(), sent_at, received_at }, body))
    }
}
