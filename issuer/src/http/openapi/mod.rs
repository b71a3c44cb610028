//! The OpenAPI document. Each handler describes its own operation; this module adds what all
//! operations of a kind have in common.

pub(super) mod responses;

use std::sync::Arc;

use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr, Required};
use utoipa::{OpenApi as _, ToResponse as _};

use self::responses::{
    BadRequest, BodyTimeout, BodyTooLarge, Conflict, Forbidden, NoHistory, NotFound,
    OAuthBadRequest, OAuthUnauthorized, Throttled, Unauthorized, Unavailable, UnsupportedMediaType,
};
use super::access::Access;
use super::error::{ErrorBody, FieldErrors, OAuthProblem, Problem, TokenMessage};

/// Name of the security scheme: an access token in `Authorization`.
const BEARER: &str = "bearer";
/// Name of the security scheme of services that introspect tokens.
const BASIC: &str = "basic";
const JSON: &str = "application/json";
/// The other media types of request bodies.
const FORMS: [&str; 2] = ["application/x-www-form-urlencoded", "multipart/form-data"];

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Dojang issuer",
        description = "Logs users in and issues RS256 tokens, with the paths and responses of \
                       Django and SimpleJWT.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    // Relative to the document, so that a path in the public URL does not matter.
    servers((url = ".")),
    components(
        schemas(ErrorBody, Problem, FieldErrors, TokenMessage, OAuthProblem),
        responses(
            BadRequest, Unauthorized, Forbidden, NotFound, Conflict, NoHistory, BodyTimeout,
            BodyTooLarge, UnsupportedMediaType, Throttled, Unavailable, OAuthBadRequest,
            OAuthUnauthorized,
        )
    ),
    tags(
        (name = "tokens", description = "Login, refresh, verification, logout"),
        (name = "oauth", description = "Revocation and introspection by the standards of OAuth"),
        (name = "account", description = "The user of an access token"),
        (name = "administration", description = "All users, for the role `admin`"),
        (name = "published", description = "Public keys, status lists, health, this document"),
    )
)]
struct Foundation;

/// Returns the document without operations.
pub(super) fn foundation() -> OpenApi {
    let mut document = Foundation::openapi();
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The `access` token of a login or refresh."))
        .build();
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert(BEARER.to_owned(), SecurityScheme::Http(scheme).into());
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("Name and secret of a service that introspects tokens."))
        .build();
    components.security_schemes.insert(BASIC.to_owned(), SecurityScheme::Http(scheme).into());
    document
}

/// Adds what follows from the method, the caller and the body of an operation: its security
/// requirement, the media types of its body, and the error responses of the extractors. Responses
/// that the handler describes itself stay.
pub(super) fn complete(operation: &mut Operation, method: &HttpMethod, access: Access) {
    let mut takes_json = false;
    let has_body = match &mut operation.request_body {
        Some(RefOr::T(body)) => {
            takes_json = body.content.contains_key(JSON);
            accept_forms(body);
            if *method == HttpMethod::Patch {
                // Changes the members that the body names: none, without a body.
                body.required = Some(Required::False);
            }
            true
        }
        _ => false,
    };
    let has_bearer = matches!(access, Access::User | Access::Administrator);
    let scheme = match access {
        Access::Anyone => None,
        Access::IntrospectionClient => Some(BASIC),
        Access::User | Access::Administrator => Some(BEARER),
    };
    if let Some(scheme) = scheme {
        operation.security = Some(vec![SecurityRequirement::new(scheme, [""; 0])]);
    }
    for (applies, status, name) in [
        (has_body, "400", BadRequest::response().0),
        (has_bearer, "401", Unauthorized::response().0),
        (access == Access::Administrator, "403", Forbidden::response().0),
        (has_body, "408", BodyTimeout::response().0),
        (has_body, "413", BodyTooLarge::response().0),
        (takes_json, "415", UnsupportedMediaType::response().0),
        (has_body || has_bearer, "503", Unavailable::response().0),
    ] {
        if applies {
            let reference = || Ref::from_response_name(name).into();
            operation.responses.responses.entry(status.to_owned()).or_insert_with(reference);
        }
    }
}

/// A body that may be JSON may be a form too.
fn accept_forms(body: &mut RequestBody) {
    if let Some(content) = body.content.get(JSON).cloned() {
        body.content.extend(FORMS.map(|form| (form.to_owned(), content.clone())));
    }
}

/// The document as it is served.
#[derive(Debug, Clone)]
pub(super) struct Document(Arc<str>);

impl Document {
    pub(super) fn new(document: &OpenApi) -> Self {
        Self(document.to_json().expect("a document of strings and maps always serializes").into())
    }

    pub(super) fn json(&self) -> &str {
        &self.0
    }
}
