//! Checks the responses that the tests receive against the OpenAPI document.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::http::{Request, Response};

/// Compares responses with the OpenAPI document of the issuer that sent them.
pub(crate) struct ResponseChecker {
    document: Value,
    validators: Mutex<BTreeMap<String, Validator>>,
}

impl ResponseChecker {
    pub(crate) fn new(document: Value) -> Self {
        Self { document, validators: Mutex::default() }
    }

    /// Panics when a response to a documented operation differs from its documentation.
    #[track_caller]
    pub(crate) fn check(&self, request: &Request, response: &Response) {
        let (method, path) = (request.method().to_ascii_lowercase(), request.path());
        let Some((template, operation)) = self.operation(&method, path) else { return };
        // Every response of the issuer has an id; one without is from the HTTP library.
        if response.header("x-request-id").is_none() {
            return;
        }
        let name = format!("{method} {path}: {} {}", response.status, response.body);
        let documented = operation["responses"].get(response.status.to_string());
        let documented = documented.unwrap_or_else(|| panic!("not documented: {name}"));
        let documented = resolved(&self.document, documented);
        let Some(content) = documented.get("content").and_then(Value::as_object) else {
            assert_eq!(response.body, "", "no body is documented: {name}");
            return;
        };
        for header in
            documented.get("headers").and_then(Value::as_object).into_iter().flat_map(Map::keys)
        {
            assert!(response.header(header).is_some(), "no {header}: {name}");
        }
        let sent = response.header("content-type").unwrap_or_default();
        let sent = sent.split(';').next().unwrap_or_default();
        let Some(media) = content.get(sent).or_else(|| content.get("*/*")) else {
            panic!("the content type {sent} is not documented: {name}")
        };
        if sent == "application/json" {
            self.validate(
                &format!("{method} {template} {}", response.status),
                &media["schema"],
                response,
                &name,
            );
        }
    }

    #[track_caller]
    fn validate(&self, key: &str, schema: &Value, response: &Response, name: &str) {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let validator = validators.entry(key.to_owned()).or_insert_with(|| {
            // The references of the schema lead into the document.
            let mut root = schema.as_object().expect("a schema is an object").clone();
            root.insert("components".to_owned(), self.document["components"].clone());
            jsonschema::draft202012::new(&Value::Object(root))
                .unwrap_or_else(|error| panic!("{key}: {error}"))
        });
        let errors: Vec<String> =
            validator.iter_errors(&response.json()).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}: {name}");
    }

    fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let path = path.split('?').next()?;
        let paths = self.document["paths"].as_object().expect("paths");
        let exact = paths.get_key_value(path);
        let (template, item) =
            exact.or_else(|| paths.iter().find(|(template, _)| fits(template, path)))?;
        Some((template, item.get(method)?))
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, found): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    let same = |(wanted, found): (&&str, &&str)| {
        wanted == found || (wanted.starts_with('{') && !found.is_empty())
    };
    wanted.len() == found.len() && wanted.iter().zip(&found).all(same)
}

pub(crate) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => pointed(document, reference),
        None => value,
    }
}

pub(crate) fn pointed<'a>(document: &'a Value, reference: &str) -> &'a Value {
    let pointer = reference
        .strip_prefix('#')
        .unwrap_or_else(|| panic!("{reference} leads out of the document"));
    document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}
