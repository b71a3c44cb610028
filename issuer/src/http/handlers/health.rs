//! Health checks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::error::ApiError;
use crate::http::openapi::responses::Unavailable;
use crate::http::readiness::Report;
use crate::http::state::Issuer;

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Health {
    /// `ok`.
    #[schema(value_type = String)]
    status: &'static str,
}

/// Check that the issuer is alive
///
/// Requests are served, and the database responds and can be written.
#[utoipa::path(
    get, path = "/healthz", tag = "published",
    responses(
        (status = 200, description = "It is alive", body = Health),
        (status = 503, response = Unavailable),
    )
)]
pub(in crate::http) async fn healthz(
    State(issuer): State<Arc<Issuer>>,
) -> Result<Json<Health>, ApiError> {
    if issuer.readiness.database_works().await {
        Ok(Json(Health { status: "ok" }))
    } else {
        Err(ApiError::Unavailable)
    }
}

/// Check that the issuer is ready
///
/// Everything works that requests need.
#[utoipa::path(
    get, path = "/readyz", tag = "published",
    responses(
        (status = 200, description = "It is ready", body = Report),
        (status = 503, description = "A part has `failed`", body = Report),
    )
)]
pub(in crate::http) async fn readyz(State(issuer): State<Arc<Issuer>>) -> Response {
    let report = issuer.readiness.report().await;
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(CACHE_CONTROL, "no-store")], Json(report)).into_response()
}
