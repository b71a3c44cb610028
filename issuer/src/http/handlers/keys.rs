//! The public keys.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::conditional::is_cached;
use crate::http::state::Issuer;

/// How long verifiers may cache the keys, in seconds. A new key must be published for that long
/// before it signs.
pub const KEYS_CACHE_SECONDS: u32 = 300;
const CACHE: &str = "public, max-age=300";

/// Public keys
///
/// A JSON Web Key Set (RFC 7517) of every published, active and retired key.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "published",
    responses(
        (
            status = 200, description = "The keys; they may be cached for five minutes",
            body = Object, content_type = "application/json"
        ),
        (status = 304, description = "`If-None-Match` names the current version"),
    )
)]
pub(in crate::http) async fn jwks(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
) -> Response {
    let keys = issuer.keys.current();
    let jwks = &keys.jwks;
    let cache = [(CACHE_CONTROL, CACHE), (ETAG, jwks.etag())];
    if is_cached(&headers, jwks.etag()) {
        return (StatusCode::NOT_MODIFIED, cache).into_response();
    }
    (cache, [(CONTENT_TYPE, "application/json")], jwks.body().to_owned()).into_response()
}

/// The signing key
///
/// The public half of the active key, for services that are configured with a single key.
#[utoipa::path(
    get, path = "/public.pem", tag = "published",
    responses(
        (
            status = 200, description = "The key as PEM (SPKI)", body = String,
            content_type = "application/x-pem-file"
        ),
    )
)]
pub(in crate::http) async fn public_pem(State(issuer): State<Arc<Issuer>>) -> Response {
    let headers = [(CACHE_CONTROL, CACHE), (CONTENT_TYPE, "application/x-pem-file")];
    (headers, issuer.keys.current().public_pem.clone()).into_response()
}
