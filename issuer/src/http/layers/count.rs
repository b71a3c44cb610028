//! Counts and times requests.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::method;
use crate::http::state::Issuer;

/// Label of paths without a route, and of methods that HTTP does not define.
const OTHER: &str = "other";

/// Counts a request by its route.
pub(in crate::http) async fn count(
    State(issuer): State<Arc<Issuer>>,
    request: Request,
    next: Next,
) -> Response {
    let _in_flight = issuer.metrics.request();
    let started = issuer.clock.monotonic();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = method::known(request.method()).unwrap_or(OTHER);
    let response = next.run(request).await;
    let route = route.as_ref().map_or(OTHER, MatchedPath::as_str);
    let time = issuer.clock.monotonic().saturating_sub(started);
    issuer.metrics.responded(route, method, response.status().as_u16(), time);
    response
}
