//! Spans of requests: one for the log, and one for OpenTelemetry.
//!
//! Attributes of OpenTelemetry spans are listed here one by one (the semantic conventions for HTTP
//! servers): the template of the route but never the path as sent, no header, no query, no body.
//! So no token and no password can get into a span.

use std::fmt;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderMap;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _};
use opentelemetry::{KeyValue, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;

use super::request_id::{RequestId, X_REQUEST_ID};
use crate::http::method;

/// Longest logged path, in bytes.
const MAX_LOGGED_PATH: usize = 200;

/// Adds an OpenTelemetry span to each request of the router.
pub fn traced(router: Router, tracer: SdkTracer) -> Router {
    router.layer(from_fn_with_state(tracer, record))
}

/// Opens the log span of a request. It has method and path only: headers and queries may contain
/// secrets.
pub(in crate::http) fn log_span(request: &Request) -> tracing::Span {
    let path = request.uri().path();
    let shown = path.get(..path.floor_char_boundary(MAX_LOGGED_PATH)).unwrap_or(path);
    let id = request.extensions().get::<RequestId>().map_or("", RequestId::as_str);
    let trace_id = request.extensions().get::<Trace>().map(tracing::field::display);
    let method = method::known(request.method()).unwrap_or("_OTHER");
    tracing::info_span!("request", id, trace_id, method, path = shown)
}

/// The trace of a request, for its log span.
#[derive(Debug, Clone, Copy)]
struct Trace(TraceId);

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Records the span of a request. A `traceparent` header (W3C Trace Context) continues its trace,
/// with its decision about sampling.
async fn record(State(tracer): State<SdkTracer>, mut request: Request, next: Next) -> Response {
    let parent = TraceContextPropagator::new().extract(&Headers(request.headers()));
    let method = method::known(request.method()).unwrap_or("_OTHER");
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let name =
        route.as_ref().map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
    let mut attributes = vec![KeyValue::new("http.request.method", method)];
    attributes.extend(route.map(|route| KeyValue::new("http.route", route)));
    let span = tracer.span_builder(name).with_kind(SpanKind::Server).with_attributes(attributes);
    let mut span = span.start_with_context(&tracer, &parent);
    request.extensions_mut().insert(Trace(span.span_context().trace_id()));
    let response = next.run(request).await;
    let status = response.status();
    span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
    if let Some(id) = response.headers().get(X_REQUEST_ID).and_then(|id| id.to_str().ok()) {
        span.set_attribute(KeyValue::new("request.id", id.to_owned()));
    }
    if status.is_server_error() {
        span.set_attribute(KeyValue::new("error.type", status.as_str().to_owned()));
        span.set_status(Status::error(""));
    }
    response
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}
