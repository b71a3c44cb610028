//! Every error answer, with the status, texts and shape that Django REST framework and SimpleJWT
//! give.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::sessions::SessionError;
use crate::storage::{ChangeError, InsertError, StorageError};
use crate::token::{IssueError, TokenRefusal};
use crate::users::{Busy, HashingError, InvalidField, InvalidRecord};

/// Characters of a method that are said back.
const MAX_METHOD: usize = 40;
/// Characters of a query parameter's name that are said back.
const MAX_PARAMETER: usize = 40;

/// An error answer.
#[derive(Debug)]
pub enum ApiError {
    /// 400: fields that are missing or wrong, each with its text; all of them at once.
    Fields(Vec<(&'static str, &'static str)>),
    /// 400: the body is JSON, but this instead of an object, in Python's words.
    NotADictionary(&'static str),
    /// 400: the body is `null`.
    NoData,
    /// 400: the body cannot be parsed; why.
    Parse(String),
    /// 408: the body did not arrive in time.
    BodyTimeout,
    /// 413: the body is larger than this many bytes.
    BodyTooLarge(usize),
    /// 415: a content type that is not read, as sent.
    UnsupportedMediaType(String),
    /// 404.
    NotFound,
    /// 404: a list has no such page.
    InvalidPage,
    /// 400: a query parameter that is not known.
    UnknownParameter(String),
    /// 400: the `Host` of an HTTP/1.1 request is missing, there twice, or none (RFC 9112 section
    /// 3.2).
    BadHost,
    /// 409: no active administrator would be left.
    LastAdministrator,
    /// 431: a request head of more bytes than this.
    HeadTooLarge(usize),
    /// 405; axum adds `Allow`.
    MethodNotAllowed(Method),
    /// 401: wrong password, unknown or inactive user; which of them is not said.
    BadCredentials,
    /// 401: the token in a body field is refused.
    Token(TokenRefusal),
    /// 401: the user of a good refresh token is inactive or gone.
    NoActiveAccountForToken,
    /// 401: no bearer credentials.
    NotAuthenticated,
    /// 401: the `Authorization` header is not scheme and token, or came twice.
    BadAuthorizationHeader,
    /// 401: the bearer token is refused.
    BearerToken(TokenRefusal),
    /// 401: a good token that names no user.
    NoUserIdentification,
    /// 401: a good token whose user is gone.
    UserNotFound,
    /// 401: a good token whose user is inactive.
    UserInactive,
    /// 403: only administrators may.
    Forbidden,
    /// 429: too many tries; more are taken after so many seconds.
    Throttled(u64),
    /// 501: a status list as it was at another time.
    NoHistory,
    /// 503: more logins at once than the machine may work on.
    Busy,
    /// 503: the database or the signer failed; the log says how.
    Unavailable,
}

impl ApiError {
    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Fields(_) | Self::NotADictionary(_) | Self::NoData | Self::Parse(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::UnknownParameter(_) | Self::BadHost => StatusCode::BAD_REQUEST,
            Self::LastAdministrator => StatusCode::CONFLICT,
            Self::HeadTooLarge(_) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound | Self::InvalidPage => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadCredentials
            | Self::Token(_)
            | Self::NoActiveAccountForToken
            | Self::NotAuthenticated
            | Self::BadAuthorizationHeader
            | Self::BearerToken(_)
            | Self::NoUserIdentification
            | Self::UserNotFound
            | Self::UserInactive => StatusCode::UNAUTHORIZED,
            Self::NoHistory => StatusCode::NOT_IMPLEMENTED,
            Self::Busy | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn body(&self) -> Body {
        let detail = |text: &str| Problem { detail: text.into(), ..Problem::default() };
        let coded = |text: &str, code| Problem { code: Some(code), ..detail(text) };
        let problem = match self {
            Self::Fields(faults) => {
                return Body::Faults(Faults(
                    faults.iter().map(|(field, text)| (*field, vec![(*text).into()])).collect(),
                ));
            }
            Self::NotADictionary(found) => {
                return Body::no_object(format!(
                    "Invalid data. Expected a dictionary, but got {found}."
                ));
            }
            Self::NoData => return Body::no_object("No data provided".into()),
            Self::Parse(text) => detail(text),
            Self::BodyTimeout => detail("The request body did not arrive in time."),
            Self::BodyTooLarge(limit) => {
                detail(&format!("The request body is larger than {limit} bytes."))
            }
            Self::UnsupportedMediaType(sent) => {
                detail(&format!("Unsupported media type \"{sent}\" in request."))
            }
            Self::NotFound => detail("Not found."),
            // A client may make up one of any length.
            Self::MethodNotAllowed(method) => {
                let method: String = method.as_str().chars().take(MAX_METHOD).collect();
                detail(&format!("Method \"{method}\" not allowed."))
            }
            Self::BadCredentials => detail("No active account found with the given credentials"),
            Self::Token(refusal) => Problem {
                reason: Some(refusal.reason),
                ..coded(refusal.message, "token_not_valid")
            },
            Self::NoActiveAccountForToken => detail("No active account found for the given token."),
            Self::NotAuthenticated => detail("Authentication credentials were not provided."),
            Self::BadAuthorizationHeader => coded(
                "Authorization header must contain two space-delimited values",
                "bad_authorization_header",
            ),
            Self::BearerToken(refusal) => Problem {
                reason: Some(refusal.reason),
                messages: Some([TokenMessage {
                    token_class: "AccessToken",
                    token_type: "access",
                    message: refusal.message,
                }]),
                ..coded("Given token not valid for any token type", "token_not_valid")
            },
            Self::NoUserIdentification => {
                coded("Token contained no recognizable user identification", "token_not_valid")
            }
            Self::UserNotFound => coded("User not found", "user_not_found"),
            Self::UserInactive => coded("User is inactive", "user_inactive"),
            Self::InvalidPage => detail("Invalid page."),
            Self::UnknownParameter(name) => {
                let name: String = name.chars().take(MAX_PARAMETER).collect();
                coded(&format!("Unknown query parameter \"{name}\"."), "unknown_parameter")
            }
            Self::BadHost => coded("Exactly one valid Host header is required.", "bad_host"),
            Self::LastAdministrator => coded(
                "This is the last active administrator. Make another one first.",
                "last_administrator",
            ),
            Self::HeadTooLarge(limit) => {
                coded(&format!("The request head is larger than {limit} bytes."), "head_too_large")
            }
            Self::Forbidden => {
                coded("You do not have permission to perform this action.", "permission_denied")
            }
            Self::Throttled(seconds) => {
                let plural = if *seconds == 1 { "" } else { "s" };
                let text = format!(
                    "Request was throttled. Expected available in {seconds} second{plural}."
                );
                coded(&text, "throttled")
            }
            Self::NoHistory => {
                coded("Status lists of other times are not kept.", "not_implemented")
            }
            Self::Busy => {
                coded("Too many logins are being checked. Try again in 1 second.", "busy")
            }
            Self::Unavailable => {
                coded("Service temporarily unavailable, try again later.", "service_unavailable")
            }
        };
        Body::Problem(problem)
    }
}

/// The body of an error, as it is sent and as the OpenAPI document describes it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Error)]
pub(super) enum Body {
    Problem(Problem),
    Faults(Faults),
}

impl Body {
    fn no_object(text: String) -> Self {
        Self::Faults(Faults(BTreeMap::from([("non_field_errors", vec![text])])))
    }
}

/// What went wrong.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct Problem {
    /// In the words of REST framework and SimpleJWT.
    detail: String,
    /// For programs, like `token_not_valid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    code: Option<&'static str>,
    /// Why a token was refused, like `token_expired`: a code of the verifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    reason: Option<&'static str>,
    /// Why a token was refused, as SimpleJWT says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<TokenMessage>>, nullable = false)]
    messages: Option<[TokenMessage; 1]>,
}

/// Why a kind of token was refused.
#[derive(Serialize, ToSchema)]
pub(super) struct TokenMessage {
    #[schema(value_type = String)]
    token_class: &'static str,
    #[schema(value_type = String)]
    token_type: &'static str,
    #[schema(value_type = String)]
    message: &'static str,
}

/// What is wrong with each field; `non_field_errors`: with the body as a whole.
#[derive(Serialize, ToSchema)]
#[schema(value_type = BTreeMap<String, Vec<String>>)]
pub(super) struct Faults(BTreeMap<&'static str, Vec<String>>);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(self.body())).into_response();
        match self.status() {
            StatusCode::UNAUTHORIZED => {
                response
                    .headers_mut()
                    .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"api\""));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                let seconds = if let Self::Throttled(seconds) = self { seconds } else { 1 };
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "the storage failed");
        Self::Unavailable
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Ended | SessionError::Reused => Self::Token(TokenRefusal::REVOKED),
            SessionError::Expired => Self::Token(TokenRefusal::EXPIRED),
            SessionError::Undated => Self::Token(TokenRefusal::UNDATED),
            // The log says why.
            SessionError::KeyEnded => Self::Unavailable,
            SessionError::NoActiveUser => Self::NoActiveAccountForToken,
            SessionError::Storage(error) => error.into(),
            SessionError::Issue(error) => error.into(),
        }
    }
}

impl From<IssueError> for ApiError {
    fn from(error: IssueError) -> Self {
        tracing::error!(%error, "no token could be made");
        Self::Unavailable
    }
}

impl From<InvalidField> for ApiError {
    fn from(error: InvalidField) -> Self {
        Self::Fields(vec![(error.field, error.rule)])
    }
}

impl From<InvalidRecord> for ApiError {
    fn from(error: InvalidRecord) -> Self {
        Self::Fields(error.fields().iter().map(|invalid| (invalid.field, invalid.rule)).collect())
    }
}

impl From<InsertError> for ApiError {
    fn from(error: InsertError) -> Self {
        match error {
            InsertError::NameTaken => {
                Self::Fields(vec![("username", "A user with that username already exists.")])
            }
            InsertError::Storage(error) => error.into(),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::LastAdministrator => Self::LastAdministrator,
            ChangeError::Storage(error) => error.into(),
        }
    }
}

impl From<HashingError> for ApiError {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy(busy) => busy.into(),
            error => {
                tracing::error!(%error, "a password could not be hashed");
                Self::Unavailable
            }
        }
    }
}

impl From<Busy> for ApiError {
    fn from(_: Busy) -> Self {
        tracing::warn!("a login was turned away: too many passwords are waiting to be checked");
        Self::Busy
    }
}
