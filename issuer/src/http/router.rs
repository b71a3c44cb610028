//! Every route of the issuer, and what surrounds them all.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;

use super::request_id::{self, RequestId};
use super::spans::Trace;
use super::{AllowedOrigins, ApiError, Issuer, admin, cors, published, token, users};

const OBTAIN: &str = "/api/token/";
const REFRESH: &str = "/api/token/refresh/";
const VERIFY: &str = "/api/token/verify/";
const BLACKLIST: &str = "/api/token/blacklist/";
const BLACKLIST_ALL: &str = "/api/token/blacklist/all/";
const ME: &str = "/api/users/me/";
const PASSWORD: &str = "/api/users/me/password/";
const USERS: &str = "/api/users/";
const USER: &str = "/api/users/{id}/";
const USER_PASSWORD: &str = "/api/users/{id}/password/";

/// The routes that end in a slash, and are redirected to when it is missing; so are those of one user.
const SLASHED: [&str; 8] = [OBTAIN, REFRESH, VERIFY, BLACKLIST, BLACKLIST_ALL, ME, PASSWORD, USERS];

/// The issuer as a service.
pub fn router(issuer: Arc<Issuer>, origins: &AllowedOrigins) -> Router {
    let api = Router::new()
        .route(OBTAIN, post(token::obtain))
        .route(REFRESH, post(token::refresh))
        .route(VERIFY, post(token::verify))
        .route(BLACKLIST, post(token::blacklist))
        .route(BLACKLIST_ALL, post(token::blacklist_all))
        .route(ME, get(users::me))
        .route(PASSWORD, post(users::set_password))
        .route(USERS, get(admin::list).post(admin::create))
        .route(USER, get(admin::show).patch(admin::change))
        .route(USER_PASSWORD, post(admin::set_password))
        .fallback(elsewhere)
        .method_not_allowed_fallback(method_not_allowed)
        // Tokens and personal data (RFC 6749 section 5.1).
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(cors::api(origins));
    let public = Router::new()
        .route("/.well-known/jwks.json", get(published::jwks))
        .route("/public.pem", get(published::public_pem))
        .route("/healthz", get(published::healthz))
        .route("/readyz", get(published::readyz))
        .route("/api/token/status/{list}", get(published::status_list))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(cors::public());
    let random = Arc::clone(&issuer.random);
    let fixed = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    api.merge(public)
        .with_state(issuer)
        .layer(CatchPanicLayer::custom(|_| ApiError::Unavailable.into_response()))
        // No answer is a page: a browser that shows one as such finds nothing to run, and in no frame.
        .layer(fixed(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .layer(fixed(X_FRAME_OPTIONS, "DENY"))
        .layer(fixed(REFERRER_POLICY, "no-referrer"))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(request_span)
                .on_response(DefaultOnResponse::new().level(Level::INFO))
                .on_failure(()),
        )
        .layer(axum::middleware::from_fn_with_state(random, request_id::identify))
}

/// Method and path only: headers and queries may hold secrets.
fn request_span(request: &axum::http::Request<axum::body::Body>) -> tracing::Span {
    let path = request.uri().path();
    let shown = path.get(..path.floor_char_boundary(200)).unwrap_or(path);
    let id = request.extensions().get::<RequestId>().map_or("", RequestId::as_str);
    let trace_id = request.extensions().get::<Trace>().map(tracing::field::display);
    tracing::info_span!("request", id, trace_id, method = %request.method(), path = shown)
}

/// A missing slash is added by a redirect, permanent as Django's; a POST gets 308, which keeps its method and body.
async fn elsewhere(method: Method, uri: Uri) -> Response {
    let path = uri.path();
    let is_user = |path: &str| {
        let id = path.strip_prefix(USERS).map(|rest| rest.strip_suffix("/password").unwrap_or(rest));
        id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if !is_user(path) && !SLASHED.into_iter().any(|slashed| slashed.strip_suffix('/') == Some(path)) {
        return ApiError::NotFound.into_response();
    }
    let location = match uri.query() {
        Some(query) => format!("{path}/?{query}"),
        None => format!("{path}/"),
    };
    let status = match method {
        Method::GET | Method::HEAD => StatusCode::MOVED_PERMANENTLY,
        _ => StatusCode::PERMANENT_REDIRECT,
    };
    (status, [(LOCATION, location)]).into_response()
}

async fn method_not_allowed(request: Request) -> ApiError {
    ApiError::MethodNotAllowed(request.method().clone())
}
