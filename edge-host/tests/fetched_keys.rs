//! Keys that the component fetches from an issuer.

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::signer::{Signer, access_claims};
use support::{Edge, Issuer, component, now};

fn jwks(signers: &[&Signer]) -> Value {
    json!({"keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>()})
}

fn edge_of(issuer: &Issuer) -> Option<Edge> {
    // Fetched keys outlive the program: another address, other keys, also when a port is used again.
    let url = format!("jwks_url={}/.well-known/jwks.json?{}", issuer.origin(), issuer.name());
    Some(Edge::start(&component()?, &["--variable", &url, "--allow-outbound", &issuer.origin()]))
}

fn status(edge: &Edge, signer: &Signer) -> u16 {
    edge.with_token("/protected", &signer.token(&access_claims(now()))).status
}

#[test]
fn keys_are_fetched_once_and_a_new_kid_leads_to_one_more_fetch() {
    let (old, new, forger) = (Signer::new("old"), Signer::new("new"), Signer::new("made-up"));
    let issuer = Issuer::start(jwks(&[&old]));
    let Some(edge) = edge_of(&issuer) else { return };
    assert_eq!(edge.get("/", &[]).json()["keys"]["count"], 0);
    assert_eq!(issuer.requests(), 0, "nothing is fetched before a token asks for it");

    for _ in 0..5 {
        assert_eq!(status(&edge, &old), 200);
    }
    assert_eq!(issuer.requests(), 1);
    assert_eq!(edge.get("/", &[]).json()["keys"]["count"], 1);

    issuer.change(|document| document.body = jwks(&[&old, &new]).to_string());
    assert_eq!(status(&edge, &new), 200);
    assert_eq!(issuer.requests(), 2);

    for _ in 0..5 {
        let answer = edge.with_token("/protected", &forger.token(&access_claims(now())));
        assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("key_not_found")));
    }
    assert_eq!(issuer.requests(), 2);
    assert_eq!(status(&edge, &old), 200);
}

#[test]
fn requests_at_the_same_time_share_one_fetch() {
    let signer = Signer::new("k1");
    let issuer = Issuer::start(jwks(&[&signer]));
    issuer.change(|document| document.delay = Duration::from_millis(500));
    let Some(edge) = edge_of(&issuer) else { return };
    assert_eq!(edge.get("/", &[]).status, 200, "one instance is there");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(status(&edge, &signer), 200));
        }
    });
    // One for each instance that took part; how many those are is the host's choice.
    println!("{} fetches for 8 requests at the same time", issuer.requests());
    assert!(issuer.requests() < 8, "{} fetches", issuer.requests());
}

#[test]
fn an_issuer_without_usable_keys_gives_503_and_is_left_alone_for_a_while() {
    let signer = Signer::new("k1");
    for (name, status, body) in [
        ("an error", "500 Internal Server Error", String::new()),
        ("a redirect", "302 Found", String::new()),
        ("a page", "200 OK", "<html></html>".to_owned()),
        ("an empty set", "200 OK", json!({"keys": []}).to_string()),
        ("too much", "200 OK", " ".repeat(300 * 1024)),
    ] {
        let issuer = Issuer::start(jwks(&[&signer]));
        issuer.change(|document| (document.status, document.body) = (status, body));
        let Some(edge) = edge_of(&issuer) else { return };
        for _ in 0..3 {
            let answer = edge.with_token("/protected", &signer.token(&access_claims(now())));
            assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("keys_unavailable")), "{name}");
            assert!(answer.text().contains("`jwks_url`"), "{name}");
        }
        assert_eq!(issuer.requests(), 1, "{name}");
    }
}

#[test]
fn an_issuer_that_does_not_answer_is_given_up_in_time() {
    let signer = Signer::new("k1");
    let issuer = Issuer::start(jwks(&[&signer]));
    issuer.change(|document| document.delay = Duration::from_secs(60));
    let Some(edge) = edge_of(&issuer) else { return };
    let started = Instant::now();
    assert_eq!(status(&edge, &signer), 503);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    // The instance is none the worse for it.
    assert_eq!(edge.get("/", &[]).status, 200);
}

#[test]
fn an_origin_that_is_not_allowed_is_never_called() {
    let signer = Signer::new("k1");
    let issuer = Issuer::start(jwks(&[&signer]));
    let Some(component) = component() else { return };
    let url = format!("jwks_url={}/jwks", issuer.origin());
    let edge = Edge::start(&component, &["--variable", &url, "--allow-outbound", "http://127.0.0.1:9"]);
    assert_eq!(status(&edge, &signer), 503);
    assert_eq!(issuer.requests(), 0);
    assert!(edge.logs("--allow-outbound"), "{}", edge.log());
}
