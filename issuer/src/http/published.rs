//! What everybody may read: public keys and health.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{ApiError, Issuer};

/// Verifiers may keep the keys for five minutes: so long before it signs must a new key be published.
const KEYS_CACHE: &str = "public, max-age=300";
/// The same, for who rotates the keys.
pub const KEYS_CACHE_SECONDS: u32 = 300;

/// `GET /.well-known/jwks.json` (RFC 7517).
pub(super) async fn jwks(State(issuer): State<Arc<Issuer>>, headers: HeaderMap) -> Response {
    let keys = issuer.keys.current();
    let jwks = &keys.jwks;
    let cache = [(CACHE_CONTROL, KEYS_CACHE), (ETAG, jwks.etag())];
    if is_known(&headers, jwks.etag()) {
        return (StatusCode::NOT_MODIFIED, cache).into_response();
    }
    (cache, [(CONTENT_TYPE, "application/json")], jwks.body().to_owned()).into_response()
}

/// `GET /public.pem`: the active key alone, for services configured the document's way.
pub(super) async fn public_pem(State(issuer): State<Arc<Issuer>>) -> Response {
    let headers = [(CACHE_CONTROL, KEYS_CACHE), (CONTENT_TYPE, "application/x-pem-file")];
    (headers, issuer.keys.current().public_pem.clone()).into_response()
}

/// `GET /api/token/status/{list}`: a Token Status List (draft-ietf-oauth-status-list).
///
/// Tells nothing about anybody: bits in random places. Only the list as it is now: `?time=` is answered with 501 (its section 8.4).
pub(super) async fn status_list(
    State(issuer): State<Arc<Issuer>>,
    Path(list): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "time" || pair.starts_with("time="))) {
        return Err(ApiError::NoHistory);
    }
    let (Some(lists), Ok(number)) = (issuer.revocations.lists(), list.parse()) else { return Err(ApiError::NotFound) };
    let list = lists.list(number).await.map_err(|error| {
        tracing::error!(%error, "a status list cannot be served");
        ApiError::Unavailable
    })?;
    let list = list.ok_or(ApiError::NotFound)?;
    let cache = [(CACHE_CONTROL, format!("public, max-age={}", list.max_age)), (ETAG, list.etag.to_string())];
    if is_known(&headers, &list.etag) {
        return Ok((StatusCode::NOT_MODIFIED, cache).into_response());
    }
    Ok((cache, [(CONTENT_TYPE, "application/statuslist+jwt")], list.jwt.to_string()).into_response())
}

/// `GET /readyz`: 200 when everything works that requests need; 503 with the name of what does not.
pub(super) async fn readyz(State(issuer): State<Arc<Issuer>>) -> Response {
    let word = |works: bool| if works { "ok" } else { "failed" };
    let keys = issuer.keys.current();
    let signature = keys.signing.sign(b"readyz");
    let keys = signature.is_ok_and(|signature| keys.signing.verifies(b"readyz", &signature));
    let database = issuer.storage.ping().await.is_ok();
    let migrations = issuer.storage.is_current().await.unwrap_or(false);
    let redis = match issuer.revocations.redis() {
        Some(redis) => Some(redis.ping().await.is_ok()),
        None => None,
    };
    let is_ready = keys && database && migrations && redis != Some(false);
    let body = json!({
        "status": if is_ready { "ready" } else { "not ready" },
        "keys": word(keys),
        "database": word(database),
        "migrations": word(migrations),
        "redis": redis.map_or("not configured", word),
    });
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// `GET /healthz`: 200 when the database answers too.
pub(super) async fn healthz(State(issuer): State<Arc<Issuer>>) -> Result<Json<Value>, ApiError> {
    issuer.storage.ping().await?;
    Ok(Json(json!({ "status": "ok" })))
}

/// `If-None-Match` (RFC 9110 section 13.1.2): `*`, or a list of tags compared weakly.
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
