//! `issuer doctor --gated-path`, against gates with the usual mistakes.

use std::time::{Duration, Instant};

use serde_json::Value;
use verifier_core::{Audience, PolicyOptions};

use crate::cli::{WorkingDirectory, succeeds};
use crate::doctor::{Clinic, ORIGIN, word};
use crate::edge::TestEdge;
use crate::gate::{Application, Guard, Removes, removing, right, start, start_below};

const PATH: &str = "/items?page=1";
const OPEN: [&str; 2] = ["dependencies.middleware", "composed with the gate"];

/// Returns level and text of each check of the gate.
fn of_gate(checks: &[Value]) -> Vec<(&str, &str, &str)> {
    checks
        .iter()
        .map(|check| (word(check, "check"), word(check, "level"), word(check, "text")))
        .filter(|(check, ..)| check.starts_with("gate"))
        .collect()
}

/// Returns the only finding about a gate that is not `ok`.
#[track_caller]
fn diagnosis(clinic: &Clinic, edge: &TestEdge, check: &str, level: &str) -> String {
    clinic.diagnosis(&["--edge", &edge.url(), "--gated-path", PATH], check, level)
}

#[track_caller]
fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_right_gate_is_confirmed_for_each_path() {
    let clinic = Clinic::open();
    let edge = start(right(&clinic.public_pem()), Application::Status(200));
    let url = edge.url();
    let output = clinic.run(&["--edge", &url, "--gated-path", PATH, "--gated-path", "/users"]);
    let text = succeeds(&output);
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .filter(|line| line.contains("edge") || line.contains("gate"))
        .collect();
    let checks = ["gate", "gate_headers", "gate_signature", "gate_token", "gate_headers"];
    let checks = checks.map(|check| format!("ok {check}"));
    let edge = ["skipped edge_keys", "ok edge"].map(str::to_owned);
    let clock = ["ok edge_clock".to_owned()];
    assert_eq!(lines, [&edge[..], &checks, &checks, &clock].concat(), "{text}");
    contains(
        &text,
        &[
            "responds to GET /: 401 not_authenticated",
            "the gate refuses GET /items?page=1 without a token",
            "the gate refuses GET /users with a tampered signature",
            "the gate accepts a new token of the active key at /users: 200",
            "/users with a valid token: the client's `X-Auth-*` headers do not change",
        ],
    );
}

#[test]
fn an_explicit_edge_path_is_tried_too_and_an_edge_without_gated_paths_as_before() {
    let clinic = Clinic::open();
    let edge = start(right(&clinic.public_pem()), Application::Status(200));
    let url = edge.url();
    let arguments = ["--edge", &url, "--gated-path", "/a", "--edge-path", "/b"];
    let (code, checks) = clinic.examine(&arguments);
    assert_eq!(code, 0);
    for name in ["edge_protection", "edge_token"] {
        assert!(checks.iter().any(|check| word(check, "check") == name), "{name}");
    }
    let text = clinic.diagnosis(&["--edge", &url], "edge", "problem");
    contains(&text, &["returns 401 not_authenticated", "for GET /"]);
}

#[test]
fn a_path_without_a_gate_is_open() {
    let clinic = Clinic::open();
    for (application, said) in [
        (
            Application::Status(200),
            "/items?page=1 is open: without a token the edge responds with 200",
        ),
        (Application::Status(302), "is open: without a token the edge responds with 302"),
        (Application::Status(404), "is open: without a token the edge responds with 404"),
        (Application::Endless(200), "is open: without a token the edge responds with 200"),
        (Application::Status(403), "may be open: without a token the edge responds with 403"),
        (Application::Status(500), "may be open: without a token the edge responds with 500"),
    ] {
        let edge = start_below(Guard::Missing, application);
        let text = diagnosis(&clinic, &edge, "gate", "problem");
        contains(&text, &[said, "and not with the 401 of a gate"]);
        contains(&text, &OPEN);
    }
}

#[test]
fn a_401_of_the_application_is_not_taken_for_the_gates() {
    let clinic = Clinic::open();
    let edge = start_below(Guard::Missing, Application::RefusesItself("Basic realm=\"Bearer\""));
    let (code, checks) = clinic.examine(&["--edge", &edge.url(), "--gated-path", PATH]);
    assert_eq!(code, 1);
    let found = of_gate(&checks);
    assert_eq!((found[0].0, found[0].1), ("gate", "problem"));
    contains(found[0].2, &["has no `WWW-Authenticate: Bearer`: it is not the gate's"]);
    let signature = found.iter().find(|found| found.0 == "gate_signature").expect("a check");
    assert_eq!(signature.1, "problem");
    contains(signature.2, &["with 200 for a token with a tampered signature"]);

    let edge = start_below(Guard::Missing, Application::RefusesItself("Basic, Bearer"));
    let (_, checks) = clinic.examine(&["--edge", &edge.url(), "--gated-path", PATH]);
    let found = of_gate(&checks);
    assert_eq!((found[0].0, found[0].1), ("gate", "warning"));
    contains(
        found[0].2,
        &["may be the application's", "lacks the gate's code `not_authenticated`"],
    );
}

#[test]
fn forged_headers_that_reach_the_application_are_a_problem() {
    const HYPHENS: &[&str] = &["x-auth-role"];
    const UNDERSCORES: &[&str] = &["x_auth_role"];
    let clinic = Clinic::open();
    let edge = start_below(Guard::Missing, Application::RequiresUser);
    let (code, checks) = clinic.examine(&["--edge", &edge.url(), "--gated-path", PATH]);
    assert_eq!(code, 1);
    let forged = of_gate(&checks)[1];
    assert_eq!((forged.0, forged.1), ("gate_headers", "problem"));
    contains(
        forged.2,
        &[
            "/items?page=1 without a token: with forged `X-Auth-Role` and `X-Auth-User-Id`",
            "responds with 200, and not with 401 not_authenticated",
            "any client can choose its user and role",
        ],
    );

    for (removes, read) in [
        (Removes::Nothing, HYPHENS),
        (Removes::Nothing, UNDERSCORES),
        (Removes::Hyphens, UNDERSCORES),
    ] {
        let guard = removing(&clinic.public_pem(), removes);
        let edge = start(guard, Application::RequiresRole(read));
        let text = diagnosis(&clinic, &edge, "gate_headers", "problem");
        contains(
            &text,
            &[
                "/items?page=1 with a valid token: with forged `X-Auth-Role`",
                "responds with 200, and not with 403 role_missing",
            ],
        );
    }
}

#[test]
fn a_gate_that_refuses_every_request_is_reported_with_its_reason() {
    let clinic = Clinic::open();
    let edge = start_below(Guard::Closed, Application::Status(200));
    let text = diagnosis(&clinic, &edge, "gate", "problem");
    contains(
        &text,
        &[
            "the gate refuses every request at /items?page=1: 503 setting_invalid the variable \
             `access_rules` is not a JSON array",
            "correct the gate's settings",
        ],
    );
    let edge = start_below(Guard::WithoutKeys, Application::Status(200));
    let text = diagnosis(&clinic, &edge, "gate_signature", "problem");
    contains(
        &text,
        &["the gate refuses tokens at", "503 keys_unavailable the variable `jwks_url`"],
    );
    let edge = start_below(Guard::AmbiguousPath, Application::Status(200));
    let text = diagnosis(&clinic, &edge, "gate", "problem");
    contains(&text, &["the gate refuses every request for", "400 path_ambiguous", "dot segments"]);
    let edge = start_below(Guard::Missing, Application::Status(503));
    let text = diagnosis(&clinic, &edge, "gate", "problem");
    contains(&text, &["responds to GET /items?page=1 with 503, and no gate's code"]);
}

#[test]
fn a_gate_that_accepts_any_signature_is_a_problem() {
    let clinic = Clinic::open();
    let edge = start(Guard::AnyText, Application::Status(200));
    let text = diagnosis(&clinic, &edge, "gate_signature", "problem");
    contains(&text, &["with 200 for a token with a tampered signature, and not with 401"]);
}

#[test]
fn a_gate_that_refuses_valid_tokens_is_a_problem_and_a_missing_role_is_not() {
    let clinic = Clinic::open();
    let audience = Audience::OneOf(vec!["shop".to_owned()]);
    let guard = Guard::Tokens {
        keys: clinic.public_pem(),
        options: Box::new(PolicyOptions { audience, ..PolicyOptions::default() }),
        removes: Removes::Identity,
    };
    let edge = start(guard, Application::Status(200));
    let text = diagnosis(&clinic, &edge, "gate_token", "problem");
    contains(
        &text,
        &[
            "the edge refuses a new token of the active key at /items?page=1: 401 \
             audience_mismatch",
            "the token has no `aud`",
        ],
    );
    let key = |application| start(right(&clinic.public_pem()), application);
    let edge = key(Application::RequiresRole(&[]));
    let (code, checks) = clinic.examine(&["--edge", &edge.url(), "--gated-path", PATH]);
    assert_eq!(code, 0);
    let token = of_gate(&checks)[3];
    assert_eq!((token.0, token.1), ("gate_token", "ok"));
    contains(token.2, &["/items?page=1 requires more of it: 403 role_missing"]);
    let text = diagnosis(&clinic, &key(Application::Status(500)), "gate_token", "warning");
    contains(&text, &["responds to GET /items?page=1 with 500", "log of the component"]);
    let edge = key(Application::Status(503));
    contains(
        &diagnosis(&clinic, &edge, "gate_token", "problem"),
        &["with 503, and no gate's code"],
    );
}

#[test]
fn silent_servers_and_endless_bodies_do_not_hold_the_doctor_up() {
    let clinic = Clinic::open();
    let started = Instant::now();
    let edge = start_below(Guard::Missing, Application::Silent);
    let text = diagnosis(&clinic, &edge, "gate", "problem");
    contains(&text, &["no response to GET /items?page=1: timeout", "see the log of the edge"]);

    let edge = start_below(Guard::Missing, Application::Endless(404));
    contains(&diagnosis(&clinic, &edge, "gate", "problem"), &["the edge responds with 404"]);

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let paths = ["--edge", &url, "--gated-path", "/a", "--gated-path", "/b"];
    let (code, checks) = clinic.examine(&paths);
    assert_eq!(
        (code, of_gate(&checks)),
        (1, vec![("gate", "skipped", "the edge does not respond")])
    );
    assert!(started.elapsed() < Duration::from_secs(25), "three timeouts of 5 s");

    let edge = start(right(&clinic.public_pem()), Application::Endless(200));
    let (code, _) = clinic.examine(&["--edge", &edge.url(), "--gated-path", PATH]);
    assert_eq!(code, 0, "only the status matters");
}

#[test]
fn without_keys_the_checks_without_a_token_remain() {
    let clinic = Clinic::open();
    let edge = start(right(&clinic.public_pem()), Application::Status(200));
    let url = edge.url();
    let arguments = ["--edge", &url, "--gated-path", PATH, "--keys-dir", "nowhere"];
    let (code, checks) = clinic.examine(&arguments);
    assert_eq!(code, 1, "there are no keys");
    let levels: Vec<_> =
        of_gate(&checks).into_iter().map(|(check, level, _)| (check, level)).collect();
    assert_eq!(levels, [("gate", "ok"), ("gate_headers", "ok"), ("gate_token", "skipped")]);
}

#[test]
fn pages_may_call_a_gated_path() {
    let clinic = Clinic::open();
    let edge = start(right(&clinic.public_pem()), Application::Status(200));
    let arguments = ["--edge", &edge.url(), "--gated-path", "/items", "--origin", ORIGIN];
    let (_, checks) = clinic.examine(&arguments);
    let cors = checks.iter().find(|check| word(check, "check") == "edge_cors").expect("a check");
    contains(word(cors, "text"), &["cannot GET /items of the edge"]);
}

#[test]
fn wrong_arguments_are_named() {
    let dir = WorkingDirectory::with_keys();
    let edge = ["--edge", "http://127.0.0.1:1"];
    for (arguments, said) in [
        (vec!["--gated-path", "/items"], "--edge <URL>"),
        (vec![edge[0], edge[1], "--gated-path", "items"], "a path begins with a slash"),
        (vec![edge[0], edge[1], "--gated-path", "/a b"], "with percent-encoding"),
        (vec![edge[0], edge[1], "--gated-path", "/a#b"], "with percent-encoding"),
        (vec![edge[0], edge[1], "--gated-path", ""], "a path begins with a slash"),
    ] {
        let output = dir.run(&[&["doctor"], arguments.as_slice()].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = String::from_utf8(output.stderr).expect("text");
        contains(&text, &[said]);
        assert!(text.contains("--gated-path") || text.contains("--edge"), "{text}");
    }
}
