//! What everybody may read: public keys and health.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
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
