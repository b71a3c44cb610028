//! `/api/token/`: login, refresh, verify, logout.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::answers::{Throttled, Unauthorized};
use super::bearer::authenticated;
use super::body::{Fields, FromFields, Whitespace, read};
use super::{ApiError, Issuer};
use crate::metrics::{LoginOutcome, RefreshOutcome};
use crate::sessions::{SessionError, TokenPair};
use crate::token::TokenRefusal;
use crate::users::{PasswordCheck, User, UserView, normalised_username};

#[derive(ToSchema)]
struct Credentials {
    /// White space around it does not count.
    #[schema(value_type = String, min_length = 1, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "testuser")]
    username: Zeroizing<String>,
    /// White space in it and around it counts.
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
struct RefreshToken {
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
struct AnyToken {
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
    /// Opens resources.
    access: String,
    /// Gets new access tokens.
    refresh: String,
    user: UserView<'a>,
}

#[derive(Serialize, ToSchema)]
struct Refreshed {
    /// Opens resources.
    access: String,
    /// The successor of the refresh token, when the issuer rotates them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh: Option<String>,
}

/// An empty object.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {}

/// Log in
///
/// User name and password for a pair of tokens. Unknown users, inactive users and wrong passwords
/// get the same answer.
#[utoipa::path(
    post, path = "/api/token/", tag = "tokens", request_body = Credentials,
    responses(
        (status = 200, description = "The tokens and their user", body = Login<'_>),
        (status = 401, response = Unauthorized),
        (status = 429, response = Throttled),
    )
)]
pub(super) async fn obtain(
    State(issuer): State<Arc<Issuer>>,
    request: Request,
) -> Result<Response, ApiError> {
    let answer = log_in(&issuer, request).await;
    issuer.metrics.login(match &answer {
        Ok(_) => LoginOutcome::Success,
        Err(ApiError::BadCredentials | ApiError::NoActiveAccountForToken) => LoginOutcome::Refused,
        Err(ApiError::Throttled(_)) => LoginOutcome::Throttled,
        Err(ApiError::Busy) => LoginOutcome::Busy,
        Err(error) if error.status().is_client_error() => LoginOutcome::Malformed,
        Err(_) => LoginOutcome::Failed,
    });
    answer
}

async fn log_in(issuer: &Issuer, request: Request) -> Result<Response, ApiError> {
    let client = issuer.throttle.client(&request);
    // What names no user or no password tries none.
    let Credentials { username, password } = read(request).await?;
    issuer.throttle.try_address(client)?;
    let username = normalised_username(&username);
    let attempt = issuer.throttle.try_name(client, &username)?;
    let user = issuer.storage.user_by_name(&username).await?;
    // Always one hash, also for nobody: the time must not tell who exists. Being inactive counts
    // only after it.
    let found = issuer
        .passwords
        .verify(password.clone(), user.as_ref().map(|user| &user.password_hash))
        .await?;
    let mut user = user
        .filter(|user| found != PasswordCheck::Wrong && user.is_active)
        .ok_or(ApiError::BadCredentials)?;
    attempt.was_right();
    if found == PasswordCheck::CorrectNeedsRehash {
        user = with_hash_of_ours(issuer, user, password).await?;
    }
    let mut begun = issuer.sessions.begin(&user).await;
    if found == PasswordCheck::CorrectNeedsRehash
        && matches!(begun, Err(SessionError::NoActiveUser))
    {
        user = trusted_still(issuer, user).await?;
        begun = issuer.sessions.begin(&user).await;
    }
    let TokenPair { access, refresh } = begun.map_err(|error| match error {
        // What was right when the password was compared is not any more.
        SessionError::NoActiveUser => ApiError::BadCredentials,
        error => error.into(),
    })?;
    tracing::info!(user_id = user.id, "logged in");
    Ok(Json(Login { access, refresh, user: user.view() }).into_response())
}

/// Replaces a hash of Django's. A login does not fail because the machine is too busy to hash once
/// more; the next one will do it.
async fn with_hash_of_ours(
    issuer: &Issuer,
    user: User,
    password: Zeroizing<String>,
) -> Result<User, ApiError> {
    let hash = match issuer.passwords.hash(password).await {
        Ok(hash) => hash,
        Err(error) => {
            tracing::warn!(user_id = user.id, %error, "a hash of Django's stays for now");
            return Ok(user);
        }
    };
    if issuer.storage.replace_hash(user.id, &user.password_hash, &hash).await? {
        tracing::info!(user_id = user.id, "replaced a hash of Django's by argon2id");
        return Ok(User { password_hash: hash, ..user });
    }
    trusted_still(issuer, user).await
}

/// The record as another login has left it, which replaced the hash; a new password would have
/// ended the sessions.
async fn trusted_still(issuer: &Issuer, user: User) -> Result<User, ApiError> {
    let now = issuer.storage.user_by_id(user.id).await?;
    now.filter(|now| now.is_active && now.sessions_ended_at == user.sessions_ended_at)
        .ok_or(ApiError::BadCredentials)
}

/// Refresh
///
/// A refresh token for a new access token, with the user's claims as they are now.
#[utoipa::path(
    post, path = "/api/token/refresh/", tag = "tokens", request_body = RefreshToken,
    responses(
        (status = 200, description = "New tokens", body = Refreshed),
        (status = 401, response = Unauthorized),
    )
)]
pub(super) async fn refresh(
    State(issuer): State<Arc<Issuer>>,
    request: Request,
) -> Result<Response, ApiError> {
    let RefreshToken { refresh } =
        read(request).await.inspect_err(|_| issuer.metrics.refresh(RefreshOutcome::Malformed))?;
    let subject =
        issuer.checker.refresh(refresh.as_bytes(), issuer.clock.now()).map_err(|refusal| {
            issuer.metrics.refresh(RefreshOutcome::Refused);
            ApiError::Token(refusal)
        })?;
    let refreshed = issuer.sessions.refresh(&subject).await;
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
    Ok(Json(Refreshed { access, refresh }).into_response())
}

/// Verify
///
/// Whether a token, of either type, is good: signed by this issuer, not expired, not revoked.
#[utoipa::path(
    post, path = "/api/token/verify/", tag = "tokens", request_body = AnyToken,
    responses(
        (status = 200, description = "It is good", body = Done),
        (status = 401, response = Unauthorized),
    )
)]
pub(super) async fn verify(
    State(issuer): State<Arc<Issuer>>,
    request: Request,
) -> Result<Response, ApiError> {
    let AnyToken { token } = read(request).await?;
    let subject =
        issuer.checker.any(token.as_bytes(), issuer.clock.now()).map_err(ApiError::Token)?;
    if !issuer.sessions.is_live(&subject).await? {
        return Err(ApiError::Token(TokenRefusal::REVOKED));
    }
    Ok(Json(Done {}).into_response())
}

/// Log out
///
/// Ends the session of a refresh token, with all its tokens.
#[utoipa::path(
    post, path = "/api/token/blacklist/", tag = "tokens", request_body = RefreshToken,
    responses(
        (status = 200, description = "The session has ended", body = Done),
        (status = 401, response = Unauthorized),
    )
)]
pub(super) async fn blacklist(
    State(issuer): State<Arc<Issuer>>,
    request: Request,
) -> Result<Response, ApiError> {
    let RefreshToken { refresh } = read(request).await?;
    let subject =
        issuer.checker.refresh(refresh.as_bytes(), issuer.clock.now()).map_err(ApiError::Token)?;
    issuer.sessions.end(&subject).await?;
    tracing::info!(user_id = subject.user_id, "logged out");
    Ok(Json(Done {}).into_response())
}

/// Log out everywhere
///
/// Ends all sessions of the user of an access token.
#[utoipa::path(
    post, path = "/api/token/blacklist/all/", tag = "tokens", security(("bearer" = [])),
    responses((status = 200, description = "The sessions have ended", body = Done))
)]
pub(super) async fn blacklist_all(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (user, _) = authenticated(&issuer, &headers).await?;
    let sessions = issuer.sessions.end_all(user.id, None).await?;
    tracing::info!(user_id = user.id, sessions, "logged out everywhere");
    Ok(Json(Done {}).into_response())
}
