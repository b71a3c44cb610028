//! `/oauth/`: revocation (RFC 7009) and introspection (RFC 7662) of tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use verifier_core::VerifiedToken;

use super::done::Done;
use crate::http::error::{ApiError, OAuthError};
use crate::http::extract::{IntrospectionClient, TokenForm};
use crate::http::openapi::responses::{NotFound, OAuthBadRequest, OAuthUnauthorized};
use crate::http::state::Issuer;
use crate::model::{TokenType, User};
use crate::sessions::SessionError;

/// Revoke a token (RFC 7009)
///
/// Ends the session of an access or refresh token, and revokes all its tokens. The token is the
/// credential: no client authenticates. An invalid token gets the same response. An access token of
/// another system belongs to no session, and gets `unsupported_token_type`.
#[utoipa::path(
    post, operation_id = "oauth_revoke", path = "/oauth/revoke", tag = "oauth",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token is not valid any more", body = Done),
        (status = 400, response = OAuthBadRequest),
    )
)]
pub(in crate::http) async fn revoke(
    State(issuer): State<Arc<Issuer>>,
    TokenForm { token, .. }: TokenForm,
) -> Result<Json<Done>, ApiError> {
    // The client's purpose is reached for an invalid token too (RFC 7009 section 2.2).
    let Ok(token) = issuer.checker.any(token.as_bytes(), issuer.clock.now()) else {
        return Ok(Json(Done {}));
    };
    if token.token_type == TokenType::Access && token.session.is_none() {
        let is_live = issuer.sessions.is_live(&token).await?;
        return if is_live {
            Err(OAuthError::UnsupportedTokenType.into())
        } else {
            Ok(Json(Done {}))
        };
    }
    match issuer.sessions.end(&token).await {
        Ok(()) => tracing::info!(user_id = token.user_id, "logged out"),
        Err(
            SessionError::Ended
            | SessionError::Reused
            | SessionError::Expired
            | SessionError::Undated
            | SessionError::NoActiveUser,
        ) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Json(Done {}))
}

/// The description of an access token (RFC 7662 section 2.2); `active` alone if it is not valid.
#[derive(Default, Serialize, ToSchema)]
pub(in crate::http) struct Introspection {
    /// Whether the token is a valid access token of a live session and an active user.
    active: bool,
    /// `Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    iss: Option<String>,
    /// The id of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Audience>, nullable = false)]
    aud: Option<Value>,
    /// The name of the user now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    iat: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    nbf: Option<u64>,
}

/// The schema of `aud`: a string, or an array of strings.
struct Audience;

impl PartialSchema for Audience {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        OneOfBuilder::new().item(text()).item(ArrayBuilder::new().items(text())).into()
    }
}

impl ToSchema for Audience {}

impl Introspection {
    fn of(token: &VerifiedToken, user: User) -> Self {
        let text = |name| Some(token.claim(name)?.as_str()?.into_owned());
        Self {
            active: true,
            token_type: Some("Bearer"),
            iss: text("iss"),
            sub: Some(user.id.to_string()),
            aud: token.claim("aud").and_then(|aud| serde_json::from_str(aud.raw()).ok()),
            username: Some(user.username),
            client_id: text("client_id"),
            jti: text("jti"),
            exp: Some(token.expires_at().as_secs()),
            iat: token.issued_at().map(|iat| iat.as_secs()),
            nbf: token.not_before().map(|nbf| nbf.as_secs()),
        }
    }
}

/// Introspect a token (RFC 7662)
///
/// For services that cannot verify tokens. They authenticate with HTTP Basic. A refresh
/// token is not active: it grants nothing at a service. 404 unless services are configured.
#[utoipa::path(
    post, operation_id = "oauth_introspect", path = "/oauth/introspect", tag = "oauth",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Whether the token is active", body = Introspection),
        (status = 400, response = OAuthBadRequest),
        (status = 401, response = OAuthUnauthorized),
        (status = 404, response = NotFound),
    )
)]
pub(in crate::http) async fn introspect(
    State(issuer): State<Arc<Issuer>>,
    _: IntrospectionClient,
    TokenForm { token, .. }: TokenForm,
) -> Result<Response, ApiError> {
    let inactive = || Json(Introspection::default()).into_response();
    let Ok((subject, token)) = issuer.checker.access_claims(token.as_bytes(), issuer.clock.now())
    else {
        return Ok(inactive());
    };
    let Some(id) = subject.user_id else { return Ok(inactive()) };
    Ok(match issuer.sessions.user(id, &subject).await? {
        Some((user, true)) if user.is_active => {
            Json(Introspection::of(&token, user)).into_response()
        }
        _ => inactive(),
    })
}
