//! `/api/users/`: all users, for administrators.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zeroize::Zeroizing;

use super::answers::{BadRequest, Conflict, NotFound};
use super::bearer::authenticated;
use super::body::{Fields, Flag, FromFields, Whitespace, read};
use super::host::Origin;
use super::query::only_known_parameters;
use super::token::Done;
use super::{ApiError, Issuer};
use crate::users::{
    ADMIN_ROLE, AdminView, Changes, LastAdministrator, Profile, User, check_password,
};

const DEFAULT_PAGE_SIZE: u32 = 50;
const MAX_PAGE_SIZE: u32 = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// Which page; they count from 1.
    #[param(value_type = Option<u32>, minimum = 1, nullable = false)]
    page: Option<String>,
    /// Users on a page: 50 when not given, 200 at most.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, nullable = false)]
    page_size: Option<String>,
}

impl Paging {
    /// The number of the page and its size.
    fn read(self) -> Result<(u32, u32), ApiError> {
        let page = match self.page {
            Some(page) => {
                page.parse().ok().filter(|page| *page > 0).ok_or(ApiError::InvalidPage)?
            }
            None => 1,
        };
        let size = match self.page_size {
            Some(size) => {
                let rule = "Ensure this value is a number from 1 to 200.";
                let size = size.parse().ok().filter(|size| (1..=MAX_PAGE_SIZE).contains(size));
                size.ok_or_else(|| ApiError::Fields(vec![("page_size", rule)]))?
            }
            None => DEFAULT_PAGE_SIZE,
        };
        Ok((page, size))
    }
}

/// A page of users, in the form of REST framework's page numbers.
#[derive(Serialize, ToSchema)]
struct Page<'a> {
    /// Users on all pages.
    count: i64,
    /// Where the next page is, if there is one.
    next: Option<String>,
    /// Where the page before is, if there is one.
    previous: Option<String>,
    /// By id.
    results: Vec<AdminView<'a>>,
}

/// What of a record an administrator may set; what is left out stays, or gets its default.
#[derive(ToSchema)]
struct Record {
    /// Empty, or like `name@example.com`.
    #[schema(
        max_length = 254,
        pattern = r"^\s*([^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+)?\s*$",
        nullable = false
    )]
    email: Option<String>,
    /// Without control characters, once white space around it is stripped.
    #[schema(
        max_length = 150,
        pattern = r"^[\t-\r \x85]*[^\x00-\x1f\x7f-\x9f]*[\t-\r \x85]*$",
        nullable = false
    )]
    first_name: Option<String>,
    /// As `first_name`.
    #[schema(
        max_length = 150,
        pattern = r"^[\t-\r \x85]*[^\x00-\x1f\x7f-\x9f]*[\t-\r \x85]*$",
        nullable = false
    )]
    last_name: Option<String>,
    /// The claim `role`: letters, digits and `-_.:`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]+$", nullable = false)]
    role: Option<String>,
    /// The claim `premium`.
    #[schema(value_type = Flag, required = false, inline)]
    premium: Option<bool>,
    /// Whether the user may log in.
    #[schema(value_type = Flag, required = false, inline)]
    is_active: Option<bool>,
}

impl FromFields for Record {
    fn take(fields: &mut Fields) -> Self {
        Self {
            email: fields.optional_text("email"),
            first_name: fields.optional_text("first_name"),
            last_name: fields.optional_text("last_name"),
            role: fields.optional_text("role"),
            premium: fields.optional_flag("premium"),
            is_active: fields.optional_flag("is_active"),
        }
    }
}

impl From<Record> for Changes {
    fn from(record: Record) -> Self {
        let Record { email, first_name, last_name, role, premium, is_active } = record;
        Self { email, first_name, last_name, role, premium, is_active, ..Self::default() }
    }
}

#[derive(ToSchema)]
struct NewRecord {
    /// Letters, digits and `@.+-_`.
    #[schema(value_type = String, min_length = 1, max_length = 150)]
    username: Zeroizing<String>,
    /// 8 characters at least, 1024 bytes at most.
    #[schema(value_type = String, min_length = 8, pattern = r"^[^\x00]+$", format = Password)]
    password: Zeroizing<String>,
    #[schema(inline)]
    #[serde(flatten)]
    record: Record,
}

impl FromFields for NewRecord {
    fn take(fields: &mut Fields) -> Self {
        Self {
            username: fields.text("username", Whitespace::Stripped),
            password: fields.text("password", Whitespace::Kept),
            record: Record::take(fields),
        }
    }
}

#[derive(ToSchema)]
struct NewPassword {
    /// 8 characters at least, 1024 bytes at most.
    #[schema(value_type = String, min_length = 8, pattern = r"^[^\x00]+$", format = Password)]
    password: Zeroizing<String>,
}

impl FromFields for NewPassword {
    fn take(fields: &mut Fields) -> Self {
        Self { password: fields.text("password", Whitespace::Kept) }
    }
}

/// The record decides who administers, not the token: a role that was taken away is gone at once.
async fn administrator(issuer: &Issuer, headers: &HeaderMap) -> Result<User, ApiError> {
    let (user, _) = authenticated(issuer, headers).await?;
    if user.role == ADMIN_ROLE { Ok(user) } else { Err(ApiError::Forbidden) }
}

/// List users
///
/// In pages, by id.
#[utoipa::path(
    get, operation_id = "list_users", path = "/api/users/", tag = "administration",
    security(("bearer" = [])), params(Paging),
    responses(
        (status = 200, description = "A page of users", body = Page<'_>),
        (status = 400, response = BadRequest),
        (status = 404, response = NotFound),
    )
)]
pub(super) async fn list(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
    uri: Uri,
    origin: Option<Extension<Origin>>,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Response, ApiError> {
    administrator(&issuer, &headers).await?;
    only_known_parameters(&uri, &["page", "page_size"])?;
    let Query(paging) = paging.map_err(|_| ApiError::InvalidPage)?;
    let (page, size) = paging.read()?;
    let offset = i64::from(page - 1) * i64::from(size);
    let (count, users) = issuer.storage.users_page(offset, size).await?;
    if page > 1 && users.is_empty() {
        return Err(ApiError::InvalidPage);
    }
    let origin = origin.as_deref();
    let link = |page: u32| {
        issuer.public_url_of(&format!("/api/users/?page={page}&page_size={size}"), origin)
    };
    let has_more = offset + i64::from(size) < count;
    Ok(Json(Page {
        count,
        next: has_more.then(|| link(page + 1)),
        previous: (page > 1).then(|| link(page - 1)),
        results: users.iter().map(User::admin_view).collect(),
    })
    .into_response())
}

/// Create a user
#[utoipa::path(
    post, operation_id = "create_user", path = "/api/users/", tag = "administration",
    security(("bearer" = [])), request_body = NewRecord,
    responses((status = 201, description = "The new user's record", body = AdminView<'_>))
)]
pub(super) async fn create(
    State(issuer): State<Arc<Issuer>>,
    request: Request,
) -> Result<Response, ApiError> {
    let admin = administrator(&issuer, request.headers()).await?;
    let NewRecord { username, password, record } = read(request).await?;
    let mut profile = Profile::new(username.to_string());
    let Record { email, first_name, last_name, role, premium, is_active } = record;
    profile.email = email.unwrap_or_default();
    profile.first_name = first_name.unwrap_or_default();
    profile.last_name = last_name.unwrap_or_default();
    profile.role = role.unwrap_or(profile.role);
    profile.premium = premium.unwrap_or(profile.premium);
    let profile = profile.checked_with(&password)?;

    let hash = issuer.passwords.hash(password).await?;
    let mut user = profile.with_password(hash, issuer.clock.now().timestamp());
    user.is_active = is_active.unwrap_or(true);
    let user = issuer.storage.insert_user(&user).await?;
    tracing::info!(by = admin.id, user_id = user.id, "created a user");
    Ok((StatusCode::CREATED, Json(user.admin_view())).into_response())
}

/// Show a user
#[utoipa::path(
    get, operation_id = "show_user", path = "/api/users/{id}/", tag = "administration", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The user's id")),
    responses(
        (status = 200, description = "The user's record", body = AdminView<'_>),
        (status = 404, response = NotFound),
    )
)]
pub(super) async fn show(
    State(issuer): State<Arc<Issuer>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    administrator(&issuer, &headers).await?;
    let user = issuer.storage.user_by_id(number(id)?).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(user.admin_view()).into_response())
}

/// Change a user
///
/// Changes what the body names. All sessions end of a user who becomes inactive or, unless the
/// issuer is set to something else, loses a role or premium. The last active administrator stays
/// one.
#[utoipa::path(
    patch, operation_id = "change_user", path = "/api/users/{id}/", tag = "administration",
    security(("bearer" = [])), request_body = Record,
    params(("id" = i64, Path, description = "The user's id")),
    responses(
        (status = 200, description = "The record as it is now", body = AdminView<'_>),
        (status = 404, response = NotFound),
        (status = 409, response = Conflict),
    )
)]
pub(super) async fn change(
    State(issuer): State<Arc<Issuer>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let admin = administrator(&issuer, request.headers()).await?;
    let id = number(id)?;
    let changes = Changes::from(read::<Record>(request).await?);
    let changes = Changes { on_claims_change: issuer.on_claims_change, ..changes }.checked()?;
    let now = issuer.clock.now().timestamp();
    let user = issuer.storage.update_user(id, &changes, now).await?.ok_or(ApiError::NotFound)?;
    if changes.could_end_sessions() {
        issuer.sessions.publish_revocations().await;
    }
    tracing::info!(by = admin.id, user_id = id, "changed a user");
    Ok(Json(user.admin_view()).into_response())
}

/// Delete a user
///
/// All sessions of the user end. The id is given to nobody else. The last active administrator
/// stays.
#[utoipa::path(
    delete, operation_id = "delete_user", path = "/api/users/{id}/", tag = "administration",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The user's id")),
    responses(
        (status = 204, description = "The user is gone"),
        (status = 404, response = NotFound),
        (status = 409, response = Conflict),
    )
)]
pub(super) async fn delete(
    State(issuer): State<Arc<Issuer>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let admin = administrator(&issuer, &headers).await?;
    let id = number(id)?;
    let now = issuer.clock.now().timestamp();
    if !issuer.storage.delete_user(id, LastAdministrator::Stays, now).await? {
        return Err(ApiError::NotFound);
    }
    issuer.sessions.publish_revocations().await;
    tracing::info!(by = admin.id, user_id = id, "deleted a user");
    Ok(StatusCode::NO_CONTENT)
}

/// Set a user's password
///
/// All sessions of the user end.
#[utoipa::path(
    post, operation_id = "set_user_password", path = "/api/users/{id}/password/", tag = "administration",
    security(("bearer" = [])),
    request_body = NewPassword,
    params(("id" = i64, Path, description = "The user's id")),
    responses(
        (status = 200, description = "The password is set", body = Done),
        (status = 404, response = NotFound),
    )
)]
pub(super) async fn set_password(
    State(issuer): State<Arc<Issuer>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let admin = administrator(&issuer, request.headers()).await?;
    let id = number(id)?;
    let NewPassword { password } = read(request).await?;
    let user = issuer.storage.user_by_id(id).await?;
    check_password(&password, user.as_ref().ok_or(ApiError::NotFound)?.password_owner())?;

    let hash = issuer.passwords.hash(password).await?;
    if !issuer.storage.set_password(id, None, &hash, None, issuer.clock.now().timestamp()).await? {
        return Err(ApiError::NotFound);
    }
    issuer.sessions.publish_revocations().await;
    tracing::info!(by = admin.id, user_id = id, "set a password");
    Ok(Json(Done {}).into_response())
}

/// Digits only, as in Django's paths: no sign. An id that is not even text is no other case:
/// nobody has it.
fn number(id: Result<Path<String>, PathRejection>) -> Result<i64, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::NotFound)?;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_digit());
    id.parse().ok().filter(|_| is_plain).ok_or(ApiError::NotFound)
}
