//! `/api/users/`: administration of users.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zeroize::Zeroizing;

use super::done::Done;
use crate::http::error::ApiError;
use crate::http::extract::{
    Administrator, Body, Fields, Flag, FromFields, FromQuery, PathParameter, Query, Whitespace,
};
use crate::http::openapi::responses::{BadRequest, Conflict, NotFound};
use crate::http::origin::Origin;
use crate::http::state::Issuer;
use crate::users::{AdminView, Changes, LastAdministrator, Profile, User, check_password};

const DEFAULT_PAGE_SIZE: u32 = 50;
const MAX_PAGE_SIZE: u32 = 200;

/// The id of a user in a path: digits only, without a sign, as in Django's paths.
pub(in crate::http) struct UserId(i64);

impl FromStr for UserId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_plain).map(Self).ok_or(())
    }
}

/// The query of a list, as sent.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Paging {
    /// The page, counted from 1.
    #[param(value_type = Option<u32>, minimum = 1, nullable = false)]
    page: Option<String>,
    /// Users per page: 50 by default, at most 200.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, nullable = false)]
    page_size: Option<String>,
}

/// The page that a query asks for.
pub(in crate::http) struct PageRequest {
    /// Counted from 1.
    number: u32,
    size: u32,
}

impl FromQuery for PageRequest {
    const NAMES: &'static [&'static str] = &["page", "page_size"];

    fn from_query(uri: &Uri) -> Result<Self, ApiError> {
        let axum::extract::Query(Paging { page, page_size }) =
            axum::extract::Query::try_from_uri(uri).map_err(|_| ApiError::InvalidPage)?;
        let number = match page {
            Some(page) => {
                page.parse().ok().filter(|page| *page > 0).ok_or(ApiError::InvalidPage)?
            }
            None => 1,
        };
        let size = match page_size {
            Some(size) => {
                let rule = "Ensure this value is a number from 1 to 200.";
                let size = size.parse().ok().filter(|size| (1..=MAX_PAGE_SIZE).contains(size));
                size.ok_or_else(|| ApiError::Fields(vec![("page_size", rule)]))?
            }
            None => DEFAULT_PAGE_SIZE,
        };
        Ok(Self { number, size })
    }
}

/// A page of users, in the format of REST framework's page number pagination.
#[derive(Serialize, ToSchema)]
struct Page<'a> {
    /// Users on all pages.
    count: i64,
    /// URL of the next page, if there is one.
    next: Option<String>,
    /// URL of the previous page, if there is one.
    previous: Option<String>,
    /// The users, by id.
    results: Vec<AdminView<'a>>,
}

/// The members of a record that an administrator may set. Omitted ones keep their value, or get
/// their default.
#[derive(ToSchema)]
pub(in crate::http) struct Record {
    /// Empty, or like `name@example.com`.
    #[schema(
        max_length = 254,
        pattern = r"^\s*([^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+)?\s*$",
        nullable = false
    )]
    email: Option<String>,
    /// Without control characters, after surrounding white space is stripped.
    #[schema(
        max_length = 150,
        pattern = r"^[\t-\r \x85]*[^\x00-\x1f\x7f-\x9f]*[\t-\r \x85]*$",
        nullable = false
    )]
    first_name: Option<String>,
    /// Like `first_name`.
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
pub(in crate::http) struct NewRecord {
    /// Letters, digits and `@.+-_`.
    #[schema(value_type = String, min_length = 1, max_length = 150)]
    username: Zeroizing<String>,
    /// At least 8 characters, at most 1024 bytes.
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
pub(in crate::http) struct NewPassword {
    /// At least 8 characters, at most 1024 bytes.
    #[schema(value_type = String, min_length = 8, pattern = r"^[^\x00]+$", format = Password)]
    password: Zeroizing<String>,
}

impl FromFields for NewPassword {
    fn take(fields: &mut Fields) -> Self {
        Self { password: fields.text("password", Whitespace::Kept) }
    }
}

/// List users
///
/// In pages, by id.
#[utoipa::path(
    get, operation_id = "list_users", path = "/api/users/", tag = "administration", params(Paging),
    responses(
        (status = 200, description = "A page of users", body = Page<'_>),
        (status = 400, response = BadRequest),
        (status = 404, response = NotFound),
    )
)]
pub(in crate::http) async fn list(
    State(issuer): State<Arc<Issuer>>,
    _: Administrator,
    Query(page): Query<PageRequest>,
    origin: Option<Extension<Origin>>,
) -> Result<Response, ApiError> {
    let PageRequest { number, size } = page;
    let offset = i64::from(number - 1) * i64::from(size);
    let (count, users) = issuer.storage.users_page(offset, size).await?;
    if number > 1 && users.is_empty() {
        return Err(ApiError::InvalidPage);
    }
    let link = |page: u32| {
        let path = format!("/api/users/?page={page}&page_size={size}");
        issuer.public_url_of(&path, origin.as_deref())
    };
    let has_more = offset + i64::from(size) < count;
    Ok(Json(Page {
        count,
        next: has_more.then(|| link(number + 1)),
        previous: (number > 1).then(|| link(number - 1)),
        results: users.iter().map(User::admin_view).collect(),
    })
    .into_response())
}

/// Create a user
#[utoipa::path(
    post, operation_id = "create_user", path = "/api/users/", tag = "administration",
    request_body = NewRecord,
    responses((status = 201, description = "The new user's record", body = AdminView<'_>))
)]
pub(in crate::http) async fn create(
    State(issuer): State<Arc<Issuer>>,
    Administrator(admin): Administrator,
    Body(NewRecord { username, password, record }): Body<NewRecord>,
) -> Result<Response, ApiError> {
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
    get, operation_id = "show_user", path = "/api/users/{id}/", tag = "administration",
    params(("id" = i64, Path, description = "The user's id")),
    responses(
        (status = 200, description = "The user's record", body = AdminView<'_>),
        (status = 404, response = NotFound),
    )
)]
pub(in crate::http) async fn show(
    State(issuer): State<Arc<Issuer>>,
    _: Administrator,
    PathParameter(UserId(id)): PathParameter<UserId>,
) -> Result<Response, ApiError> {
    let user = issuer.storage.user_by_id(id).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(user.admin_view()).into_response())
}

/// Change a user
///
/// Changes the members that the body names. Deactivating a user ends all sessions of that user;
/// so does, unless configured otherwise, taking away a role or premium. The last active
/// administrator cannot be demoted or deactivated.
#[utoipa::path(
    patch, operation_id = "change_user", path = "/api/users/{id}/", tag = "administration",
    request_body = Record,
    params(("id" = i64, Path, description = "The user's id")),
    responses(
        (status = 200, description = "The changed record", body = AdminView<'_>),
        (status = 404, response = NotFound),
        (status = 409, response = Conflict),
    )
)]
pub(in crate::http) async fn change(
    State(issuer): State<Arc<Issuer>>,
    Administrator(admin): Administrator,
    PathParameter(UserId(id)): PathParameter<UserId>,
    Body(record): Body<Record>,
) -> Result<Response, ApiError> {
    let changes = Changes { on_claims_change: issuer.on_claims_change, ..record.into() };
    let changes = changes.checked()?;
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
/// Ends all sessions of the user. The id is never reused. The last active administrator cannot be
/// deleted.
#[utoipa::path(
    delete, operation_id = "delete_user", path = "/api/users/{id}/", tag = "administration",
    params(("id" = i64, Path, description = "The user's id")),
    responses(
        (status = 204, description = "The user is deleted"),
        (status = 404, response = NotFound),
        (status = 409, response = Conflict),
    )
)]
pub(in crate::http) async fn delete(
    State(issuer): State<Arc<Issuer>>,
    Administrator(admin): Administrator,
    PathParameter(UserId(id)): PathParameter<UserId>,
) -> Result<StatusCode, ApiError> {
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
/// Ends all sessions of the user.
#[utoipa::path(
    post, operation_id = "set_user_password", path = "/api/users/{id}/password/",
    tag = "administration", request_body = NewPassword,
    params(("id" = i64, Path, description = "The user's id")),
    responses(
        (status = 200, description = "The password is set", body = Done),
        (status = 404, response = NotFound),
    )
)]
pub(in crate::http) async fn set_password(
    State(issuer): State<Arc<Issuer>>,
    Administrator(admin): Administrator,
    PathParameter(UserId(id)): PathParameter<UserId>,
    Body(NewPassword { password }): Body<NewPassword>,
) -> Result<Json<Done>, ApiError> {
    let user = issuer.storage.user_by_id(id).await?.ok_or(ApiError::NotFound)?;
    check_password(&password, user.password_owner())?;

    let hash = issuer.passwords.hash(password).await?;
    let now = issuer.clock.now().timestamp();
    if !issuer.storage.set_password(id, None, &hash, None, now).await? {
        return Err(ApiError::NotFound);
    }
    issuer.sessions.publish_revocations().await;
    tracing::info!(by = admin.id, user_id = id, "set a password");
    Ok(Json(Done {}))
}
