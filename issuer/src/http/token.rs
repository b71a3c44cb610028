//! `/api/token/`: login, refresh, verify, logout.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use zeroize::Zeroizing;

use super::bearer::authenticated;
use super::body::{Fields, Whitespace};
use super::{ApiError, Issuer};
use crate::sessions::TokenPair;
use crate::token::TokenRefusal;
use crate::users::{Match, User, UserView, normalised_username};

#[derive(Serialize)]
struct Login<'a> {
    access: String,
    refresh: String,
    user: UserView<'a>,
}

#[derive(Serialize)]
struct Refreshed {
    access: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh: Option<String>,
}

#[derive(Serialize)]
struct Done {}

/// `POST /api/token/`: name and password for a pair of tokens.
pub(super) async fn obtain(State(issuer): State<Arc<Issuer>>, request: Request) -> Result<Response, ApiError> {
    issuer.throttle.try_address(&request)?;
    let mut fields = Fields::read(request).await?;
    let username = fields.text("username", Whitespace::Stripped);
    let password = fields.text("password", Whitespace::Kept);
    fields.finish()?;

    let username = normalised_username(&username);
    issuer.throttle.try_name(&username)?;
    let user = issuer.storage.user_by_name(&username).await?;
    // Always one hash, also for nobody: the time must not tell who exists. Being inactive counts only after it.
    let found = issuer.passwords.verify(password.clone(), user.as_ref().map(|user| &user.password_hash)).await?;
    let user = user.filter(|user| found != Match::Wrong && user.is_active).ok_or(ApiError::BadCredentials)?;
    if found == Match::RightForNow {
        replace_djangos_hash(&issuer, &user, password).await?;
    }
    let TokenPair { access, refresh } = issuer.sessions.begin(&user).await?;
    tracing::info!(user_id = user.id, "logged in");
    Ok(Json(Login { access, refresh, user: user.view() }).into_response())
}

/// A login does not fail because the machine is too busy to hash once more; the next one will do it.
async fn replace_djangos_hash(issuer: &Issuer, user: &User, password: Zeroizing<String>) -> Result<(), ApiError> {
    match issuer.passwords.hash(password).await {
        Ok(hash) => {
            issuer.storage.replace_hash(user.id, &user.password_hash, &hash).await?;
            tracing::info!(user_id = user.id, "replaced a hash of Django's by argon2id");
        }
        Err(error) => tracing::warn!(user_id = user.id, %error, "a hash of Django's stays for now"),
    }
    Ok(())
}

/// `POST /api/token/refresh/`: a refresh token for a new access token.
pub(super) async fn refresh(State(issuer): State<Arc<Issuer>>, request: Request) -> Result<Response, ApiError> {
    let mut fields = Fields::read(request).await?;
    let token = fields.text("refresh", Whitespace::Stripped);
    fields.finish()?;

    let subject = issuer.checker.refresh(token.as_bytes(), issuer.clock.now()).map_err(ApiError::Token)?;
    let refreshed = issuer.sessions.refresh(&subject).await?;
    Ok(Json(Refreshed { access: refreshed.access, refresh: refreshed.refresh }).into_response())
}

/// `POST /api/token/verify/`: whether a token, of either type, is good.
pub(super) async fn verify(State(issuer): State<Arc<Issuer>>, request: Request) -> Result<Response, ApiError> {
    let mut fields = Fields::read(request).await?;
    let token = fields.text("token", Whitespace::Stripped);
    fields.finish()?;

    let subject = issuer.checker.any(token.as_bytes(), issuer.clock.now()).map_err(ApiError::Token)?;
    if !issuer.sessions.is_live(&subject).await? {
        return Err(ApiError::Token(TokenRefusal::REVOKED));
    }
    Ok(Json(Done {}).into_response())
}

/// `POST /api/token/blacklist/`: ends the session of a refresh token.
pub(super) async fn blacklist(State(issuer): State<Arc<Issuer>>, request: Request) -> Result<Response, ApiError> {
    let mut fields = Fields::read(request).await?;
    let token = fields.text("refresh", Whitespace::Stripped);
    fields.finish()?;

    let subject = issuer.checker.refresh(token.as_bytes(), issuer.clock.now()).map_err(ApiError::Token)?;
    issuer.sessions.end(&subject).await?;
    tracing::info!(user_id = subject.user_id, "logged out");
    Ok(Json(Done {}).into_response())
}

/// `POST /api/token/blacklist/all/`: ends all sessions of the user of an access token.
pub(super) async fn blacklist_all(State(issuer): State<Arc<Issuer>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let (user, _) = authenticated(&issuer, &headers).await?;
    let sessions = issuer.sessions.end_all(user.id, None).await?;
    tracing::info!(user_id = user.id, sessions, "logged out everywhere");
    Ok(Json(Done {}).into_response())
}
