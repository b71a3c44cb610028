//! Error responses of operations, as the OpenAPI document names them.
#![expect(dead_code, reason = "`ApiError` makes the responses; these types only describe them")]

use utoipa::ToResponse;

use crate::http::error::{ErrorBody, OAuthProblem, Problem};

/// The body cannot be parsed, or fields are missing or invalid: lists all of them.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(in crate::http) struct BadRequest(ErrorBody);

/// Credentials are missing or wrong, or a token is refused.
#[derive(ToResponse)]
#[response(
    content_type = "application/json",
    headers(("WWW-Authenticate" = String, description = "`Bearer realm=\"api\"`"))
)]
pub(in crate::http) struct Unauthorized(Problem);

/// The request is malformed, or the token cannot be revoked.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(in crate::http) struct OAuthBadRequest(OAuthProblem);

/// The name or the secret of the service is missing or wrong.
#[derive(ToResponse)]
#[response(
    content_type = "application/json",
    headers(("WWW-Authenticate" = String, description = "`Basic realm=\"oauth\"`"))
)]
pub(in crate::http) struct OAuthUnauthorized(OAuthProblem);

/// The user's role is not `admin`.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(in crate::http) struct Forbidden(Problem);

/// No such resource exists.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(in crate::http) struct NotFound(Problem);

/// The last active administrator cannot be removed.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(in crate::http) struct Conflict(Problem);

/// The request asks for a list of another time; lists are not kept.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(in crate::http) struct NoHistory(Problem);

/// The body did not arrive within ten seconds.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(in crate::http) struct BodyTimeout(Problem);

/// The body is larger than 256 KiB.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(in crate::http) struct BodyTooLarge(Problem);

/// The body is neither JSON nor a form.
#[derive(ToResponse)]
#[response(content_type = "application/json")]
pub(in crate::http) struct UnsupportedMediaType(Problem);

/// Too many password attempts from this address or for this user.
#[derive(ToResponse)]
#[response(
    content_type = "application/json",
    headers(("Retry-After" = String, description = "Seconds to wait."))
)]
pub(in crate::http) struct Throttled(Problem);

/// The database failed, or the queue for password hashes is full.
#[derive(ToResponse)]
#[response(
    content_type = "application/json",
    headers(("Retry-After" = String, description = "Seconds to wait."))
)]
pub(in crate::http) struct Unavailable(Problem);
