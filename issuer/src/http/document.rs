//! The OpenAPI document: what all operations have in common. The rest stands at each handler, from
//! where the routes come too, so that neither can say what the other does not.

use std::sync::Arc;

use axum::Extension;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr, Required};
use utoipa::{OpenApi as _, ToResponse as _};

use super::answers::{
    BadRequest, BodyTimeout, BodyTooLarge, Conflict, Forbidden, NoHistory, NotFound, Throttled,
    Unauthorized, Unavailable, UnsupportedMediaType,
};
use super::error::{Body, Faults, Problem, TokenMessage};

/// Name of the security scheme: an access token in `Authorization`.
const BEARER: &str = "bearer";
/// Tag of what administrators do.
const ADMINISTRATION: &str = "administration";

const JSON: &str = "application/json";
/// The other forms in which a body may come.
const FORMS: [&str; 2] = ["application/x-www-form-urlencoded", "multipart/form-data"];
const CACHE: &str = "public, max-age=300";

/// Where the document begins before routes are added.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Dojang issuer",
        description = "Logs users in and issues RS256 tokens, with the paths and answers of Django and SimpleJWT.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    // Seen from the document, so that it is right below any path.
    servers((url = ".")),
    components(
        schemas(Body, Problem, Faults, TokenMessage),
        responses(
            BadRequest, Unauthorized, Forbidden, NotFound, Conflict, NoHistory, BodyTimeout, BodyTooLarge, UnsupportedMediaType, Throttled,
            Unavailable,
        )
    ),
    tags(
        (name = "tokens", description = "Login, refresh, verification, logout"),
        (name = "account", description = "The user behind an access token"),
        (name = "administration", description = "All users, for the role `admin`"),
        (name = "published", description = "What everybody may read: keys, status lists, health, this document"),
    )
)]
struct Foundation;

/// The document without routes.
pub(super) fn foundation() -> OpenApi {
    let mut document = Foundation::openapi();
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The `access` token of a login or refresh."))
        .build();
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert(BEARER.to_owned(), SecurityScheme::Http(scheme).into());
    document
}

/// Adds what holds for every operation of a kind; what a handler says by itself stays.
pub(super) fn complete(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        // A partial update changes what the body names, and nothing without one.
        if let Some(RefOr::T(body)) =
            item.patch.as_mut().and_then(|patch| patch.request_body.as_mut())
        {
            body.required = Some(Required::False);
        }
    }
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        let reads_a_body = match &mut operation.request_body {
            Some(RefOr::T(body)) => {
                also_as_forms(body);
                true
            }
            _ => false,
        };
        let wants_a_token = operation.security.is_some();
        let administers = operation.tags.iter().flatten().any(|tag| tag == ADMINISTRATION);
        for (applies, status, name) in [
            (reads_a_body, "400", BadRequest::response().0),
            (wants_a_token, "401", Unauthorized::response().0),
            (administers, "403", Forbidden::response().0),
            (reads_a_body, "408", BodyTimeout::response().0),
            (reads_a_body, "413", BodyTooLarge::response().0),
            (reads_a_body, "415", UnsupportedMediaType::response().0),
            (reads_a_body || wants_a_token, "503", Unavailable::response().0),
        ] {
            if applies {
                let named = || Ref::from_response_name(name).into();
                operation.responses.responses.entry(status.to_owned()).or_insert_with(named);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, post, put, patch, delete, .. } = item;
    [get, post, put, patch, delete].into_iter().flatten()
}

/// Whatever is read as JSON is read as a form too.
fn also_as_forms(body: &mut RequestBody) {
    if let Some(content) = body.content.get(JSON).cloned() {
        body.content.extend(FORMS.map(|form| (form.to_owned(), content.clone())));
    }
}

/// The document as it is served.
#[derive(Debug, Clone)]
pub(super) struct Document(Arc<str>);

impl Document {
    pub(super) fn new(document: &OpenApi) -> Self {
        Self(document.to_json().expect("a document of strings and maps always serialises").into())
    }
}

/// This document
///
/// OpenAPI 3.1. `/docs/` shows it to people.
#[utoipa::path(
    get, path = "/openapi.json", tag = "published",
    responses((status = 200, description = "The document", body = Object, content_type = "application/json"))
)]
pub(super) async fn openapi(Extension(Document(json)): Extension<Document>) -> Response {
    ([(CACHE_CONTROL, CACHE), (CONTENT_TYPE, JSON)], json.to_string()).into_response()
}
