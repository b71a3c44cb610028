//! Token Status Lists.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use super::conditional::is_cached;
use crate::http::error::ApiError;
use crate::http::extract::{FromQuery, PathParameter, Query};
use crate::http::openapi::responses::{BadRequest, NoHistory, NotFound, Unavailable};
use crate::http::state::Issuer;

/// A query without `time`: lists of other times are not kept
/// (draft-ietf-oauth-status-list section 8.4).
pub(in crate::http) struct CurrentList;

impl FromQuery for CurrentList {
    const NAMES: &'static [&'static str] = &["time"];

    fn from_query(uri: &Uri) -> Result<Self, ApiError> {
        let query = uri.query().unwrap_or_default();
        match form_urlencoded::parse(query.as_bytes()).next() {
            Some(_) => Err(ApiError::NoHistory),
            None => Ok(Self),
        }
    }
}

/// A Token Status List
///
/// draft-ietf-oauth-status-list: one bit per session, 1 when it was revoked. The bits are in random
/// positions, so that they reveal nothing about users. Lists exist only when the issuer has a
/// public URL, and only in their current version: `?time=` gets 501 (its section 8.4).
#[utoipa::path(
    get, path = "/api/token/status/{list}", tag = "published",
    params(("list" = u32, Path, description = "Its number, from the claim `status`")),
    responses(
        (
            status = 200, description = "The signed list", body = String,
            content_type = "application/statuslist+jwt"
        ),
        (status = 304, description = "`If-None-Match` names the current version"),
        (status = 400, response = BadRequest),
        (status = 404, response = NotFound),
        (status = 501, response = NoHistory),
        (status = 503, response = Unavailable),
    )
)]
pub(in crate::http) async fn status_list(
    State(issuer): State<Arc<Issuer>>,
    _: Query<CurrentList>,
    PathParameter(number): PathParameter<i64>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let lists = issuer.revocations.lists().ok_or(ApiError::NotFound)?;
    let list = lists.list(number).await.map_err(|error| {
        tracing::error!(%error, "cannot serve a status list");
        ApiError::Unavailable
    })?;
    let list = list.ok_or(ApiError::NotFound)?;
    let cache = [
        (CACHE_CONTROL, format!("public, max-age={}", list.max_age)),
        (ETAG, list.etag.to_string()),
    ];
    if is_cached(&headers, &list.etag) {
        return Ok((StatusCode::NOT_MODIFIED, cache).into_response());
    }
    let content_type = [(CONTENT_TYPE, "application/statuslist+jwt")];
    Ok((cache, content_type, list.jwt.to_string()).into_response())
}
