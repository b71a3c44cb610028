//! The OpenAPI document and the router agree.
//!
//! [`TestIssuer::send`](crate::support::TestIssuer::send) checks every response of the other tests
//! against the document too.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::http::{Request, Response, exchange, request};
use crate::response_checker::{pointed, resolved};
use crate::support::{Options, PASSWORD, TestIssuer, skipped};

/// A service that may introspect tokens. No test knows its secret.
const INTROSPECTION_CLIENT: &str =
    "shop:0000000000000000000000000000000000000000000000000000000000000000";

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn operations(document: &Value) -> impl Iterator<Item = (&String, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths.iter().flat_map(|(path, item)| {
        METHODS
            .into_iter()
            .filter_map(move |method| item.get(method).map(|operation| (path, method, operation)))
    })
}

/// The path with something for each parameter that is there.
fn filled(template: &str) -> String {
    template.replace("{id}", "1").replace("{list}", "0").replace("{file}", "swagger-ui.css")
}

fn call(method: &str, path: &str, token: &str) -> Request {
    let request = request(&method.to_ascii_uppercase(), path).bearer(token);
    if matches!(method, "get" | "delete") { request } else { request.json("{}") }
}

#[test]
fn the_document_is_sound() {
    let issuer = TestIssuer::start();
    let response = issuer.send(&request("GET", "/openapi.json"));
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    assert_eq!(
        response.header("access-control-allow-origin"),
        Some("*"),
        "tools on other pages read it"
    );
    let document = response.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));

    let mut all = BTreeSet::new();
    references(&document, &mut all);
    for reference in &all {
        pointed(&document, reference);
    }
    let components = document["components"].as_object().expect("components");
    for kind in ["schemas", "responses"] {
        for name in components[kind].as_object().expect("an object").keys() {
            assert!(
                all.contains(format!("#/components/{kind}/{name}").as_str()),
                "nothing refers to {kind} {name}"
            );
        }
    }
    let tags: Vec<_> =
        document["tags"].as_array().expect("tags").iter().map(|tag| &tag["name"]).collect();
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let name = format!("{method} {path}");
        assert!(
            ids.insert(operation["operationId"].as_str().expect("an id")),
            "{name}: its id is taken"
        );
        assert!(tags.contains(&&operation["tags"][0]), "{name}: its tag is not described");
        assert!(
            operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
            "{name}: no summary"
        );
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let in_path = |parameter: &&Value| parameter["in"] == "path";
        assert_eq!(parameters.iter().filter(in_path).count(), path.matches('{').count(), "{name}");
    }
    assert!(ids.len() >= 20, "{} operations", ids.len());
}

#[test]
fn documented_operations_respond_and_other_methods_are_refused() {
    let issuer = TestIssuer::with(Options {
        public_url: Some("http://issuer.example"),
        openid_configuration: true,
        introspection_clients: INTROSPECTION_CLIENT,
        ..Options::default()
    });
    let document = issuer.send(&request("GET", "/openapi.json")).json();
    issuer.administrator();
    let mut documented: BTreeMap<&String, BTreeSet<&str>> = BTreeMap::new();
    for (path, method, _) in operations(&document) {
        documented.entry(path).or_default().insert(method);
    }
    assert_eq!(
        documented.len(),
        document["paths"].as_object().expect("paths").len(),
        "a path without an operation"
    );
    for (path, methods) in documented {
        let filled = filled(path);
        // A session for each path: one of them ends all.
        let boss = issuer.login("boss", PASSWORD).text("access");
        let mut allowed: BTreeSet<String> =
            methods.iter().map(|method| method.to_ascii_uppercase()).collect();
        if allowed.contains("GET") {
            allowed.insert("HEAD".to_owned());
            assert!(responds_to_head(&issuer, &filled, &boss), "HEAD {path}");
        }
        for method in METHODS {
            let name = format!("{method} {filled}");
            if methods.contains(method) {
                let status = head(&issuer, &call(method, &filled, &boss));
                assert!(status != 404 && status != 405 && status < 500, "{name}: {status}");
                continue;
            }
            let response = issuer.send(&call(method, &filled, &boss));
            assert_eq!(response.status, 405, "{name}");
            let listed: BTreeSet<_> = response
                .header("allow")
                .unwrap_or_default()
                .split(',')
                .map(str::to_owned)
                .collect();
            assert_eq!(listed, allowed, "{name}");
        }
    }
}

#[test]
fn operations_admit_the_callers_that_the_document_names() {
    let issuer = TestIssuer::with(Options {
        introspection_clients: INTROSPECTION_CLIENT,
        ..Options::default()
    });
    let document = issuer.send(&request("GET", "/openapi.json")).json();
    for (path, method, operation) in operations(&document) {
        let name = format!("{method} {path}");
        let requires = |scheme: &str| operation["security"][0].get(scheme).is_some();
        if requires("basic") {
            for request in [request("POST", path), call(method, path, "a")] {
                assert_eq!(head(&issuer, &request), 401, "{name}");
            }
            continue;
        }
        let requires_token = requires("bearer");
        assert_eq!(operation.get("security").is_some(), requires_token, "{name}");
        let requires_administrator = operation["responses"].get("403").is_some();
        assert!(requires_token || !requires_administrator, "{name}");

        let anonymous = request(&method.to_ascii_uppercase(), &filled(path)).json("{}");
        assert_eq!(head(&issuer, &anonymous) == 401, requires_token, "{name}, without a token");
        // A session for each operation: one of them ends all.
        let user = issuer.login("testuser", PASSWORD).text("access");
        let status = head(&issuer, &call(method, &filled(path), &user));
        assert_eq!(status == 403, requires_administrator, "{name}, as another user: {status}");
        assert_ne!(status, 401, "{name}, as another user");
    }
}

/// The status alone: the body may be compressed.
fn head(issuer: &TestIssuer, request: &Request) -> u16 {
    let bytes = exchange(issuer.address, &request.bytes());
    let text = String::from_utf8_lossy(&bytes);
    text.split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("no status: {text}"))
}

fn responds_to_head(issuer: &TestIssuer, path: &str, token: &str) -> bool {
    let status = head(issuer, &request("HEAD", path).bearer(token));
    status != 404 && status != 405 && status < 500
}

#[test]
fn a_body_without_its_fields_is_refused_by_the_names_that_are_documented() {
    let issuer = TestIssuer::start();
    let document = issuer.send(&request("GET", "/openapi.json")).json();
    let boss = issuer.administrator();
    let mut bodies = 0;
    for (path, method, operation) in operations(&document) {
        let Some(body) = operation.get("requestBody") else { continue };
        bodies += 1;
        let content = body["content"].as_object().expect("content");
        let types: Vec<_> = content.keys().map(String::as_str).collect();
        if path.starts_with("/oauth/") {
            assert_eq!(types, ["application/x-www-form-urlencoded"], "{path}");
            continue;
        }
        assert_eq!(
            types,
            ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
            "{path}"
        );
        let schema = resolved(&document, &content["application/json"]["schema"]);
        let required: BTreeSet<String> = parts(&document, schema)
            .flat_map(|part| part["required"].as_array().into_iter().flatten())
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        assert_eq!(body["required"], !required.is_empty(), "{method} {path}");
        let response = issuer.send(&call(method, &filled(path), &boss));
        if required.is_empty() {
            assert_eq!(response.status, 200, "{method} {path}: nothing is required");
            continue;
        }
        assert_eq!(response.status, 400, "{method} {path}");
        let named: BTreeSet<String> =
            response.json().as_object().expect("an object").keys().cloned().collect();
        assert_eq!(named, required, "{method} {path}");
        // Every documented property is validated.
        let wrong: Map<String, Value> =
            properties(&document, schema).map(|name| (name, json!([]))).collect();
        let names: BTreeSet<_> = wrong.keys().cloned().collect();
        let response = issuer.send(
            &request(&method.to_ascii_uppercase(), &filled(path))
                .bearer(&boss)
                .json(Value::Object(wrong)),
        );
        let named: BTreeSet<String> =
            response.json().as_object().expect("an object").keys().cloned().collect();
        assert_eq!((response.status, named), (400, names), "{method} {path}");
    }
    assert!(bodies >= 8, "{bodies} bodies");
}

/// A schema, and those that it is made from.
fn parts<'a>(document: &'a Value, schema: &'a Value) -> impl Iterator<Item = &'a Value> {
    let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    parts.map(|part| resolved(document, part)).chain([schema])
}

fn properties<'a>(document: &'a Value, schema: &'a Value) -> impl Iterator<Item = String> + 'a {
    parts(document, schema)
        .filter_map(|part| part["properties"].as_object())
        .flat_map(|properties| properties.keys().cloned())
}

#[test]
fn independent_tools_accept_the_document() {
    const SCRIPT: &str = "import json, sys; from openapi_spec_validator import validate; \
         validate(json.load(sys.stdin))";
    let Ok(python) = std::env::var("PYTHON") else {
        skipped("PYTHON names no Python");
        return;
    };
    let imports = Command::new(&python).args(["-c", "import openapi_spec_validator"]).output();
    if !imports.is_ok_and(|output| output.status.success()) {
        skipped(format_args!("{python} cannot import openapi_spec_validator"));
        return;
    }
    let issuer = TestIssuer::start();
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), issuer.send(&request("GET", "/openapi.json")).body)
        .expect("it is written");
    let input = std::fs::File::open(file.path()).expect("it is there");
    let output =
        Command::new(&python).args(["-c", SCRIPT]).stdin(input).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A file of the documentation: head and unpacked body.
fn docs_file(issuer: &TestIssuer, path: &str) -> (Response, String) {
    let bytes = exchange(issuer.address, &request("GET", path).bytes());
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head") + 4;
    let response = Response::parse(&bytes[..end]);
    let body = &bytes[end..];
    let mut text = Vec::new();
    if response.header("content-encoding") == Some("gzip") {
        flate2::read::GzDecoder::new(body).read_to_end(&mut text).expect("gzip");
    } else {
        text.extend_from_slice(body);
    }
    (response, String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn the_documentation_for_people_needs_nothing_from_elsewhere() {
    let issuer = TestIssuer::start();
    let response = issuer.send(&request("GET", "/docs"));
    assert_eq!((response.status, response.header("location")), (301, Some("/docs/")));
    let (head, page) = docs_file(&issuer, "/docs/");
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/html")));
    let policy = head.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    let mut parts = 0;
    for attribute in ["src=\"", "href=\""] {
        for rest in page.split(attribute).skip(1) {
            let target = rest.split('"').next().expect("it ends");
            let name = target.trim_start_matches("./");
            assert!(!name.contains('/') && !name.contains(':'), "{target} leads elsewhere");
            let (head, body) = docs_file(&issuer, &format!("/docs/{name}"));
            assert_eq!(head.status, 200, "{name}");
            assert!(!body.is_empty(), "{name}");
            let kind = head.header("content-type").expect("a type");
            let expected = if name.ends_with(".js") {
                "javascript"
            } else if name.ends_with(".css") {
                "css"
            } else {
                "image/png"
            };
            assert!(kind.contains(expected), "{name}: {kind}");
            parts += 1;
        }
    }
    assert!(parts >= 5, "{parts} parts in {page}");
    assert!(!page.contains("<script>") && !page.contains("<style"), "nothing inline: {page}");
    let (_, start) = docs_file(&issuer, "/docs/swagger-initializer.js");
    assert!(
        start.contains("\"../openapi.json\"") && start.contains("\"validatorUrl\": \"none\""),
        "{start}"
    );
    assert_eq!(issuer.send(&request("GET", "/docs/..%2fCargo.toml")).status, 404);
    assert_eq!(issuer.send(&request("GET", "/docs/nothing")).status, 404);
    assert_eq!(issuer.login("testuser", PASSWORD).status, 200);
}
