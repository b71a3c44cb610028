//! `/api/users/me/`: the user of an access token.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::done::Done;
use crate::http::error::ApiError;
use crate::http::extract::{Bearer, Body, ClientAddress, Fields, FromFields, Whitespace};
use crate::http::openapi::responses::Throttled;
use crate::http::state::Issuer;
use crate::users::{InvalidField, PasswordCheck, UserView, check_password};

#[derive(ToSchema)]
pub(in crate::http) struct PasswordChange {
    #[schema(value_type = String, min_length = 1, pattern = r"^[^\x00]+$", format = Password)]
    old_password: Zeroizing<String>,
    /// At least 8 characters, at most 1024 bytes.
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

/// Show the current user
///
/// The user of the access token.
#[utoipa::path(
    get, path = "/api/users/me/", tag = "account",
    responses((status = 200, description = "The user", body = UserView<'_>))
)]
pub(in crate::http) async fn me(Bearer { user, .. }: Bearer) -> Response {
    Json(user.view()).into_response()
}

/// Change the password
///
/// Requires the old password. The user's other sessions end.
#[utoipa::path(
    post, path = "/api/users/me/password/", tag = "account", request_body = PasswordChange,
    responses(
        (status = 200, description = "The password is changed", body = Done),
        (status = 429, response = Throttled),
    )
)]
pub(in crate::http) async fn change_password(
    State(issuer): State<Arc<Issuer>>,
    ClientAddress(client): ClientAddress,
    Bearer { user, token }: Bearer,
    Body(PasswordChange { old_password, new_password }): Body<PasswordChange>,
) -> Result<Json<Done>, ApiError> {
    check_password(&new_password, user.password_owner())
        .map_err(|InvalidField { rule, .. }| ApiError::Fields(vec![("new_password", rule)]))?;

    issuer.throttle.try_address(client)?;
    let attempt = issuer.throttle.try_name(client, &user.username)?;
    let old_hash = Some(&user.password_hash);
    if issuer.passwords.verify(old_password, old_hash).await? == PasswordCheck::Wrong {
        return Err(wrong_old_password());
    }
    attempt.succeeded();

    let hash = issuer.passwords.hash(new_password).await?;
    let now = issuer.clock.now().timestamp();
    let session = token.session.as_deref();
    if !issuer.storage.set_password(user.id, old_hash, &hash, session, now).await? {
        // The password was changed concurrently, perhaps by an administrator: knowing the old one
        // must not overrule that.
        return Err(wrong_old_password());
    }
    issuer.sessions.publish_revocations().await;
    tracing::info!(user_id = user.id, "changed the password");
    Ok(Json(Done {}))
}

fn wrong_old_password() -> ApiError {
    ApiError::Fields(vec![("old_password", "This is not your password.")])
}
