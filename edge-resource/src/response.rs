//! The responses of the routes.

use edge_auth::language::{Lang, Text};
use edge_auth::{AuthError, response as base};
use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::json;

use crate::storage::FileContent;

/// A response; its `Content-Length` is exact.
pub type Response = http::Response<Body>;

/// The body of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A text.
    Text(String),
    /// The content of a stored file, read while it is sent.
    File(FileContent),
}

/// Returns 200 with a JSON body.
pub(crate) fn ok(body: &impl Serialize) -> Response {
    base::json(StatusCode::OK, body).map(Body::Text)
}

/// Returns 200 without a body. A 204 must not have a `Content-Length` (RFC 9110, section 8.6).
pub(crate) fn empty() -> Response {
    base::with_length(StatusCode::OK, Body::Text(String::new()), 0)
}

/// Returns 304 for the version with this entity tag, without the length of the content that is not
/// sent (RFC 9110, sections 8.6 and 15.4.5).
pub(crate) fn not_modified(etag: &str) -> Response {
    let mut response = base::with_length(StatusCode::NOT_MODIFIED, Body::Text(String::new()), 0);
    response.headers_mut().remove(CONTENT_LENGTH);
    set(&mut response, ETAG, etag);
    response
}

/// Returns the content of a file.
pub(crate) fn file(
    status: StatusCode,
    content: FileContent,
    content_type: HeaderValue,
) -> Response {
    let length = content.length();
    let mut response = base::with_length(status, Body::File(content), length);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Returns the refusal of a request that is not authorized.
pub(crate) fn refusal(error: &AuthError, lang: Lang) -> Response {
    base::refusal(error, lang).map(Body::Text)
}

/// Returns an error with a text for people and a code for programs.
pub(crate) fn error(status: StatusCode, detail: &str, code: &str) -> Response {
    base::error(status, detail, code).map(Body::Text)
}

/// Returns an error in the client's language.
pub(crate) fn localized_error(
    status: StatusCode,
    text: Text<'_>,
    code: &str,
    lang: Lang,
) -> Response {
    base::localized_error(status, text, code, lang).map(Body::Text)
}

/// Returns 422 for missing input, in the form of the wire contract: a list of errors, each with
/// FastAPI's `type`.
pub(crate) fn unprocessable(kind: &str, location: &[&str], text: &str, code: &str) -> Response {
    let error = json!({"type": kind, "loc": location, "msg": text, "input": null});
    let body = json!({"detail": [error], "code": code});
    base::with_code(base::json(StatusCode::UNPROCESSABLE_ENTITY, &body), code).map(Body::Text)
}

/// Returns 422 for invalid input, in the client's language.
pub(crate) fn invalid_input(
    kind: &str,
    location: &[&str],
    text: Text<'_>,
    code: &str,
    lang: Lang,
) -> Response {
    let mut response = unprocessable(kind, location, text.lang(lang), code);
    base::vary_by_language(&mut response);
    response
}

/// Returns 307 to a relative reference.
pub(crate) fn redirect(reference: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(reference) else { return not_found() };
    let body = Body::Text(String::new());
    let mut response = base::with_length(StatusCode::TEMPORARY_REDIRECT, body, 0);
    response.headers_mut().insert(LOCATION, location);
    response
}

/// Returns 404.
pub(crate) fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "Not Found", "not_found")
}

/// Returns 405 with the allowed methods (RFC 9110, section 15.5.6).
pub(crate) fn method_not_allowed(allow: &str) -> Response {
    let code = "method_not_allowed";
    let mut response = error(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed", code);
    set(&mut response, ALLOW, allow);
    response
}

/// Sets a header, unless the value has bytes that a header must not have.
pub(crate) fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
