//! HTTP responses: JSON bodies, refusals, and the headers that every response has.

use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::error::AuthError;
use crate::language::{Lang, Text};

/// The code of an error response, kept in its extensions for the log.
#[derive(Clone, Debug)]
pub struct ErrorCode(pub String);

#[derive(Serialize)]
struct ErrorBody<'a> {
    detail: &'a str,
    code: &'a str,
}

/// Returns the response to a request that is not authorized.
#[must_use]
pub fn refusal(error: &AuthError, lang: Lang) -> Response<String> {
    let mut response = self::error(error.status(), &error.text(lang), error.code());
    if error.is_localized() {
        vary_by_language(&mut response);
    }
    if let Some(challenge) = error.challenge()
        && let Ok(challenge) = HeaderValue::from_str(&challenge)
    {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Returns an error with a text for people and a code for programs.
#[must_use]
pub fn error(status: StatusCode, detail: &str, code: &str) -> Response<String> {
    with_code(json(status, &ErrorBody { detail, code }), code)
}

/// Returns an error whose text depends on the client's language.
#[must_use]
pub fn localized_error(
    status: StatusCode,
    text: Text<'_>,
    code: &str,
    lang: Lang,
) -> Response<String> {
    let mut response = error(status, text.lang(lang), code);
    vary_by_language(&mut response);
    response
}

/// Adds the code of an error for the log.
#[must_use]
pub fn with_code<B>(mut response: Response<B>, code: &str) -> Response<B> {
    response.extensions_mut().insert(ErrorCode(code.to_owned()));
    response
}

/// Marks a response whose text depends on `Accept-Language`.
pub fn vary_by_language<B>(response: &mut Response<B>) {
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept-Language"));
}

/// Returns a response with a JSON body.
#[must_use]
pub fn json(status: StatusCode, body: &impl Serialize) -> Response<String> {
    let (status, text) = match serde_json::to_string(body) {
        Ok(text) => (status, text),
        // No body of these crates fails to serialize; if one ever does, the client still gets JSON.
        Err(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            r#"{"detail":"Internal Server Error","code":"internal_error"}"#.to_owned(),
        ),
    };
    let length = text.len() as u64;
    let mut response = with_length(status, text, length);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// Returns a response with a body of `length` bytes and the headers that every response has.
#[must_use]
pub fn with_length<B>(status: StatusCode, body: B, length: u64) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // Without a length the end of the body is sent in a second packet, which on a keep-alive
    // connection may wait 40 ms for the acknowledgement of the first.
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
