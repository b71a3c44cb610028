//! `GET /openapi.json`: the surface for programs, made from the table of routes, so that it cannot
//! say anything else.

use serde_json::{Map, Value, json};

use crate::routes::{Endpoint, ROUTES, Requirement, Route};

/// Ids of uploads, as `UploadId::parse` takes them.
const UPLOAD_ID: &str = "^[0-9a-f]{48}$";

/// The OpenAPI 3.1 document.
#[must_use]
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(route.method.as_str().to_ascii_lowercase(), operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": env!("CARGO_PKG_DESCRIPTION"), "version": env!("CARGO_PKG_VERSION")},
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {
                "Error": object(&json!({"detail": {"description": "What people read"}, "code": {"type": "string"}})),
                "Upload": object(&json!({
                    "id": {"type": "string", "pattern": UPLOAD_ID},
                    "filename": {"type": "string"},
                    "size": {"type": "integer"},
                    "content_type": {"type": "string"},
                    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                    "created_at": {"type": "integer", "description": "Seconds since the Unix epoch"},
                })),
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let (summary, refusals): (_, &[&str]) = match route.endpoint {
        Endpoint::Health => ("Whether the service is up and has keys", &[]),
        Endpoint::OpenApi => ("This document", &[]),
        Endpoint::Protected => ("Who the token belongs to", &[]),
        Endpoint::AdminDashboard => ("For administrators", &[]),
        Endpoint::Upload => ("Stores a file", &["400", "408", "413", "422"]),
        Endpoint::Uploads => ("The user's files, the newest first", &["422"]),
        Endpoint::Download => ("The content of a file, or a range of it", &["404", "412", "416"]),
        Endpoint::DeleteUpload => ("Deletes a file", &["404", "412"]),
    };
    let mut responses = Map::from_iter([("200".to_owned(), success(route.endpoint))]);
    let guarded = route.requires != Requirement::Nothing;
    let common: &[&str] = if guarded { &["401", "403", "503"] } else { &[] };
    for status in refusals.iter().chain(common) {
        let error = json!({"description": "Refused", "content": content("application/json", &reference("Error"))});
        responses.insert((*status).to_owned(), error);
    }
    if route.endpoint == Endpoint::Download {
        responses.insert("206".to_owned(), success(route.endpoint));
        responses.insert(
            "304".to_owned(),
            json!({"description": "The client has this version (`If-None-Match`)"}),
        );
    }
    let mut operation = json!({"summary": summary, "responses": responses});
    if guarded {
        operation["security"] = json!([{"bearer": []}]);
    }
    match route.endpoint {
        Endpoint::Upload => {
            let form = object(
                &json!({"file": {"type": "string", "contentMediaType": "application/octet-stream"}}),
            );
            operation["requestBody"] =
                json!({"required": true, "content": content("multipart/form-data", &form)});
        }
        Endpoint::Uploads => {
            operation["description"] =
                json!("Unknown and repeated query parameters are refused with 422");
            operation["parameters"] = json!([
                {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
                {"name": "after", "in": "query", "schema": {"type": "string", "pattern": UPLOAD_ID}},
            ]);
        }
        Endpoint::Download | Endpoint::DeleteUpload => {
            operation["parameters"] = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "pattern": UPLOAD_ID}}]);
        }
        _ => {}
    }
    operation
}

fn success(endpoint: Endpoint) -> Value {
    let (media_type, schema) = match endpoint {
        Endpoint::Download => ("application/octet-stream", json!({})),
        Endpoint::Upload => ("application/json", reference("Upload")),
        Endpoint::Uploads => (
            "application/json",
            object(&json!({
                "uploads": {"type": "array", "items": reference("Upload")},
                "next": {"type": ["string", "null"], "pattern": UPLOAD_ID},
            })),
        ),
        _ => ("application/json", json!({"type": "object"})),
    };
    json!({"description": "Done", "content": content(media_type, &schema)})
}

fn content(media_type: &str, schema: &Value) -> Value {
    json!({ media_type: { "schema": schema } })
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

/// An object whose members are all there.
fn object(properties: &Value) -> Value {
    let required: Vec<_> = properties.as_object().into_iter().flat_map(Map::keys).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_described_with_what_it_takes() {
        let document = document();
        for route in ROUTES {
            let operation =
                &document["paths"][route.path][route.method.as_str().to_ascii_lowercase()];
            assert!(operation["summary"].is_string(), "{}", route.path);
            assert!(operation["responses"]["200"].is_object(), "{}", route.path);
            let guarded = route.requires != Requirement::Nothing;
            assert_eq!(operation["security"].is_array(), guarded, "{}", route.path);
            assert_eq!(operation["responses"]["401"].is_object(), guarded, "{}", route.path);
        }
        let operations: usize = document["paths"]
            .as_object()
            .expect("paths")
            .values()
            .filter_map(Value::as_object)
            .map(Map::len)
            .sum();
        assert_eq!(operations, ROUTES.len());
    }
}
