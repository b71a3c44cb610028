//! `/api/token/`: login, refresh, verification and logout.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::done::Done;
use crate::http::error::ApiError;
use crate::http::extract::{Bearer, Body, ClientAddress, Fields, FromFields, Whitespace};
use crate::http::openapi::responses::{Throttled, Unauthorized};
use crate::http::state::Issuer;
use crate::metrics::{LoginOutcome, RefreshOutcome};
use crate::sessions::{SessionError, TokenPair};
use crate::token::TokenRefusal;
use crate::users::{PasswordCheck, User, UserView, normalised_username};

#[derive(ToSchema)]
pub(in crate::http) struct Credentials {
    /// Surrounding white space is ignored.
    #[schema(
        value_type = String, min_length = 1, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "testuser"
    )]
    username: Zeroizing<String>,
    /// Used as it is, white space included.
    #[schema(value_type = String, min_length = 1, pattern = r"^[^\x00]+$", format = Password)]
    password: Zeroizing<String>,
}

impl FromFields for Credentials {
    fn take(fields: &mut Fields) -> Self {
        Self {
            username: fields.text("username", Whitespace::Stripped),
            password: fields.text("password", Whitespace::Kept),
        }
    }
}

#[derive(ToSchema)]
pub(in crate::http) struct RefreshToken {
    /// A refresh token.
    #[schema(value_type = String, min_length = 1, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$")]
    refresh: Zeroizing<String>,
}

impl FromFields for RefreshToken {
    fn take(fields: &mut Fields) -> Self {
        Self { refresh: fields.text("refresh", Whitespace::Stripped) }
    }
}

#[derive(ToSchema)]
pub(in crate::http) struct AnyToken {
    /// An access or refresh token.
    #[schema(value_type = String, min_length = 1, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$")]
    token: Zeroizing<String>,
}

impl FromFields for AnyToken {
    fn take(fields: &mut Fields) -> Self {
        Self { token: fields.text("token", Whitespace::Stripped) }
    }
}

#[derive(Serialize, ToSchema)]
struct Login<'a> {
    /// Grants access to resources.
    access: String,
    /// Obtains new access tokens.
    refresh: String,
    user: UserView<'a>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Refreshed {
    /// Grants access to resources.
    access: String,
    /// The next refresh token, when the issuer rotates them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh: Option<String>,
}

/// Log in
///
/// Exchanges a user name and a password for a pair of tokens. Unknown users, inactive users and
/// wrong passwords get the same response.
#[utoipa::path(
    post, path = "/api/token/", tag = "tokens", request_body = Credentials,
    responses(
        (status = 200, description = "The tokens and their user", body = Login<'_>),
        (status = 401, response = Unauthorized),
        (status = 429, response = Throttled),
    )
)]
pub(in crate::http) async fn obtain(
    State(issuer): State<Arc<Issuer>>,
    ClientAddress(client): ClientAddress,
    body: Result<Body<Credentials>, ApiError>,
) -> Result<Response, ApiError> {
    let result = match body {
        Ok(Body(credentials)) => log_in(&issuer, client, credentials).await,
        Err(error) => Err(error),
    };
    issuer.metrics.login(match &result {
        Ok(_) => LoginOutcome::Success,
        Err(ApiError::BadCredentials | ApiError::NoActiveAccountForToken) => LoginOutcome::Refused,
        Err(ApiError::Throttled(_)) => LoginOutcome::Throttled,
        Err(ApiError::Busy) => LoginOutcome::Busy,
        Err(error) if error.status().is_client_error() => LoginOutcome::Malformed,
        Err(_) => LoginOutcome::Failed,
    });
    result
}

async fn log_in(
    issuer: &Issuer,
    client: Option<IpAddr>,
    Credentials { username, password }: Credentials,
) -> Result<Response, ApiError> {
    issuer.throttle.try_address(client)?;
    let username = normalised_username(&username);
    let attempt = issuer.throttle.try_name(client, &username)?;
    let user = issuer.storage.user_by_name(&username).await?;
    // Always one hash, also for an unknown or inactive user: the time must not reveal which names
    // exist.
    let found = issuer
        .passwords
        .verify(password.clone(), user.as_ref().map(|user| &user.password_hash))
        .await?;
    let mut user = user
        .filter(|user| found != PasswordCheck::Wrong && user.is_active)
        .ok_or(ApiError::BadCredentials)?;
    attempt.succeeded();
    if found == PasswordCheck::CorrectNeedsRehash {
        user = rehashed(issuer, user, password).await?;
    }
    let mut session = issuer.sessions.begin(&user).await;
    if found == PasswordCheck::CorrectNeedsRehash
        && matches!(session, Err(SessionError::NoActiveUser))
    {
        user = still_trusted(issuer, user).await?;
        session = issuer.sessions.begin(&user).await;
    }
    let TokenPair { access, refresh } = session.map_err(|error| match error {
        // The user changed after the password was compared.
        SessionError::NoActiveUser => ApiError::BadCredentials,
        error => error.into(),
    })?;
    tracing::info!(user_id = user.id, "logged in");
    Ok(Json(Login { access, refresh, user: user.view() }).into_response())
}

/// Replaces a Django hash by an argon2id hash. A full queue for hashes does not fail the login:
/// the next login tries again.
async fn rehashed(
    issuer: &Issuer,
    user: User,
    password: Zeroizing<String>,
) -> Result<User, ApiError> {
    let hash = match issuer.passwords.hash(password).await {
        Ok(hash) => hash,
        Err(error) => {
            tracing::warn!(user_id = user.id, %error, "kept a Django password hash");
            return Ok(user);
        }
    };
    if issuer.storage.replace_hash(user.id, &user.password_hash, &hash).await? {
        tracing::info!(user_id = user.id, "replaced a Django password hash by argon2id");
        return Ok(User { password_hash: hash, ..user });
    }
    still_trusted(issuer, user).await
}

/// Reads the record again after a concurrent login replaced the hash. A new password would have
/// ended the sessions.
async fn still_trusted(issuer: &Issuer, user: User) -> Result<User, ApiError> {
    let now = issuer.storage.user_by_id(user.id).await?;
    now.filter(|now| now.is_active && now.sessions_ended_at == user.sessions_ended_at)
        .ok_or(ApiError::BadCredentials)
}

/// Refresh
///
/// Exchanges a refresh token for a new access token, with the user's current claims.
#[utoipa::path(
    post, path = "/api/token/refresh/", tag = "tokens", request_body = RefreshToken,
    responses(
        (status = 200, description = "New tokens", body = Refreshed),
        (status = 401, response = Unauthorized),
    )
)]
pub(in crate::http) async fn refresh(
    State(issuer): State<Arc<Issuer>>,
    body: Result<Body<RefreshToken>, ApiError>,
) -> Result<Json<Refreshed>, ApiError> {
    let Body(RefreshToken { refresh }) =
        body.inspect_err(|_| issuer.metrics.refresh(RefreshOutcome::Malformed))?;
    let token =
        issuer.checker.refresh(refresh.as_bytes(), issuer.clock.now()).map_err(|refusal| {
            issuer.metrics.refresh(RefreshOutcome::Refused);
            ApiError::Token(refusal)
        })?;
    let refreshed = issuer.sessions.refresh(&token).await;
    issuer.metrics.refresh(match &refreshed {
        Ok(_) => RefreshOutcome::Success,
        Err(SessionError::Ended) => RefreshOutcome::Ended,
        Err(SessionError::Expired | SessionError::Undated) => RefreshOutcome::Refused,
        Err(SessionError::Reused) => RefreshOutcome::Reused,
        Err(SessionError::NoActiveUser) => RefreshOutcome::NoActiveUser,
        Err(SessionError::KeyEnded | SessionError::Storage(_) | SessionError::Issue(_)) => {
            RefreshOutcome::Failed
        }
    });
    let crate::sessions::Refreshed { access, refresh } = refreshed?;
    Ok(Json(Refreshed { access, refresh }))
}

/// Verify
///
/// Verifies a token of either type: signed by this issuer, not expired, not revoked.
#[utoipa::path(
    post, path = "/api/token/verify/", tag = "tokens", request_body = AnyToken,
    responses(
        (status = 200, description = "The token is valid", body = Done),
        (status = 401, response = Unauthorized),
    )
)]
pub(in crate::http) async fn verify(
    State(issuer): State<Arc<Issuer>>,
    Body(AnyToken { token }): Body<AnyToken>,
) -> Result<Json<Done>, ApiError> {
    let token =
        issuer.checker.any(token.as_bytes(), issuer.clock.now()).map_err(ApiError::Token)?;
    if !issuer.sessions.is_live(&token).await? {
        return Err(ApiError::Token(TokenRefusal::REVOKED));
    }
    Ok(Json(Done {}))
}

/// Log out
///
/// Ends the session of a refresh token, and revokes all its tokens.
#[utoipa::path(
    post, path = "/api/token/blacklist/", tag = "tokens", request_body = RefreshToken,
    responses(
        (status = 200, description = "The session has ended", body = Done),
        (status = 401, response = Unauthorized),
    )
)]
pub(in crate::http) async fn blacklist(
    State(issuer): State<Arc<Issuer>>,
    Body(RefreshToken { refresh }): Body<RefreshToken>,
) -> Result<Json<Done>, ApiError> {
    let token =
        issuer.checker.refresh(refresh.as_bytes(), issuer.clock.now()).map_err(ApiError::Token)?;
    issuer.sessions.end(&token).await?;
    tracing::info!(user_id = token.user_id, "logged out");
    Ok(Json(Done {}))
}

/// Log out everywhere
///
/// Ends all sessions of the user of the access token.
#[utoipa::path(
    post, path = "/api/token/blacklist/all/", tag = "tokens",
    responses((status = 200, description = "The sessions have ended", body = Done))
)]
pub(in crate::http) async fn blacklist_all(
    State(issuer): State<Arc<Issuer>>,
    Bearer { user, .. }: Bearer,
) -> Result<Json<Done>, ApiError> {
    let sessions = issuer.sessions.end_all(user.id, None).await?;
    tracing::info!(user_id = user.id, sessions, "logged out everywhere");
    Ok(Json(Done {}))
}
