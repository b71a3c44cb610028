//! What everybody may read: public keys and health.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use super::answers::{BadRequest, NoHistory, NotFound, Unavailable};
use super::query::{has_parameters, only_known_parameters};
use super::write_probe::WriteProbe;
use super::{ApiError, Issuer};

/// Verifiers may keep the keys for five minutes: so long before it signs must a new key be
/// published.
const KEYS_CACHE: &str = "public, max-age=300";
/// The same, for who rotates the keys.
pub const KEYS_CACHE_SECONDS: u32 = 300;

/// Public keys
///
/// A JSON Web Key Set (RFC 7517) of every key whose tokens are good: one signs, others will sign
/// or did.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "published",
    responses(
        (
            status = 200, description = "The keys; they may be cached for five minutes", body = Object,
            content_type = "application/json"
        ),
        (status = 304, description = "They are those that `If-None-Match` names"),
    )
)]
pub(super) async fn jwks(State(issuer): State<Arc<Issuer>>, headers: HeaderMap) -> Response {
    let keys = issuer.keys.current();
    let jwks = &keys.jwks;
    let cache = [(CACHE_CONTROL, KEYS_CACHE), (ETAG, jwks.etag())];
    if is_known(&headers, jwks.etag()) {
        return (StatusCode::NOT_MODIFIED, cache).into_response();
    }
    (cache, [(CONTENT_TYPE, "application/json")], jwks.body().to_owned()).into_response()
}

/// The signing key
///
/// The public half of the active key alone, for services that are configured with a single key.
#[utoipa::path(
    get, path = "/public.pem", tag = "published",
    responses(
        (status = 200, description = "The key as PEM (SPKI)", body = String, content_type = "application/x-pem-file"),
    )
)]
pub(super) async fn public_pem(State(issuer): State<Arc<Issuer>>) -> Response {
    let headers = [(CACHE_CONTROL, KEYS_CACHE), (CONTENT_TYPE, "application/x-pem-file")];
    (headers, issuer.keys.current().public_pem.clone()).into_response()
}

/// A Token Status List
///
/// draft-ietf-oauth-status-list: one bit for each session, 1 when it was ended. It tells nothing
/// about anybody: the bits are in random places. There are lists only when the issuer has a public
/// URL, and only as they are now: `?time=` is answered with 501 (its section 8.4).
#[utoipa::path(
    get, path = "/api/token/status/{list}", tag = "published",
    params(("list" = u32, Path, description = "Its number, from the claim `status`")),
    responses(
        (status = 200, description = "The signed list", body = String, content_type = "application/statuslist+jwt"),
        (status = 304, description = "It is the one that `If-None-Match` names"),
        (status = 400, response = BadRequest),
        (status = 404, response = NotFound),
        (status = 501, response = NoHistory),
        (status = 503, response = Unavailable),
    )
)]
pub(super) async fn status_list(
    State(issuer): State<Arc<Issuer>>,
    list: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    only_known_parameters(&uri, &["time"])?;
    if has_parameters(&uri) {
        return Err(ApiError::NoHistory);
    }
    let Path(list) = list.map_err(|_| ApiError::NotFound)?;
    let (Some(lists), Ok(number)) = (issuer.revocations.lists(), list.parse()) else {
        return Err(ApiError::NotFound);
    };
    let list = lists.list(number).await.map_err(|error| {
        tracing::error!(%error, "a status list cannot be served");
        ApiError::Unavailable
    })?;
    let list = list.ok_or(ApiError::NotFound)?;
    let cache = [
        (CACHE_CONTROL, format!("public, max-age={}", list.max_age)),
        (ETAG, list.etag.to_string()),
    ];
    if is_known(&headers, &list.etag) {
        return Ok((StatusCode::NOT_MODIFIED, cache).into_response());
    }
    Ok((cache, [(CONTENT_TYPE, "application/statuslist+jwt")], list.jwt.to_string())
        .into_response())
}

/// Whether the issuer is ready. Who asks while that is being found out waits, and shares what is
/// found out next: however many ask, the database, Redis and the key are tried once at a time.
#[derive(Debug, Default)]
pub struct Readiness {
    last: Mutex<Option<(Instant, Report)>>,
    writing: WriteProbe,
}

impl Readiness {
    async fn report(&self, issuer: &Issuer) -> Report {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        match *last {
            Some((begun, report)) if begun >= asked => report,
            _ => {
                let begun = Instant::now();
                let report = Report::on(issuer).await;
                *last = Some((begun, report));
                report
            }
        }
    }

    /// Whether the database answers now, and could be written within the last seconds.
    async fn database_works(&self, issuer: &Issuer) -> bool {
        issuer.storage.ping().await.is_ok()
            && self.writing.works(&issuer.storage, &issuer.clock).await
    }
}

/// `ok`, `failed` or `not configured` for each.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Readiness)]
struct Report {
    /// `ready` or `not ready`.
    #[schema(value_type = String)]
    status: &'static str,
    /// Whether the active key signs.
    #[schema(value_type = String)]
    keys: &'static str,
    /// Whether the database answers and can be written.
    #[schema(value_type = String)]
    database: &'static str,
    /// Whether its tables are up to date.
    #[schema(value_type = String)]
    migrations: &'static str,
    /// Whether Redis answers.
    #[schema(value_type = String)]
    redis: &'static str,
}

impl Report {
    async fn on(issuer: &Issuer) -> Self {
        let word = |works: bool| if works { "ok" } else { "failed" };
        let keys = issuer.keys.current();
        let signature = keys.signing.sign(b"readyz");
        let keys = signature.is_ok_and(|signature| keys.signing.verifies(b"readyz", &signature));
        let database = issuer.readiness.database_works(issuer).await;
        let migrations = issuer.storage.is_current().await.unwrap_or(false);
        let redis = match issuer.revocations.redis() {
            Some(redis) => Some(redis.ping().await.is_ok()),
            None => None,
        };
        let is_ready = keys && database && migrations && redis != Some(false);
        Self {
            status: if is_ready { READY } else { "not ready" },
            keys: word(keys),
            database: word(database),
            migrations: word(migrations),
            redis: redis.map_or("not configured", word),
        }
    }
}

const READY: &str = "ready";

/// Ready?
///
/// Whether everything works that requests need.
#[utoipa::path(
    get, path = "/readyz", tag = "published",
    responses(
        (status = 200, description = "It is", body = Report),
        (status = 503, description = "Something is `failed`", body = Report),
    )
)]
pub(super) async fn readyz(State(issuer): State<Arc<Issuer>>) -> Response {
    let report = issuer.readiness.report(&issuer).await;
    let status =
        if report.status == READY { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(CACHE_CONTROL, "no-store")], Json(report)).into_response()
}

#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`.
    #[schema(value_type = String)]
    status: &'static str,
}

/// Alive?
///
/// Whether requests are served, and the database answers and can be written.
#[utoipa::path(
    get, path = "/healthz", tag = "published",
    responses(
        (status = 200, description = "It is", body = Health),
        (status = 503, response = Unavailable),
    )
)]
pub(super) async fn healthz(State(issuer): State<Arc<Issuer>>) -> Result<Response, ApiError> {
    if !issuer.readiness.database_works(&issuer).await {
        return Err(ApiError::Unavailable);
    }
    Ok(Json(Health { status: "ok" }).into_response())
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
