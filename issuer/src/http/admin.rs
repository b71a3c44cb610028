//! `/api/users/`: all users, for administrators.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::bearer::authenticated;
use super::body::{Fields, Whitespace};
use super::{ApiError, Issuer};
use crate::users::{ADMIN_ROLE, Changes, Profile, User, check_password};

const DEFAULT_PAGE_SIZE: u32 = 50;
const MAX_PAGE_SIZE: u32 = 200;

/// Which page; pages count from 1.
#[derive(Debug, Deserialize)]
pub(super) struct Paging {
    page: Option<u32>,
    page_size: Option<u32>,
}

/// The record decides who administers, not the token: a role that was taken away is gone at once.
async fn administrator(issuer: &Issuer, headers: &HeaderMap) -> Result<User, ApiError> {
    let (user, _) = authenticated(issuer, headers).await?;
    if user.role == ADMIN_ROLE { Ok(user) } else { Err(ApiError::Forbidden) }
}

/// `GET /api/users/?page=1&page_size=50`: a page, in the form of REST framework's page numbers.
pub(super) async fn list(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
    paging: Result<Query<Paging>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    administrator(&issuer, &headers).await?;
    let Query(Paging { page, page_size }) = paging.map_err(|_| ApiError::InvalidPage)?;
    let (page, size) = (page.unwrap_or(1), page_size.unwrap_or(DEFAULT_PAGE_SIZE).clamp(1, MAX_PAGE_SIZE));
    if page == 0 {
        return Err(ApiError::InvalidPage);
    }
    let offset = i64::from(page - 1) * i64::from(size);
    let (count, users) = issuer.storage.users_page(offset, size).await?;
    if page > 1 && users.is_empty() {
        return Err(ApiError::InvalidPage);
    }
    let link = |page: u32| format!("/api/users/?page={page}&page_size={size}");
    let has_more = offset + i64::from(size) < count;
    let body = json!({
        "count": count,
        "next": has_more.then(|| link(page + 1)),
        "previous": (page > 1).then(|| link(page - 1)),
        "results": users.iter().map(User::admin_view).collect::<Vec<_>>(),
    });
    Ok(Json(body).into_response())
}

/// `POST /api/users/`: a new user.
pub(super) async fn create(State(issuer): State<Arc<Issuer>>, request: Request) -> Result<Response, ApiError> {
    let admin = administrator(&issuer, request.headers()).await?;
    let mut fields = Fields::read(request).await?;
    let mut profile = Profile::new(fields.text("username", Whitespace::Stripped).to_string());
    let password = fields.text("password", Whitespace::Kept);
    let changes = changes(&mut fields);
    fields.finish()?;
    let Changes { email, first_name, last_name, role, premium, is_active } = changes;
    profile.email = email.unwrap_or_default();
    profile.first_name = first_name.unwrap_or_default();
    profile.last_name = last_name.unwrap_or_default();
    profile.role = role.unwrap_or(profile.role);
    profile.premium = premium.unwrap_or(profile.premium);
    let profile = profile.checked()?;
    check_password(&password)?;

    let hash = issuer.passwords.hash(password).await?;
    let mut user = profile.with_password(hash, issuer.clock.now().timestamp());
    user.is_active = is_active.unwrap_or(true);
    let user = issuer.storage.insert_user(&user).await?;
    tracing::info!(by = admin.id, user_id = user.id, "created a user");
    Ok((StatusCode::CREATED, Json(user.admin_view())).into_response())
}

/// `GET /api/users/{id}/`.
pub(super) async fn show(
    State(issuer): State<Arc<Issuer>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    administrator(&issuer, &headers).await?;
    let user = issuer.storage.user_by_id(number(&id)?).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(user.admin_view()).into_response())
}

/// `PATCH /api/users/{id}/`: changes what the body names; username and password are not among it.
pub(super) async fn change(
    State(issuer): State<Arc<Issuer>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let admin = administrator(&issuer, request.headers()).await?;
    let id = number(&id)?;
    let mut fields = Fields::read(request).await?;
    let changes = changes(&mut fields);
    fields.finish()?;

    let now = issuer.clock.now().timestamp();
    let user = issuer.storage.update_user(id, &changes.checked()?, now).await?.ok_or(ApiError::NotFound)?;
    if !user.is_active {
        issuer.sessions.publish_revocations().await;
    }
    tracing::info!(by = admin.id, user_id = id, "changed a user");
    Ok(Json(user.admin_view()).into_response())
}

/// `POST /api/users/{id}/password/`: a new password; all sessions of the user end.
pub(super) async fn set_password(
    State(issuer): State<Arc<Issuer>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let admin = administrator(&issuer, request.headers()).await?;
    let id = number(&id)?;
    let mut fields = Fields::read(request).await?;
    let password = fields.text("password", Whitespace::Kept);
    fields.finish()?;
    check_password(&password)?;

    let hash = issuer.passwords.hash(password).await?;
    if !issuer.storage.set_password(id, &hash, None, issuer.clock.now().timestamp()).await? {
        return Err(ApiError::NotFound);
    }
    issuer.sessions.publish_revocations().await;
    tracing::info!(by = admin.id, user_id = id, "set a password");
    Ok(Json(json!({})).into_response())
}

fn changes(fields: &mut Fields) -> Changes {
    Changes {
        email: fields.optional_text("email"),
        first_name: fields.optional_text("first_name"),
        last_name: fields.optional_text("last_name"),
        role: fields.optional_text("role"),
        premium: fields.optional_flag("premium"),
        is_active: fields.optional_flag("is_active"),
    }
}

fn number(id: &str) -> Result<i64, ApiError> {
    id.parse().map_err(|_| ApiError::NotFound)
}
