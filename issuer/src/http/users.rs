//! `/api/users/me/`: the user behind a token.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::answers::Throttled;
use super::bearer::authenticated;
use super::body::{Fields, FromFields, Whitespace, read};
use super::token::Done;
use super::{ApiError, Issuer};
use crate::users::{InvalidField, PasswordCheck, UserView, check_password};

#[derive(ToSchema)]
struct PasswordChange {
    #[schema(value_type = String, min_length = 1, pattern = r"^[^\x00]+$", format = Password)]
    old_password: Zeroizing<String>,
    /// 8 characters at least, 1024 bytes at most.
    #[schema(value_type = String, min_length = 8, pattern = r"^[^\x00]+$", format = Password)]
    new_password: Zeroizing<String>,
}

impl FromFields for PasswordChange {
    fn take(fields: &mut Fields) -> Self {
        Self {
            old_password: fields.text("old_password", Whitespace::Kept),
            new_password: fields.text("new_password", Whitespace::Kept),
        }
    }
}

/// Who am I?
///
/// The user of an access token.
#[utoipa::path(
    get, path = "/api/users/me/", tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "The user", body = UserView<'_>))
)]
pub(super) async fn me(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (user, _) = authenticated(&issuer, &headers).await?;
    Ok(Json(user.view()).into_response())
}

/// Change the password
///
/// For who knows the old one. The user's other sessions end.
#[utoipa::path(
    post, operation_id = "change_password", path = "/api/users/me/password/", tag = "account",
    security(("bearer" = [])), request_body = PasswordChange,
    responses(
        (status = 200, description = "The password is changed", body = Done),
        (status = 429, response = Throttled),
    )
)]
pub(super) async fn set_password(
    State(issuer): State<Arc<Issuer>>,
    request: Request,
) -> Result<Response, ApiError> {
    let client = issuer.throttle.client(&request);
    let (user, token) = authenticated(&issuer, request.headers()).await?;
    let PasswordChange { old_password: old, new_password: new } = read(request).await?;
    let checked = check_password(&new, user.password_owner());
    checked.map_err(|InvalidField { rule, .. }| ApiError::Fields(vec![("new_password", rule)]))?;

    issuer.throttle.try_address(client)?;
    let attempt = issuer.throttle.try_name(client, &user.username)?;
    if issuer.passwords.verify(old, Some(&user.password_hash)).await? == PasswordCheck::Wrong {
        return Err(ApiError::Fields(vec![("old_password", "This is not your password.")]));
    }
    attempt.was_right();
    let hash = issuer.passwords.hash(new).await?;
    let now = issuer.clock.now().timestamp();
    let old = Some(&user.password_hash);
    if !issuer.storage.set_password(user.id, old, &hash, token.session.as_deref(), now).await? {
        // Another change was faster, an administrator's perhaps, who must not be overruled by who
        // knew the old one.
        return Err(ApiError::Fields(vec![("old_password", "This is not your password.")]));
    }
    issuer.sessions.publish_revocations().await;
    tracing::info!(user_id = user.id, "changed the password");
    Ok(Json(Done {}).into_response())
}
