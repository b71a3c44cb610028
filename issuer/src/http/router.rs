//! Every route of the issuer, and what surrounds them all.

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
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::document::{self, Document};
use super::request_id::{self, RequestId};
use super::slash::SlashedPaths;
use super::spans::Trace;
use super::{
    AllowedOrigins, ApiError, Issuer, admin, cors, docs, method, metrics, published, token, unread,
    users,
};

/// The issuer as a service.
pub fn router(issuer: Arc<Issuer>, origins: &AllowedOrigins) -> Router {
    let api = OpenApiRouter::with_openapi(document::foundation())
        .routes(routes!(token::obtain))
        .routes(routes!(token::refresh))
        .routes(routes!(token::verify))
        .routes(routes!(token::blacklist))
        .routes(routes!(token::blacklist_all))
        .routes(routes!(users::me))
        .routes(routes!(users::set_password))
        .routes(routes!(admin::list, admin::create))
        .routes(routes!(admin::show, admin::change, admin::delete))
        .routes(routes!(admin::set_password));
    let public = OpenApiRouter::new()
        .routes(routes!(published::jwks))
        .routes(routes!(published::public_pem))
        .routes(routes!(published::healthz))
        .routes(routes!(published::readyz))
        .routes(routes!(published::status_list))
        .routes(routes!(document::openapi))
        .routes(routes!(docs::page))
        .routes(routes!(docs::part));
    let (api, mut described) = api.split_for_parts();
    let (public, public_described) = public.split_for_parts();
    described.merge(public_described);
    document::complete(&mut described);

    let slashed = SlashedPaths::among(described.paths.paths.keys(), Arc::clone(&issuer));
    let api = api
        .fallback(move |method: Method, uri: Uri| async move { slashed.answer(&method, &uri) })
        .method_not_allowed_fallback(method_not_allowed)
        // Tokens and personal data (RFC 6749 section 5.1).
        .layer((
            cors::api(origins),
            SetResponseHeaderLayer::if_not_present(
                CACHE_CONTROL,
                HeaderValue::from_static("no-store"),
            ),
        ));
    let public = public
        .method_not_allowed_fallback(method_not_allowed)
        .layer((cors::public(), Extension(Document::new(&described))));
    let random = Arc::clone(&issuer.random);
    let counted = Arc::clone(&issuer);
    let fixed =
        |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    let traced = TraceLayer::new_for_http()
        .make_span_with(request_span)
        .on_response(DefaultOnResponse::new().level(Level::INFO))
        .on_failure(());
    // One layer of many, the first outermost: each `layer` of its own would cost every request a
    // box and a clone.
    api.merge(public).with_state(issuer).layer((
        from_fn_with_state(random, request_id::identify),
        from_fn_with_state(counted, metrics::count),
        traced,
        from_fn(unread::close_if_unread),
        // No answer but the documentation is a page: a browser that shows one as such finds
        // nothing to run, and in no frame.
        fixed(REFERRER_POLICY, "no-referrer"),
        fixed(X_FRAME_OPTIONS, "DENY"),
        fixed(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        fixed(X_CONTENT_TYPE_OPTIONS, "nosniff"),
        CatchPanicLayer::custom(|_| ApiError::Unavailable.into_response()),
    ))
}

/// Method and path only: headers and queries may hold secrets.
fn request_span(request: &axum::http::Request<axum::body::Body>) -> tracing::Span {
    let path = request.uri().path();
    let shown = path.get(..path.floor_char_boundary(200)).unwrap_or(path);
    let id = request.extensions().get::<RequestId>().map_or("", RequestId::as_str);
    let trace_id = request.extensions().get::<Trace>().map(tracing::field::display);
    tracing::info_span!(
        "request",
        id,
        trace_id,
        method = method::known(request.method()).unwrap_or("_OTHER"),
        path = shown
    )
}

async fn method_not_allowed(request: Request) -> ApiError {
    ApiError::MethodNotAllowed(request.method().clone())
}
