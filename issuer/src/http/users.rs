//! `/api/users/me/`: the user behind a token.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::bearer::authenticated;
use super::body::{Fields, Whitespace};
use super::{ApiError, Issuer};
use crate::users::{InvalidUser, Match, check_password};

/// `GET /api/users/me/`.
pub(super) async fn me(State(issuer): State<Arc<Issuer>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let (user, _) = authenticated(&issuer, &headers).await?;
    Ok(Json(user.view()).into_response())
}

/// `POST /api/users/me/password/`: a new password, for who knows the old one. The user's other sessions end.
pub(super) async fn set_password(State(issuer): State<Arc<Issuer>>, request: Request) -> Result<Response, ApiError> {
    let (user, token) = authenticated(&issuer, request.headers()).await?;
    let mut fields = Fields::read(request).await?;
    let old = fields.text("old_password", Whitespace::Kept);
    let new = fields.text("new_password", Whitespace::Kept);
    fields.finish()?;
    check_password(&new).map_err(|InvalidUser { rule, .. }| ApiError::Fields(vec![("new_password", rule)]))?;

    issuer.throttle.try_name(&user.username)?;
    if issuer.passwords.verify(old, Some(&user.password_hash)).await? == Match::Wrong {
        return Err(ApiError::Fields(vec![("old_password", "This is not your password.")]));
    }
    let hash = issuer.passwords.hash(new).await?;
    let now = issuer.clock.now().timestamp();
    if !issuer.storage.set_password(user.id, &hash, token.session.as_deref(), now).await? {
        return Err(ApiError::UserNotFound);
    }
    issuer.sessions.publish_revocations().await;
    tracing::info!(user_id = user.id, "changed the password");
    Ok(Json(json!({})).into_response())
}
