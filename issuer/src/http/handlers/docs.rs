//! The API documentation: the OpenAPI document, and Swagger UI, which is part of the program.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use utoipa_swagger_ui::{Config, SwaggerFile};

use crate::http::error::ApiError;
use crate::http::extract::PathParameter;
use crate::http::openapi::Document;
use crate::http::openapi::responses::NotFound;

/// Relative to the page, so that a path in the public URL does not matter.
const DOCUMENT: &str = "../openapi.json";
const DOCUMENT_CACHE: &str = "public, max-age=300";
/// The page loads from and calls this issuer only. Its style sheet contains images.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// This document
///
/// OpenAPI 3.1. `/docs/` is the same for people.
#[utoipa::path(
    get, path = "/openapi.json", tag = "published",
    responses((
        status = 200, description = "The document", body = Object,
        content_type = "application/json"
    ))
)]
pub(in crate::http) async fn openapi(Extension(document): Extension<Document>) -> Response {
    let headers = [(CACHE_CONTROL, DOCUMENT_CACHE), (CONTENT_TYPE, "application/json")];
    (headers, document.json().to_owned()).into_response()
}

/// This document, for people
#[utoipa::path(
    get, operation_id = "docs_page", path = "/docs/", tag = "published",
    responses((status = 200, description = "A page", body = String, content_type = "text/html"))
)]
pub(in crate::http) async fn page() -> Result<Response, ApiError> {
    file("index.html")
}

/// A part of the page
#[utoipa::path(
    get, operation_id = "docs_part", path = "/docs/{file}", tag = "published",
    params(("file" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "A script, style sheet or image", content_type = "*/*"),
        (status = 404, response = NotFound),
    )
)]
pub(in crate::http) async fn part(
    PathParameter(name): PathParameter<String>,
) -> Result<Response, ApiError> {
    file(&name)
}

fn file(name: &str) -> Result<Response, ApiError> {
    // `none`: the document is sent to no external validator.
    let config = Config::from(DOCUMENT).use_base_layout().validator_url("none").deep_linking(true);
    let found = utoipa_swagger_ui::serve(name, Arc::new(config)).map_err(|error| {
        tracing::error!(%error, name, "cannot serve a file of the documentation");
        ApiError::Unavailable
    })?;
    let SwaggerFile { bytes, content_type, gzpipped, .. } = found.ok_or(ApiError::NotFound)?;
    let fixed: [(HeaderName, HeaderValue); 2] =
        [(CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, CACHE)];
    // The large files are static, and are not copied.
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
