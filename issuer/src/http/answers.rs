//! The errors that more than one operation answers with, for the OpenAPI document.
#![expect(dead_code, reason = "they describe answers, which `ApiError` gives")]

use utoipa::ToResponse;

use super::error::{Body, Problem};

/// The body cannot be parsed, or fields are missing or wrong: all of them at once.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(super) struct BadRequest(Body);

/// No good token came, or credentials are wrong.
#[derive(ToResponse)]
#[response(
    content_type = "application/json",
    headers(("WWW-Authenticate" = String, description = "`Bearer realm=\"api\"`"))
)]
pub(super) struct Unauthorized(Problem);

/// The user's role is not `admin`.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(super) struct Forbidden(Problem);

/// There is no such thing.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(super) struct NotFound(Problem);

/// The last active administrator cannot be removed.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(super) struct Conflict(Problem);

/// The list of another time is asked for, and lists are not kept.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(super) struct NoHistory(Problem);

/// The body did not arrive within ten seconds.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(super) struct BodyTimeout(Problem);

/// The body is larger than 256 KiB.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(super) struct BodyTooLarge(Problem);

/// The body is neither JSON nor a form.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(super) struct UnsupportedMediaType(Problem);

/// Too many passwords were tried from this address or for this user.
#[derive(ToResponse)]
#[response(
    content_type = "application/json",
    headers(("Retry-After" = String, description = "Seconds to wait."))
)]
pub(super) struct Throttled(Problem);

/// The database failed, or more passwords are being checked than the machine may work on.
#[derive(ToResponse)]
#[response(
    content_type = "application/json",
    headers(("Retry-After" = String, description = "Seconds to wait."))
)]
pub(super) struct Unavailable(Problem);
