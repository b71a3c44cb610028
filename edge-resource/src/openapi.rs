//! `GET /openapi.json`: the OpenAPI 3.1 document, built from the rows of the routes.

use http::Method;
use serde_json::{Map, Value, json};

/// Ids of uploads.
const UPLOAD_ID: &str = "^[0-9a-f]{48}$";

/// A row of the routes, as the document describes it.
pub(crate) struct Row<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) needs_token: bool,
    pub(crate) operation: &'a Operation,
}

/// The description of a route.
pub(crate) struct Operation {
    summary: &'static str,
    input: Input,
    output: Output,
    /// Statuses of errors, without those of authorization.
    errors: &'static [&'static str],
}

/// The input of an operation.
#[derive(Clone, Copy)]
pub(crate) enum Input {
    Nothing,
    /// A form with the field `file`.
    Form,
    /// The query of a page of uploads.
    Page,
    /// The path parameter `id`.
    UploadId,
}

/// The content of a successful response.
#[derive(Clone, Copy)]
pub(crate) enum Output {
    /// A JSON object.
    Object,
    Upload,
    /// A page of uploads.
    Page,
    /// The content of a file, or a range of it.
    File,
}

impl Operation {
    /// Describes a route without input that responds with a JSON object.
    pub(crate) const fn new(summary: &'static str) -> Self {
        Self { summary, input: Input::Nothing, output: Output::Object, errors: &[] }
    }

    pub(crate) const fn takes(mut self, input: Input) -> Self {
        self.input = input;
        self
    }

    pub(crate) const fn returns(mut self, output: Output) -> Self {
        self.output = output;
        self
    }

    pub(crate) const fn fails(mut self, errors: &'static [&'static str]) -> Self {
        self.errors = errors;
        self
    }
}

/// Builds the document.
pub(crate) fn document<'a>(rows: impl Iterator<Item = Row<'a>>) -> Value {
    let mut paths = Map::new();
    for row in rows {
        let path = paths.entry(row.path).or_insert_with(|| json!({}));
        path[row.method.as_str().to_ascii_lowercase()] = operation(&row);
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": env!("CARGO_PKG_DESCRIPTION"), "version": env!("CARGO_PKG_VERSION")},
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
            "schemas": {
                "Error": object(&json!({
                    "detail": {"description": "The text for people"},
                    "code": {"type": "string"},
                })),
                "Upload": object(&json!({
                    "id": {"type": "string", "pattern": UPLOAD_ID},
                    "filename": {"type": "string"},
                    "size": {"type": "integer"},
                    "content_type": {"type": "string"},
                    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                    "created_at": {
                        "type": "integer",
                        "description": "Seconds since the Unix epoch",
                    },
                })),
            },
        },
    })
}

fn operation(row: &Row<'_>) -> Value {
    let Operation { summary, input, output, errors } = row.operation;
    let mut responses = Map::from_iter([("200".to_owned(), output.response())]);
    let authorization: &[&str] = if row.needs_token { &["401", "403", "503"] } else { &[] };
    for status in errors.iter().chain(authorization) {
        let content = content("application/json", &reference("Error"));
        let error = json!({"description": "Refused", "content": content});
        responses.insert((*status).to_owned(), error);
    }
    if matches!(output, Output::File) {
        let unchanged = json!({"description": "The client has this version (`If-None-Match`)"});
        responses.insert("206".to_owned(), output.response());
        responses.insert("304".to_owned(), unchanged);
    }
    let mut operation = json!({"summary": summary, "responses": responses});
    if row.needs_token {
        operation["security"] = json!([{"bearer": []}]);
    }
    input.describe(&mut operation);
    operation
}

impl Input {
    fn describe(self, operation: &mut Value) {
        let upload_id = json!({"type": "string", "pattern": UPLOAD_ID});
        match self {
            Self::Nothing => {}
            Self::Form => {
                let file =
                    json!({"type": "string", "contentMediaType": "application/octet-stream"});
                let form = object(&json!({ "file": file }));
                let content = content("multipart/form-data", &form);
                operation["requestBody"] = json!({"required": true, "content": content});
            }
            Self::Page => {
                let limit = json!({"type": "integer", "minimum": 1, "maximum": 100, "default": 20});
                operation["description"] =
                    json!("Unknown and repeated query parameters are refused with 422");
                operation["parameters"] = json!([
                    {"name": "limit", "in": "query", "schema": limit},
                    {"name": "after", "in": "query", "schema": upload_id},
                ]);
            }
            Self::UploadId => {
                operation["parameters"] =
                    json!([{"name": "id", "in": "path", "required": true, "schema": upload_id}]);
            }
        }
    }
}

impl Output {
    fn response(self) -> Value {
        let (media_type, schema) = match self {
            Self::Object => ("application/json", json!({"type": "object"})),
            Self::Upload => ("application/json", reference("Upload")),
            Self::Page => {
                let page = json!({
                    "uploads": {"type": "array", "items": reference("Upload")},
                    "next": {"type": ["string", "null"], "pattern": UPLOAD_ID},
                });
                ("application/json", object(&page))
            }
            Self::File => ("application/octet-stream", json!({})),
        };
        json!({"description": "Done", "content": content(media_type, &schema)})
    }
}

fn content(media_type: &str, schema: &Value) -> Value {
    json!({ media_type: { "schema": schema } })
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

/// Returns the schema of an object with these required members.
fn object(properties: &Value) -> Value {
    let required: Vec<_> = properties.as_object().into_iter().flat_map(Map::keys).collect();
    json!({"type": "object", "properties": properties, "required": required})
}
