//! A component behind the gate: who gets through, and what each side sees of the other.

use std::path::Path;

use serde_json::{Value, json};
use test_support::claims::{access_claims, with};
use test_support::signer::Signer;

use crate::support::{
    Edge, Issuer, Response, gate, gate_app, gate_with_wide_arithmetic, now, skipped,
};

/// A component without checks behind the gate.
struct Gated {
    edge: Edge,
    signer: Signer,
}

impl Gated {
    fn start(variables: &[&str]) -> Option<Self> {
        Some(Self::start_gate(&gate()?, &gate_app()?, variables))
    }

    fn start_gate(gate: &Path, app: &Path, variables: &[&str]) -> Self {
        let signer = Signer::generated("k1");
        let key = format!("jwt_gate_public_key={}", signer.public_pem());
        let gate = gate.to_str().expect("UTF-8");
        let mut arguments = vec!["--gate", gate, "--variable", key.as_str()];
        arguments.extend(variables.iter().flat_map(|variable| ["--variable", *variable]));
        Self { edge: Edge::start(app, &arguments), signer }
    }

    fn bearer(&self, changes: &Value) -> String {
        format!("Bearer {}", self.signer.token(&with(access_claims(now()), changes)))
    }

    fn get(&self, path: &str, authorization: &str, headers: &[(&str, &str)]) -> Response {
        let headers = [headers, &[("Authorization", authorization)]].concat();
        self.edge.get(path, &headers)
    }
}

/// Returns the request's headers as the component behind the gate saw them.
fn seen(response: &Response) -> Vec<(String, String)> {
    assert_eq!(response.status, 200, "{}", response.text());
    serde_json::from_value(response.json()["headers"].clone()).expect("pairs")
}

fn identity(response: &Response) -> Vec<(String, String)> {
    let mut headers = seen(response);
    headers.retain(|(name, _)| name.starts_with("x-auth") || name.starts_with("x_auth"));
    headers.retain(|(name, _)| name != "x-auth-claims");
    headers
}

#[test]
fn the_component_behind_the_gate_reads_whose_token_it_was() {
    let Some(gated) = Gated::start(&[]) else { return };
    let jti = ("x-auth-jti".to_owned(), "0123456789abcdef0123456789abcdef".to_owned());
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        pair("x-auth-user-id", "1"),
        pair("x-auth-username", "도장"),
        pair("x-auth-role", "instructor"),
        jti,
    ];
    let bearer = gated.bearer(&json!({"username": "도장"}));
    assert_eq!(identity(&gated.get("/x", &bearer, &[])), expected);

    let forged = [
        ("X-Auth-Role", "admin"),
        ("x_auth_role", "admin"),
        ("X-AUTH_User-Id", "2"),
        ("X-Auth-Claims", "e30"),
        ("x-auth-anything", "x"),
    ];
    let response = gated.get("/x", &bearer, &forged);
    assert_eq!(identity(&response), expected);
    let claims: Vec<_> =
        seen(&response).into_iter().filter(|(name, _)| name == "x-auth-claims").collect();
    assert_eq!(claims.len(), 1);
    assert_ne!(claims[0].1, "e30");

    for user in ["1\r\nx-auth-role: admin", "a\u{0}b"] {
        let response = gated.get("/x", &gated.bearer(&json!({"user_id": user})), &[]);
        assert!(identity(&response).iter().all(|(name, _)| name != "x-auth-user-id"), "{user:?}");
    }
}

#[test]
fn the_authorization_header_is_removed_on_request_and_other_headers_are_not() {
    for (setting, expected) in [("forward", 1), ("remove", 0)] {
        let variable = format!("jwt_gate_authorization={setting}");
        let Some(gated) = Gated::start(&[variable.as_str()]) else { return };
        let bearer = gated.bearer(&json!({}));
        let response = gated.get("/x?q=1", &bearer, &[("X-Other", "a"), ("Cookie", "b=c")]);
        let headers = seen(&response);
        let count = |wanted: &str| headers.iter().filter(|(name, _)| name == wanted).count();
        assert_eq!(count("authorization"), expected, "{setting}");
        assert_eq!((count("x-other"), count("cookie")), (1, 1));
        let head = response.json();
        assert_eq!(head["path"], "/x?q=1");
        assert_eq!((&head["scheme"], &head["authority"]), (&json!("http"), &json!("edge.test")));
    }
}

#[test]
fn rules_open_and_restrict_paths() {
    let rules = r#"jwt_gate_access_rules=[{"path":"/","public":true},
        {"path":"/admin/*","role":"admin"},
        {"path":"/heads","method":"HEAD","public":true},
        {"path":"/files","method":"DELETE","scope":["files:write"]}]"#;
    let Some(gated) = Gated::start(&[rules]) else { return };
    let user = gated.bearer(&json!({}));
    let admin = gated.bearer(&json!({"role": "admin"}));
    let writer = gated.bearer(&json!({"scope": "files:write"}));
    for (method, path, authorization, status, code) in [
        ("GET", "/", None, 200, None),
        ("GET", "/?x=1", None, 200, None),
        ("GET", "/x", None, 401, Some("not_authenticated")),
        ("GET", "/x", Some(&user), 200, None),
        ("GET", "/admin/x", Some(&user), 403, Some("role_missing")),
        ("GET", "/%61dmin/x", Some(&user), 403, Some("role_missing")),
        ("GET", "/ADMIN", Some(&user), 403, Some("role_missing")),
        ("GET", "/x/../admin/x", Some(&user), 400, Some("path_ambiguous")),
        ("GET", "//admin/x", Some(&admin), 400, Some("path_ambiguous")),
        ("GET", "/admin/x", Some(&admin), 200, None),
        ("DELETE", "/files", Some(&user), 403, Some("scope_missing")),
        ("DELETE", "/files", Some(&writer), 200, None),
        ("delete", "/files", Some(&user), 403, Some("scope_missing")),
        ("GET", "/files", Some(&user), 200, None),
        ("GET", "/heads", None, 401, Some("not_authenticated")),
        ("GET", "http://edge.test?q=1", None, 200, None),
        ("GET", "http://edge.test/admin/x", Some(&user), 403, Some("role_missing")),
    ] {
        let headers: Vec<_> =
            authorization.map(|value| ("Authorization", value.as_str())).into_iter().collect();
        let response = gated.edge.connect().send(method, path, &headers, b"");
        let seen = (response.status, response.json()["code"].as_str().map(str::to_owned));
        assert_eq!(seen, (status, code.map(str::to_owned)), "{method} {path}");
    }
    let mut connection = gated.edge.connect();
    assert_eq!(connection.send("HEAD", "/heads", &[], b"").status, 200);
    // A public path has no identity, also none of the client's own.
    let response = gated.get("/", &admin, &[("X-Auth-Role", "admin")]);
    assert_eq!(identity(&response), []);
}

#[test]
fn without_valid_settings_nothing_passes() {
    let (Some(gate), Some(app)) = (gate(), gate_app()) else { return };
    let signer = Signer::generated("k1");
    let key = format!("jwt_gate_public_key={}", signer.public_pem());
    // As an application's own variable: the gate must not use it.
    let unprefixed = format!("public_key={}", signer.public_pem());
    let bearer = format!("Bearer {}", signer.token(&access_claims(now())));
    let public = r#"jwt_gate_access_rules=[{"path":"/","public":true}]"#;
    for (variables, code, reason) in [
        (vec![public], "keys_not_configured", "no verification key"),
        (vec![public, "jwt_gate_public_key="], "keys_not_configured", "no verification key"),
        (vec![public, unprefixed.as_str()], "keys_not_configured", "no verification key"),
        (vec![public, "jwt_gate_public_key=x"], "key_format_unknown", "public_key"),
        (
            vec![key.as_str(), r#"jwt_gate_access_rules=[{"path":"/"}]"#],
            "setting_invalid",
            "access_rules",
        ),
        (vec![key.as_str(), public, "jwt_gate_preflight=yes"], "setting_invalid", "preflight"),
        (vec![key.as_str(), public, "jwt_gate_revocation=redis"], "setting_invalid", "redis_url"),
        (vec![key.as_str(), public, "jwt_gate_token_type=none"], "setting_invalid", "token_type"),
    ] {
        let mut arguments = vec!["--gate", gate.to_str().expect("UTF-8")];
        arguments.extend(variables.iter().flat_map(|variable| ["--variable", *variable]));
        let edge = Edge::start(&app, &arguments);
        for path in ["/", "/x", "/a/../b"] {
            for headers in [vec![], vec![("Authorization", bearer.as_str())]] {
                for method in ["GET", "POST", "OPTIONS"] {
                    let response = edge.connect().send(method, path, &headers, b"");
                    let seen = (response.status, response.json()["code"].clone());
                    assert_eq!(seen, (503, json!(code)), "{method} {path} {variables:?}");
                }
            }
        }
        let log = edge.log();
        assert!(log.contains(reason) && log.contains("no request passes"), "{variables:?}: {log}");
    }
}

#[test]
fn preflights_pass_without_a_token_on_request_alone() {
    let preflight = |method: &'static str| {
        [
            ("Origin", "https://app.example"),
            ("Access-Control-Request-Method", method),
            ("X-Auth-Role", "admin"),
        ]
    };
    for (setting, reaches_application) in [("answer", false), ("pass", true)] {
        let variable = format!("jwt_gate_preflight={setting}");
        let Some(gated) = Gated::start(&[variable.as_str()]) else { return };
        let mut connection = gated.edge.connect();
        let response = connection.send("OPTIONS", "/x", &preflight("GET"), b"");
        assert_eq!(response.status, 200);
        assert_eq!(!response.body.is_empty(), reaches_application, "{setting}");
        if reaches_application {
            assert_eq!(identity(&response), []);
        }
        let response = connection.send("OPTIONS", "/x", &preflight("GET")[..1], b"");
        assert_eq!(response.status, 401, "{setting}");
    }
}

/// What an issuer's address leads to, and what passes while it does not.
#[test]
fn keys_can_come_from_an_address() {
    let (Some(gate), Some(app)) = (gate(), gate_app()) else { return };
    let signer = Signer::generated("k1");
    let issuer = Issuer::start(json!({"keys": [signer.jwk()]}));
    let url = format!("jwt_gate_jwks_url={}/jwks", issuer.origin());
    let public = r#"jwt_gate_access_rules=[{"path":"/","public":true}]"#;
    let bearer = format!("Bearer {}", signer.token(&access_claims(now())));
    let other = Signer::generated("k1");
    let forged = format!("Bearer {}", other.token(&access_claims(now())));
    for (is_allowed, expected) in [(true, [200, 401, 200, 401]), (false, [200, 401, 503, 503])] {
        let origin = issuer.origin();
        let mut arguments = vec!["--gate", gate.to_str().expect("UTF-8")];
        arguments.extend(["--variable", &url, "--variable", public]);
        if is_allowed {
            arguments.extend(["--allow-outbound", &origin]);
        }
        let edge = Edge::start(&app, &arguments);
        let token = |value: &str| edge.get("/x", &[("Authorization", value)]).status;
        let seen =
            [edge.get("/", &[]).status, edge.get("/x", &[]).status, token(&bearer), token(&forged)];
        assert_eq!(seen, expected, "allowed: {is_allowed}");
    }
}

#[test]
fn a_misspelt_variable_is_rejected_at_the_start() {
    let (Some(gate), Some(app)) = (gate(), gate_app()) else { return };
    let scratch = crate::support::Scratch::new();
    let mut command = crate::support::edge_host_with(&app, scratch.path());
    command.arg("--gate").arg(&gate).args(["--variable", "jwt_gate_acess_rules=[]"]);
    let output = command.output().expect("it runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(error.contains("no variable `jwt_gate_acess_rules`"), "{error}");
    assert!(error.contains("jwt_gate_access_rules"), "{error}");
}

#[test]
fn files_that_are_no_gate_or_no_application_are_rejected() {
    let (Some(gate), Some(app)) = (gate(), gate_app()) else { return };
    let scratch = crate::support::Scratch::new();
    let text = scratch.path().join("text.wasm");
    std::fs::write(&text, b"\0asm no component").expect("written");
    for (gate, app, words) in [
        (&app, &gate, "is not a gate"),
        (&app, &app, "is not a gate"),
        (&text, &app, "is not a component"),
        (&gate, &text, "is not a component"),
        (&scratch.path().join("missing.wasm"), &app, "does not exist"),
    ] {
        let mut command = crate::support::edge_host_with(app, scratch.path());
        let output = command.arg("--gate").arg(gate).output().expect("it runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(words), "{words}: {error}");
    }
}

#[test]
fn a_failing_application_opens_nothing() {
    let Some(gated) = Gated::start(&[]) else { return };
    let bearer = gated.bearer(&json!({}));
    for _ in 0..3 {
        let mut connection = gated.edge.connect();
        let response = connection.send("GET", "/trap", &[("Authorization", &bearer)], b"");
        assert!(response.status >= 500, "{}", response.status);
        assert_eq!(gated.edge.get("/x", &[]).status, 401);
        assert_eq!(gated.get("/x", &bearer, &[]).status, 200);
    }
}

#[test]
fn a_gate_in_front_of_the_protected_resources_changes_none_of_their_responses() {
    let Some(component) = crate::support::component() else { return };
    let Some(gate) = gate_with_wide_arithmetic() else { return };
    let signer = Signer::generated("k1");
    let (key, gate_key) = (
        format!("public_key={}", signer.public_pem()),
        format!("jwt_gate_public_key={}", signer.public_pem()),
    );
    let alone = Edge::start(&component, &["--variable", &key]);
    let gated = Edge::start(
        &component,
        &[
            "--gate",
            gate.to_str().expect("UTF-8"),
            "--variable",
            &key,
            "--variable",
            &gate_key,
            "--variable",
            r#"jwt_gate_access_rules=[{"path":"/","public":true}]"#,
        ],
    );
    let bearer = format!("Bearer {}", signer.token(&access_claims(now())));
    let expired =
        format!("Bearer {}", signer.token(&with(access_claims(now()), &json!({"exp": 1}))));
    for path in ["/protected", "/admin/dashboard", "/uploads", "/missing", "/protected/"] {
        for authorization in [None, Some(&bearer), Some(&expired)] {
            for language in ["ko", "en"] {
                let mut headers = vec![("X-Request-Id", "r1"), ("Accept-Language", language)];
                headers.extend(authorization.map(|value| ("Authorization", value.as_str())));
                let (one, other) = (alone.get(path, &headers), gated.get(path, &headers));
                if authorization != Some(&bearer) && one.status != 401 {
                    // The gate refuses before the route is known.
                    assert_eq!(other.status, 401, "{path}");
                    continue;
                }
                let parts = |response: &Response| {
                    let header = |name| response.header(name).map(str::to_owned);
                    let names = ["content-type", "www-authenticate", "x-request-id", "location"];
                    (response.status, response.body.clone(), names.map(header))
                };
                assert_eq!(parts(&one), parts(&other), "{path} {authorization:?}");
            }
        }
    }
}

/// The program `wac` and edge-host compose with the same library.
#[test]
fn wac_composes_a_gate_that_works() {
    let (Some(gate), Some(app)) = (gate(), gate_app()) else { return };
    let scratch = crate::support::Scratch::new();
    let composed = scratch.path().join("gated.wasm");
    let wac = std::env::var_os("WAC").unwrap_or_else(|| "wac".into());
    let mut command = std::process::Command::new(wac);
    command.arg("plug").arg("--plug").arg(&app).arg(&gate).arg("-o").arg(&composed);
    let Ok(output) = command.output() else {
        skipped("wac is not installed (cargo install wac-cli)");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let signer = Signer::generated("k1");
    let key = format!("jwt_gate_public_key={}", signer.public_pem());
    let edge = Edge::start(&composed, &["--variable", &key]);
    let bearer = format!("Bearer {}", signer.token(&access_claims(now())));
    assert_eq!(edge.get("/x", &[]).status, 401);
    assert_eq!(identity(&edge.get("/x", &[("Authorization", &bearer)])).len(), 4);
}
