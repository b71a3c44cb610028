//! The settings of the standard claims, and of introspection.

use std::process::Command;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::program::{Server, WorkingDirectory, fails, login, succeeds};
use crate::http::request;

fn with_user() -> WorkingDirectory {
    let dir = WorkingDirectory::with_keys();
    succeeds(&dir.run_with_input(
        &["users", "create", "--username", "testuser", "--password-stdin"],
        "testpass123",
    ));
    dir
}

/// A part of a token, unverified: 0 is the header, 1 the payload.
fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a part");
    let text = BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn variables_set_the_standard_claims() {
    let dir = with_user();
    let text = str::to_owned;
    let server = Server::start_with(
        &dir,
        &[
            ("ISSUER_PUBLIC_URL", &text("https://login.example/")),
            ("ISSUER_AUDIENCE", &text("shop, mail,")),
            ("ISSUER_AT_JWT", &text("true")),
            ("ISSUER_CLIENT_ID", &text("shop-web")),
            ("ISSUER_OPENID_CONFIGURATION", &text("true")),
        ],
    );
    let access = login(server.address, "testuser", "testpass123").text("access");
    assert_eq!(part(&access, 0)["typ"], "at+jwt");
    let claims = part(&access, 1);
    assert_eq!(
        (&claims["iss"], &claims["sub"], &claims["aud"], &claims["client_id"]),
        (
            &json!("https://login.example"),
            &json!("1"),
            &json!(["shop", "mail"]),
            &json!("shop-web")
        )
    );
    let configuration = request("GET", "/.well-known/openid-configuration").send(server.address);
    assert_eq!(configuration.text("issuer"), "https://login.example");
    server.signal("TERM");
    assert_eq!(server.wait().0, Some(0));
}

#[test]
fn empty_variables_set_nothing() {
    let dir = with_user();
    let names = [
        "ISSUER_PUBLIC_URL",
        "ISSUER_AUDIENCE",
        "ISSUER_CLIENT_ID",
        "ISSUER_ACCEPTED_AUDIENCE",
        "ISSUER_ACCEPTED_ISSUER",
        "ISSUER_INTROSPECTION_CLIENTS",
        "ISSUER_AT_JWT",
        "ISSUER_OPENID_CONFIGURATION",
        "ISSUER_ROTATE_REFRESH_TOKENS",
    ];
    let empty = String::new();
    let server = Server::start_with(&dir, &names.map(|name| (name, &empty)));
    let access = login(server.address, "testuser", "testpass123").text("access");
    let claims = part(&access, 1);
    for name in ["iss", "sub", "aud", "client_id"] {
        assert_eq!(claims.get(name), None, "{name}");
    }
    assert_eq!(request("POST", "/oauth/introspect").send(server.address).status, 404);
    server.signal("TERM");
    server.wait();
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let dir = WorkingDirectory::with_keys();
    let url = ["--public-url", "https://login.example"];
    let command = |arguments: &[&str]| -> Command {
        dir.command(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat())
    };
    for (arguments, said) in [
        (vec!["--audience", "shop"], "--audience needs --public-url"),
        (vec!["--at-jwt"], "--at-jwt needs --public-url"),
        (vec!["--client-id", "a"], "--client-id needs --public-url"),
        (vec!["--openid-configuration"], "--openid-configuration needs --public-url"),
        ([&url[..], &["--at-jwt"]].concat(), "--at-jwt needs --audience"),
        (
            [&url[..], &["--audience", "shop,https://login.example"]].concat(),
            "--audience must not be --public-url",
        ),
        (vec!["--public-url", "login.example"], "--public-url: \"login.example\" is not the URL"),
    ] {
        let line = fails(&command(&arguments).output().expect("it runs"));
        assert!(line.contains(said), "{line}");
    }
    let output = command(&["--introspection-clients", "shop:hunter2"]).output().expect("it runs");
    let text = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success() && text.contains("entry 1 is not NAME:HASH"), "{text}");
    assert!(!text.contains("hunter2"), "a secret is repeated: {text}");
}

#[test]
fn a_made_secret_introspects_with_its_entry() {
    let dir = with_user();
    let text = succeeds(&dir.run(&["introspection-client", "shop-api"]));
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).expect("a line");
        line.split_whitespace().nth(1).expect("a value").to_owned()
    };
    let (secret, entry) = (value("secret"), value("entry"));
    assert!(secret.len() == 43 && entry.starts_with("shop-api:"), "{text}");
    assert_ne!(text, succeeds(&dir.run(&["introspection-client", "shop-api"])));
    let server = Server::start_with(&dir, &[("ISSUER_INTROSPECTION_CLIENTS", &entry)]);
    let access = login(server.address, "testuser", "testpass123").text("access");
    let credentials = BASE64_STANDARD.encode(format!("shop-api:{secret}"));
    let response = request("POST", "/oauth/introspect")
        .body("application/x-www-form-urlencoded", format!("token={access}"))
        .header("Authorization", &format!("Basic {credentials}"))
        .send(server.address);
    assert_eq!((response.status, &response.json()["active"]), (200, &json!(true)));
    server.signal("TERM");
    let (_, log) = server.wait();
    for private in [&secret, &credentials, &access] {
        assert!(!log.contains(private.as_str()), "{log}");
    }
    let output = dir.run(&["introspection-client", "a:b"]);
    assert!(!output.status.success());
}
