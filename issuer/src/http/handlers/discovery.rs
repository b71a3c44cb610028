//! Metadata of the issuer (RFC 8414).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::base_url::BaseUrl;
use crate::http::error::ApiError;
use crate::http::openapi::responses::NotFound;
use crate::http::state::Issuer;

const CACHE: &str = "public, max-age=300";

/// The metadata of an authorization server (RFC 8414 section 2).
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ServerMetadata {
    /// The public URL, which tokens name as `iss`.
    issuer: String,
    jwks_uri: String,
    service_documentation: String,
    /// None: there is no authorization endpoint.
    #[schema(value_type = Vec<String>)]
    response_types_supported: [&'static str; 0],
    /// None: there is no token endpoint of OAuth. A missing member would mean that there are two.
    #[schema(value_type = Vec<String>)]
    grant_types_supported: [&'static str; 0],
    revocation_endpoint: String,
    #[schema(value_type = Vec<String>)]
    revocation_endpoint_auth_methods_supported: [&'static str; 1],
    /// If services may introspect tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    introspection_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    introspection_endpoint_auth_methods_supported: Option<[&'static str; 1]>,
}

impl ServerMetadata {
    fn of(url: &BaseUrl, has_introspection: bool) -> Self {
        Self {
            issuer: url.as_str().to_owned(),
            jwks_uri: url.at("/.well-known/jwks.json"),
            service_documentation: url.at("/docs/"),
            response_types_supported: [],
            grant_types_supported: [],
            revocation_endpoint: url.at("/oauth/revoke"),
            revocation_endpoint_auth_methods_supported: ["none"],
            introspection_endpoint: has_introspection.then(|| url.at("/oauth/introspect")),
            introspection_endpoint_auth_methods_supported: has_introspection
                .then_some(["client_secret_basic"]),
        }
    }
}

/// Metadata of the issuer
///
/// RFC 8414: its identifier, its keys and its OAuth endpoints. It exists only when the issuer has a
/// public URL. If that has a path, the metadata is also at the path of RFC 8414 section 3.1.
#[utoipa::path(
    get, operation_id = "server_metadata", path = "/.well-known/oauth-authorization-server",
    tag = "published",
    responses(
        (status = 200, description = "The metadata", body = ServerMetadata),
        (status = 404, response = NotFound),
    )
)]
pub(in crate::http) async fn server_metadata(
    State(issuer): State<Arc<Issuer>>,
) -> Result<Response, ApiError> {
    let url = issuer.public_url().ok_or(ApiError::NotFound)?;
    let metadata = ServerMetadata::of(url, !issuer.introspection_clients.is_empty());
    Ok(([(CACHE_CONTROL, CACHE)], Json(metadata)).into_response())
}

/// Metadata of the issuer, for key discovery
///
/// The same document, for services that look for the keys there alone. The issuer is no OpenID
/// provider. It exists only when the operator has switched it on.
#[utoipa::path(
    get, operation_id = "openid_configuration", path = "/.well-known/openid-configuration",
    tag = "published",
    responses(
        (status = 200, description = "The metadata", body = ServerMetadata),
        (status = 404, response = NotFound),
    )
)]
pub(in crate::http) async fn openid_configuration(
    issuer: State<Arc<Issuer>>,
) -> Result<Response, ApiError> {
    if issuer.serves_openid_configuration {
        server_metadata(issuer).await
    } else {
        Err(ApiError::NotFound)
    }
}
