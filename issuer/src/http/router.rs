//! The issuer as a service: its routes, and the layers around them.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse as _;
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;

use super::error::ApiError;
use super::layers::cors::{self, AllowedOrigins};
use super::layers::slash::SlashedPaths;
use super::layers::{count, request_id, spans, unread};
use super::openapi::{self, Document};
use super::routes;
use super::state::Issuer;

/// Returns the issuer as a service; web pages of `origins` may call its API.
pub fn router(issuer: Arc<Issuer>, origins: &AllowedOrigins) -> Router {
    let mut document = openapi::foundation();
    let api = routes::api().into_router(&mut document);
    let public = routes::public(issuer.public_url()).into_router(&mut document);

    let slashed = SlashedPaths::among(document.paths.paths.keys(), Arc::clone(&issuer));
    let api = api
        .fallback(move |method: Method, uri: Uri| async move { slashed.response(&method, &uri) })
        .method_not_allowed_fallback(method_not_allowed)
        // Tokens and personal data (RFC 6749 section 5.1).
        .layer((cors::api(origins), default_header(CACHE_CONTROL, "no-store")));
    let public = public
        .method_not_allowed_fallback(method_not_allowed)
        .layer((cors::public(), Extension(Document::new(&document))));

    let random = Arc::clone(&issuer.random);
    let counted = Arc::clone(&issuer);
    let traced = TraceLayer::new_for_http()
        .make_span_with(spans::log_span)
        .on_response(DefaultOnResponse::new().level(Level::INFO))
        .on_failure(());
    // One tuple, outermost layer first: separate calls of `layer` would cost every request a box
    // and a clone each.
    api.merge(public).with_state(issuer).layer((
        from_fn_with_state(random, request_id::identify),
        from_fn_with_state(counted, count::count),
        traced,
        from_fn(unread::close_if_unread),
        // Only the documentation is a page: any other response that a browser renders as one runs
        // nothing, and in no frame.
        default_header(REFERRER_POLICY, "no-referrer"),
        default_header(X_FRAME_OPTIONS, "DENY"),
        default_header(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        default_header(X_CONTENT_TYPE_OPTIONS, "nosniff"),
        CatchPanicLayer::custom(|_| ApiError::Unavailable.into_response()),
    ))
}

/// Sets a header of responses that do not have it.
fn default_header(
    name: axum::http::HeaderName,
    value: &'static str,
) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

async fn method_not_allowed(request: Request) -> ApiError {
    ApiError::MethodNotAllowed(request.method().clone())
}
