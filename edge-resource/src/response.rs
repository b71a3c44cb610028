//! What goes back: JSON bodies, the texts of the wire contract, and the headers every response has.

use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION, VARY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::json;
use verifier_core::{Code, Lang};

use crate::uploads::download::Content;

/// An response; what it says of its length is true.
pub type Response = http::Response<Body>;

/// What a response carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A text.
    Text(String),
    /// The content of a stored file, which is read while it is sent.
    Content(Content),
}

impl Body {
    /// How many bytes it is.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Content(content) => content.length(),
        }
    }
}

/// A text in both languages.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// Korean, the language of the wire contract.
    pub ko: &'a str,
    /// English.
    pub en: &'a str,
}

/// A token that is refused for another reason than its end.
pub const TOKEN_INVALID: Text<'static> =
    Text { ko: "유효하지 않은 토큰입니다", en: "The token is not valid" };
/// A good token without what the route asks for.
pub const FORBIDDEN: Text<'static> = Text { ko: "권한이 없습니다", en: "Permission denied" };

impl<'a> Text<'a> {
    /// The text in one language.
    #[must_use]
    pub fn lang(self, lang: Lang) -> &'a str {
        match lang {
            Lang::Ko => self.ko,
            Lang::En => self.en,
        }
    }
}

/// The code of an error, beside the body, for the log.
#[derive(Clone, Debug)]
pub struct RefusalCode(pub String);

/// The body of every error.
#[derive(Serialize)]
struct ErrorBody<'a> {
    detail: &'a str,
    code: &'a str,
}

/// 200 with a JSON body.
#[must_use]
pub fn ok(body: &impl Serialize) -> Response {
    json(StatusCode::OK, body)
}

/// 200 without a body. Not 204: that one may not carry a `Content-Length` (RFC 9110, section 8.6).
#[must_use]
pub fn empty() -> Response {
    finish(StatusCode::OK, Body::Text(String::new()))
}

/// 304 for a client that has the version with this entity tag. It has no body, and says nothing of
/// the length of what it does not send (RFC 9110, sections 8.6 and 15.4.5).
#[must_use]
pub fn not_modified(etag: &str) -> Response {
    let mut response = finish(StatusCode::NOT_MODIFIED, Body::Text(String::new()));
    response.headers_mut().remove(CONTENT_LENGTH);
    if let Ok(etag) = HeaderValue::from_str(etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}

/// An error with the text people read and the code programs read.
#[must_use]
pub fn error(status: StatusCode, detail: &str, code: &str) -> Response {
    let mut response = json(status, &ErrorBody { detail, code });
    response.extensions_mut().insert(RefusalCode(code.to_owned()));
    response
}

/// An error whose text is there in two languages.
#[must_use]
pub fn localized_error(status: StatusCode, text: Text<'_>, code: &str, lang: Lang) -> Response {
    let mut response = error(status, text.lang(lang), code);
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept-Language"));
    response
}

/// 422 in the form of the wire contract, whose clients look through a list. `kind` is FastAPI's
/// word for what is wrong at the place.
#[must_use]
pub fn unprocessable(kind: &str, place: &[&str], text: &str, code: &str) -> Response {
    let fault = json!({"type": kind, "loc": place, "msg": text, "input": null});
    let mut response =
        json(StatusCode::UNPROCESSABLE_ENTITY, &json!({"detail": [fault], "code": code}));
    response.extensions_mut().insert(RefusalCode(code.to_owned()));
    response
}

/// Returns the same for input that is present and not acceptable.
#[must_use]
pub fn invalid_input(
    kind: &str,
    place: &[&str],
    text: Text<'_>,
    code: &str,
    lang: Lang,
) -> Response {
    let mut response = unprocessable(kind, place, text.lang(lang), code);
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept-Language"));
    response
}

/// 307 to a relative reference.
#[must_use]
pub fn redirect(reference: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(reference) else { return not_found() };
    let mut response = finish(StatusCode::TEMPORARY_REDIRECT, Body::Text(String::new()));
    response.headers_mut().insert(LOCATION, location);
    response
}

/// 401 for a request without a usable token (RFC 6750, section 3: no error code then).
#[must_use]
pub fn not_authenticated(code: &str) -> Response {
    let mut response = error(StatusCode::UNAUTHORIZED, "Not authenticated", code);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// 401 for a refused token (RFC 6750, section 3.1). The text tells an expired token from all
/// others and nothing more; the code tells which rule it broke.
#[must_use]
pub fn token_refused(code: Code, lang: Lang) -> Response {
    let text = match code {
        Code::TokenExpired => Text { ko: code.text(Lang::Ko), en: code.text(Lang::En) },
        _ => TOKEN_INVALID,
    };
    let mut response = localized_error(StatusCode::UNAUTHORIZED, text, code.as_str(), lang);
    response
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
    response
}

/// 403 for a good token without the role or claim that is demanded (RFC 6750, section 3.1).
#[must_use]
pub fn forbidden(code: &str, lang: Lang) -> Response {
    let mut response = localized_error(StatusCode::FORBIDDEN, FORBIDDEN, code, lang);
    response
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"insufficient_scope\""));
    response
}

/// 404.
#[must_use]
pub fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "Not Found", "not_found")
}

/// 405 with the methods that are allowed (RFC 9110, section 15.5.6).
#[must_use]
pub fn method_not_allowed(allow: &str) -> Response {
    let mut response =
        error(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed", "method_not_allowed");
    if let Ok(allow) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

/// A JSON body with any status.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    match serde_json::to_string(body) {
        Ok(text) => with_body(status, Body::Text(text), JSON),
        // No type of this crate fails to serialize; if one ever does, the client still gets JSON.
        Err(_) => with_body(
            StatusCode::INTERNAL_SERVER_ERROR,
            Body::Text(r#"{"detail":"Internal Server Error","code":"internal_error"}"#.to_owned()),
            JSON,
        ),
    }
}

/// A body of a media type.
#[must_use]
pub fn with_body(status: StatusCode, body: Body, content_type: HeaderValue) -> Response {
    let mut response = finish(status, body);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

fn finish(status: StatusCode, body: Body) -> Response {
    let length = HeaderValue::from(body.length());
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // Without it a kept connection is answered in two packets, and the second may wait 40 ms for
    // the first's acknowledgement.
    headers.insert(CONTENT_LENGTH, length);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
