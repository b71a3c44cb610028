//! The report of `GET /` on the store and the settings.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::{Edge, Scratch, component, edge_host_with, now};
use test_support::claims::access_claims;
use test_support::signer::Signer;

#[test]
fn a_failing_store_is_reported_and_tokens_are_still_verified() {
    let Some(component) = component() else { return };
    let (state, signer) = (Scratch::new(), Signer::generated("k1"));
    let key = format!("public_key={}", signer.public_pem());
    let edge = Edge::start_in(state.path(), &component, &["--variable", &key]);
    let health = edge.get("/", &[]).json();
    assert_eq!((&health["status"], &health["store"]), (&json!("ok"), &json!({"writable": true})));
    drop(edge);
    let mut command = Command::new("/bin/sh");
    command.env_clear().stdin(Stdio::null());
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_edge-host")]);
    command.args(edge_host_with(&component, state.path()).get_args()).args(["--variable", &key]);
    let edge = Edge::start_command(command);
    // From now on every write beyond the first 4 KiB of a file fails, as on a full disk.
    let limited =
        Command::new("prlimit").args(["--fsize=4096", "--pid", &edge.pid().to_string()]).status();
    assert!(limited.expect("prlimit runs").success());
    // With a delay: the last probe of the store succeeded less than 10 s ago.
    let is_found_out = edge.becomes_degraded(|| (), |health| health["store"]["writable"] == false);
    assert!(is_found_out, "{}", edge.log());
    assert!(edge.logs("the key-value store cannot be written"), "{}", edge.log());
    assert_eq!(edge.with_token("/protected", &signer.token(&access_claims(now()))).status, 200);
}

#[test]
fn the_names_of_variables_are_shown_without_their_values() {
    let Some(component) = component() else { return };
    let key = format!("public_key={}", Signer::generated("k1").public_pem());
    let set = [
        "--variable",
        &key,
        "--variable",
        "issuer=https://issuer.example",
        "--variable",
        "leeway=0",
    ];
    let health = Edge::start(&component, &set).get("/", &[]);
    assert_eq!(health.json()["variables"], json!(["public_key", "issuer"]));
    assert!(!health.text().contains("issuer.example"), "{}", health.text());
}

#[test]
fn a_key_with_escaped_line_breaks_is_accepted() {
    let Some(component) = component() else { return };
    let signer = Signer::generated("k1");
    let key = format!("public_key={}", signer.public_pem().replace('\n', "\\n"));
    let edge = Edge::start(&component, &["--variable", &key]);
    assert_eq!(
        edge.with_token("/protected", &signer.token(&access_claims(now()))).status,
        200,
        "{}",
        edge.log()
    );
}
