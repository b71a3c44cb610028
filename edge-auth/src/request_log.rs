//! The log line about a request that was refused.

use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::host::Host;
use crate::printable::json_line;
use crate::response::ErrorCode;

/// Most characters of a path that are logged.
const MAX_PATH: usize = 200;

#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    request_id: &'a str,
    method: &'a str,
    path: String,
    status: u16,
    code: Option<&'a str>,
}

/// Logs one JSON object for a response with status 401, 403 or 5xx. It holds no query, no header
/// but the request's id, and no token.
pub fn log_refusal<B>(request: &Parts, response: &Response<B>, id: &HeaderValue, host: &impl Host) {
    let status = response.status();
    let is_refusal = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    if !is_refusal && !status.is_server_error() {
        return;
    }
    let line = Line {
        event: "request_refused",
        request_id: id.to_str().unwrap_or_default(),
        method: request.method.as_str(),
        path: request.uri.path().chars().take(MAX_PATH).collect(),
        status: status.as_u16(),
        code: response.extensions().get::<ErrorCode>().map(|code| code.0.as_str()),
    };
    if let Ok(line) = json_line(&line) {
        host.log(format_args!("{line}"));
    }
}
