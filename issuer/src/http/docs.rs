//! `/docs/`: Swagger UI, from the program itself; nothing is fetched from elsewhere.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use utoipa_swagger_ui::{Config, SwaggerFile};

use super::ApiError;
use super::answers::NotFound;

/// Seen from the page, so that it is found below any path.
const DOCUMENT: &str = "../openapi.json";
/// The page loads and calls this issuer only. Its style sheet has pictures in it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// This document, for people
#[utoipa::path(
    get, operation_id = "docs_page", path = "/docs/", tag = "published",
    responses((status = 200, description = "A page", body = String, content_type = "text/html"))
)]
pub(super) async fn page() -> Result<Response, ApiError> {
    file("index.html")
}

/// A part of the page
#[utoipa::path(
    get, operation_id = "docs_part", path = "/docs/{file}", tag = "published",
    params(("file" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "A script, style sheet or picture", content_type = "*/*"),
        (status = 404, response = NotFound),
    )
)]
pub(super) async fn part(name: Result<Path<String>, PathRejection>) -> Result<Response, ApiError> {
    let Path(name) = name.map_err(|_| ApiError::NotFound)?;
    file(&name)
}

fn file(name: &str) -> Result<Response, ApiError> {
    // `none`: the document is sent to no validator.
    let config = Config::from(DOCUMENT).use_base_layout().validator_url("none").deep_linking(true);
    let found = utoipa_swagger_ui::serve(name, Arc::new(config)).map_err(|error| {
        tracing::error!(%error, name, "a file of the documentation cannot be served");
        ApiError::Unavailable
    })?;
    let SwaggerFile { bytes, content_type, gzpipped, .. } = found.ok_or(ApiError::NotFound)?;
    let fixed: [(HeaderName, HeaderValue); 2] =
        [(CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, CACHE)];
    // The large ones are part of the program, and are not copied.
    let bytes = match bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let mut response = (fixed, [(CONTENT_TYPE, content_type)], bytes).into_response();
    if gzpipped {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}
