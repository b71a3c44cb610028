//! Errors of OAuth endpoints.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// An error of an OAuth endpoint (RFC 6749 section 5.2, RFC 7009 section 2.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum OAuthError {
    /// 400: the request is malformed; says why.
    InvalidRequest(&'static str),
    /// 401: the client is unknown, or its secret is wrong.
    InvalidClient,
    /// 400: the token belongs to no session, so that it cannot be revoked.
    UnsupportedTokenType,
}

/// The body of an error response of an OAuth endpoint.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct OAuthProblem {
    /// For programs, like `invalid_request`.
    #[schema(value_type = String)]
    error: &'static str,
    /// For people.
    #[schema(value_type = String)]
    error_description: &'static str,
}

impl OAuthError {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest(_) | Self::UnsupportedTokenType => StatusCode::BAD_REQUEST,
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
        }
    }
}

impl From<OAuthError> for OAuthProblem {
    fn from(error: OAuthError) -> Self {
        let (error, error_description) = match error {
            OAuthError::InvalidRequest(reason) => ("invalid_request", reason),
            OAuthError::InvalidClient => (
                "invalid_client",
                "Authenticate by HTTP Basic: the name or the secret is missing or wrong.",
            ),
            OAuthError::UnsupportedTokenType => (
                "unsupported_token_type",
                "This access token belongs to no session. Revoke the refresh token.",
            ),
        };
        Self { error, error_description }
    }
}
