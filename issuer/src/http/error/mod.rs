//! Error responses, with the status, texts and shape of Django REST framework and SimpleJWT.

mod body;
mod convert;
mod oauth;

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

pub(super) use body::{ErrorBody, FieldErrors, Problem, TokenMessage};
pub(super) use oauth::{OAuthError, OAuthProblem};

use crate::token::TokenRefusal;

/// Longest method or parameter name repeated in a response, in characters.
const MAX_REPEATED: usize = 40;

/// An error response. Each variant starts with its status.
#[derive(Debug)]
pub(super) enum ApiError {
    /// 400: missing or invalid fields, each with its text.
    Fields(Vec<(&'static str, &'static str)>),
    /// 400: the body is JSON, but not an object; names its Python type.
    NotADictionary(&'static str),
    /// 400: the body is `null`.
    NoData,
    /// 400: the body cannot be parsed; says why.
    Parse(String),
    /// 400: an unknown query parameter.
    UnknownParameter(String),
    /// 400: not exactly one valid `Host` header (RFC 9112 section 3.2).
    BadHost,
    /// 401: wrong password, unknown or inactive user; the response does not say which.
    BadCredentials,
    /// 401: the token in a body field is refused.
    Token(TokenRefusal),
    /// 401: the user of a valid refresh token is inactive or deleted.
    NoActiveAccountForToken,
    /// 401: no bearer credentials.
    NotAuthenticated,
    /// 401: `Authorization` is not a scheme and a token, or is repeated.
    BadAuthorizationHeader,
    /// 401: the bearer token is refused.
    BearerToken(TokenRefusal),
    /// 401: a valid token without a `user_id`.
    NoUserIdentification,
    /// 401: a valid token of a deleted user.
    UserNotFound,
    /// 401: a valid token of an inactive user.
    UserInactive,
    /// 403: the user is not an administrator.
    Forbidden,
    /// 404: no such resource.
    NotFound,
    /// 404: the list has no such page.
    InvalidPage,
    /// 405; axum adds `Allow`.
    MethodNotAllowed(Method),
    /// 408: the body did not arrive in time.
    BodyTimeout,
    /// 409: the change would leave no active administrator.
    LastAdministrator,
    /// 413: the body exceeds this limit, in bytes.
    BodyTooLarge(usize),
    /// 415: an unsupported `Content-Type`, as sent.
    UnsupportedMediaType(String),
    /// 400 or 401: an error of an OAuth endpoint.
    OAuth(OAuthError),
    /// 429: too many password attempts; the client may retry after this many seconds.
    Throttled(u64),
    /// 431: the request head exceeds this limit, in bytes.
    HeadTooLarge(usize),
    /// 501: a status list of another time.
    NoHistory,
    /// 503: the queue for password hashes is full.
    Busy,
    /// 503: the database or the signer failed; the log has the error.
    Unavailable,
}

impl ApiError {
    /// Returns the status of the response.
    pub(super) fn status(&self) -> StatusCode {
        self.status_and_body().0
    }

    fn status_and_body(&self) -> (StatusCode, ErrorBody) {
        use ErrorBody as Body;
        use StatusCode as Status;
        match self {
            Self::Fields(errors) => (Status::BAD_REQUEST, Body::fields(errors)),
            Self::NotADictionary(kind) => {
                let text = format!("Invalid data. Expected a dictionary, but got {kind}.");
                (Status::BAD_REQUEST, Body::non_field(text))
            }
            Self::NoData => (Status::BAD_REQUEST, Body::non_field("No data provided".into())),
            Self::Parse(text) => (Status::BAD_REQUEST, Body::text(text)),
            Self::UnknownParameter(name) => {
                let text = format!("Unknown query parameter \"{}\".", repeated(name));
                (Status::BAD_REQUEST, Body::coded("unknown_parameter", text))
            }
            Self::BadHost => {
                let text = "Exactly one valid Host header is required.";
                (Status::BAD_REQUEST, Body::coded("bad_host", text))
            }
            Self::BadCredentials => {
                let text = "No active account found with the given credentials";
                (Status::UNAUTHORIZED, Body::text(text))
            }
            Self::Token(refusal) => (Status::UNAUTHORIZED, Body::token(refusal)),
            Self::NoActiveAccountForToken => {
                let text = "No active account found for the given token.";
                (Status::UNAUTHORIZED, Body::text(text))
            }
            Self::NotAuthenticated => {
                let text = "Authentication credentials were not provided.";
                (Status::UNAUTHORIZED, Body::text(text))
            }
            Self::BadAuthorizationHeader => {
                let text = "Authorization header must contain two space-delimited values";
                (Status::UNAUTHORIZED, Body::coded("bad_authorization_header", text))
            }
            Self::BearerToken(refusal) => (Status::UNAUTHORIZED, Body::bearer_token(refusal)),
            Self::NoUserIdentification => {
                let text = "Token contained no recognizable user identification";
                (Status::UNAUTHORIZED, Body::coded("token_not_valid", text))
            }
            Self::UserNotFound => {
                (Status::UNAUTHORIZED, Body::coded("user_not_found", "User not found"))
            }
            Self::UserInactive => {
                (Status::UNAUTHORIZED, Body::coded("user_inactive", "User is inactive"))
            }
            Self::Forbidden => {
                let text = "You do not have permission to perform this action.";
                (Status::FORBIDDEN, Body::coded("permission_denied", text))
            }
            Self::NotFound => (Status::NOT_FOUND, Body::text("Not found.")),
            Self::InvalidPage => (Status::NOT_FOUND, Body::text("Invalid page.")),
            Self::MethodNotAllowed(method) => {
                let text = format!("Method \"{}\" not allowed.", repeated(method.as_str()));
                (Status::METHOD_NOT_ALLOWED, Body::text(text))
            }
            Self::BodyTimeout => {
                let text = "The request body did not arrive in time.";
                (Status::REQUEST_TIMEOUT, Body::text(text))
            }
            Self::LastAdministrator => {
                let text = "This is the last active administrator. Make another one first.";
                (Status::CONFLICT, Body::coded("last_administrator", text))
            }
            Self::BodyTooLarge(limit) => {
                let text = format!("The request body is larger than {limit} bytes.");
                (Status::PAYLOAD_TOO_LARGE, Body::text(text))
            }
            Self::UnsupportedMediaType(sent) => {
                let text = format!("Unsupported media type \"{sent}\" in request.");
                (Status::UNSUPPORTED_MEDIA_TYPE, Body::text(text))
            }
            Self::OAuth(error) => (error.status(), Body::OAuth((*error).into())),
            Self::Throttled(seconds) => {
                let unit = if *seconds == 1 { "second" } else { "seconds" };
                let text =
                    format!("Request was throttled. Expected available in {seconds} {unit}.");
                (Status::TOO_MANY_REQUESTS, Body::coded("throttled", text))
            }
            Self::HeadTooLarge(limit) => {
                let text = format!("The request head is larger than {limit} bytes.");
                (Status::REQUEST_HEADER_FIELDS_TOO_LARGE, Body::coded("head_too_large", text))
            }
            Self::NoHistory => {
                let text = "Status lists of other times are not kept.";
                (Status::NOT_IMPLEMENTED, Body::coded("not_implemented", text))
            }
            Self::Busy => {
                let text = "Too many logins are being checked. Try again in 1 second.";
                (Status::SERVICE_UNAVAILABLE, Body::coded("busy", text))
            }
            Self::Unavailable => {
                let text = "Service temporarily unavailable, try again later.";
                (Status::SERVICE_UNAVAILABLE, Body::coded("service_unavailable", text))
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, body) = self.status_and_body();
        let mut response = (status, Json(body)).into_response();
        let header = match (self, status) {
            (Self::OAuth(_), StatusCode::UNAUTHORIZED) => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"oauth\"")))
            }
            (_, StatusCode::UNAUTHORIZED) => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"api\"")))
            }
            (Self::Throttled(seconds), _) => Some((RETRY_AFTER, seconds.into())),
            (_, StatusCode::SERVICE_UNAVAILABLE) => {
                Some((RETRY_AFTER, HeaderValue::from_static("1")))
            }
            _ => None,
        };
        response.headers_mut().extend(header);
        response
    }
}

/// Shortens text of the client for a response.
fn repeated(text: &str) -> String {
    text.chars().take(MAX_REPEATED).collect()
}
