//! The applications in `examples/gated`, each behind the gate: Rust, Python and JavaScript respond
//! alike.

use std::path::{Path, PathBuf};

use serde_json::json;
use test_support::claims::{access_claims, with};
use test_support::signer::Signer;

use crate::support::wire::{RawResponse, Stream};
use crate::support::{Edge, gate, now, skipped};

/// The rules of the examples' manifests.
const RULES: &str = r#"jwt_gate_access_rules=[{"path":"/","public":true},
    {"path":"/echo","method":"POST","role":"admin"}]"#;

/// Returns the component that `examples/gated/build.sh` has built.
fn example(language: &str) -> Option<PathBuf> {
    let build = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/gated/build");
    let path = build.join(format!("{language}.wasm"));
    if path.is_file() {
        return Some(path);
    }
    skipped(format_args!("examples/gated: {language} is not built (examples/gated/build.sh)"));
    None
}

fn responds_as_documented(language: &str) {
    let (Some(gate), Some(app)) = (gate(), example(language)) else { return };
    let signer = Signer::generated("k1");
    let key = format!("jwt_gate_public_key={}", signer.public_pem());
    let arguments =
        ["--gate", gate.to_str().expect("UTF-8"), "--variable", &key, "--variable", RULES];
    let edge = Edge::start(&app, &arguments);
    let bearer =
        |changes| format!("Bearer {}", signer.token(&with(access_claims(now()), &changes)));
    let user = bearer(json!({"jti": "j1"}));
    let admin = bearer(json!({"jti": "j2", "username": "도장", "role": "admin"}));
    let send = |method: &str, path: &str, authorization: Option<&String>, body: &[u8]| {
        let mut headers = vec![("X-Auth-Role", "admin"), ("x_auth_username", "forged")];
        headers.extend(authorization.map(|value| ("Authorization", value.as_str())));
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: edge.test\r\n");
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        head.extend(headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")));
        let mut stream = Stream::connect(&edge);
        stream.send(format!("{head}\r\n").as_bytes());
        stream.send(body);
        let RawResponse { status, body, .. } = stream.receive(method);
        (status["HTTP/1.1 ".len()..][..3].to_owned(), String::from_utf8(body).expect("UTF-8"))
    };
    let is = |status: &str, body: &str| (status.to_owned(), body.to_owned());
    assert_eq!(send("GET", "/", None, b""), is("200", r#"{"public":true}"#));
    assert_eq!(send("GET", "/me", None, b"").0, "401");
    let me = r#"{"user_id":"1","username":"testuser","role":"instructor","jti":"j1"}"#;
    assert_eq!(send("GET", "/me", Some(&user), b""), is("200", me));
    let me = r#"{"user_id":"1","username":"도장","role":"admin","jti":"j2"}"#;
    assert_eq!(send("GET", "/me", Some(&admin), b""), is("200", me));
    let missing = is("404", r#"{"detail":"Not Found"}"#);
    assert_eq!(send("GET", "/missing", Some(&user), b""), missing);
    assert_eq!(send("POST", "/echo", Some(&user), b"hello").0, "403");
    assert_eq!(send("POST", "/echo", Some(&admin), b"hello"), is("200", "hello"));
}

#[test]
fn rust_responds_as_documented() {
    responds_as_documented("rust");
}

#[test]
fn javascript_responds_as_documented() {
    if is_compiled_in_time("javascript", 2) {
        responds_as_documented("javascript");
    }
}

#[test]
fn python_responds_as_documented() {
    if is_compiled_in_time("python", 20) {
        responds_as_documented("python");
    }
}

/// Returns whether to run a component of so many MB: the program of these tests is not optimised,
/// and takes minutes to compile it.
fn is_compiled_in_time(language: &str, megabytes: u32) -> bool {
    let is_wanted = std::env::var_os("EDGE_GATED_EXAMPLES").is_some_and(|value| value == "all");
    if !is_wanted && cfg!(debug_assertions) {
        skipped(format_args!(
            "examples/gated: {language} is built but not run, since its {megabytes} MB take minutes \
             to compile without optimization (EDGE_GATED_EXAMPLES=all)"
        ));
    }
    is_wanted || !cfg!(debug_assertions)
}
