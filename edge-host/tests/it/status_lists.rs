//! Revocation by the issuer's status list, against the built component in the real program.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{Edge, Issuer, Response, Scratch, TIMEOUT, component, now};
use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::{Value, json};
use test_support::claims::{access_claims, status_list_claims, with};
use test_support::encoding::b64;
use test_support::signer::Signer;

/// An issuer with one list of 1-bit statuses.
struct Lists {
    signer: Signer,
    issuer: Issuer,
    /// The prefix of its lists' addresses.
    prefix: String,
}

impl Lists {
    fn start() -> Self {
        let issuer = Issuer::start(Value::Null);
        let prefix = format!("{}/status/{}", issuer.origin(), issuer.name());
        let lists = Self { signer: Signer::generated("k1"), issuer, prefix };
        lists.publish(&[], 1);
        lists
    }

    fn uri(&self) -> String {
        format!("{}/1", self.prefix)
    }

    fn publish(&self, revoked: &[usize], ttl: u64) {
        let mut bytes = vec![0_u8; 1000];
        for index in revoked {
            bytes[index / 8] |= 1 << (index % 8);
        }
        let claims = with(
            status_list_claims(&self.uri(), now(), 1, &compress_to_vec_zlib(&bytes, 9)),
            &json!({"ttl": ttl}),
        );
        let list = self.signer.status_list(&claims);
        self.issuer.change(|document| (document.status, document.body) = ("200 OK", list));
    }

    fn edge(&self, more: &[&str]) -> Option<Edge> {
        self.started(more, Edge::start)
    }

    /// Starts an edge with this state directory.
    fn edge_in(&self, state: &Path, more: &[&str]) -> Option<Edge> {
        self.started(more, |component, arguments| Edge::start_in(state, component, arguments))
    }

    fn started(&self, more: &[&str], start: impl Fn(&Path, &[&str]) -> Edge) -> Option<Edge> {
        let (key, url) = (
            format!("public_key={}", self.signer.public_pem()),
            format!("status_list_url={}", self.prefix),
        );
        let mut arguments =
            vec!["--variable", &key, "--variable", &url, "--variable", "revocation=status_list"];
        let origin = self.issuer.origin();
        arguments.extend(["--allow-outbound", &origin]);
        arguments.extend(more);
        Some(start(&component()?, &arguments))
    }

    /// Starts a component without checks behind the gate.
    fn gated(&self) -> Option<Edge> {
        let (key, origin) = (self.signer.public_pem(), self.issuer.origin());
        let variables = [
            ("public_key", key.as_str()),
            ("revocation", "status_list"),
            ("status_list_url", &self.prefix),
        ];
        Edge::start_gated(&variables, &["--allow-outbound", &origin])
    }

    fn ask(&self, edge: &Edge, path: &str, index: usize) -> Response {
        let status =
            json!({"role": "admin", "status": {"status_list": {"idx": index, "uri": self.uri()}}});
        edge.with_token(path, &self.signer.token(&with(access_claims(now()), &status)))
    }

    fn verdict(&self, edge: &Edge, path: &str, index: usize) -> (u16, Option<String>) {
        let response = self.ask(edge, path, index);
        (response.status, response.json()["code"].as_str().map(str::to_owned))
    }

    /// Repeats the request until it has this status, up to [`TIMEOUT`].
    fn becomes(&self, edge: &Edge, path: &str, index: usize, status: u16) -> bool {
        let started = Instant::now();
        while self.ask(edge, path, index).status != status {
            if started.elapsed() > TIMEOUT {
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        true
    }
}

#[test]
fn a_revocation_is_effective_after_the_next_fetch_of_the_list() {
    let lists = Lists::start();
    let Some(edge) = lists.edge(&[]) else { return };
    assert_eq!(lists.verdict(&edge, "/protected", 77), (200, None));
    assert_eq!(lists.verdict(&edge, "/protected", 78), (200, None));
    lists.publish(&[77], 1);
    assert!(lists.becomes(&edge, "/protected", 77, 401), "{}", edge.log());
    assert_eq!(lists.verdict(&edge, "/protected", 77), (401, Some("token_revoked".to_owned())));
    assert_eq!(lists.verdict(&edge, "/protected", 78), (200, None));
    assert_eq!(lists.verdict(&edge, "/admin/dashboard", 78), (200, None));
    assert_eq!(lists.verdict(&edge, "/protected", 8000), (401, Some("claim_invalid".to_owned())));
}

#[test]
fn a_gate_refuses_a_revoked_token_after_the_next_fetch_and_everything_without_an_issuer() {
    let lists = Lists::start();
    let Some(edge) = lists.gated() else { return };
    assert_eq!(lists.verdict(&edge, "/x", 77), (200, None));
    lists.publish(&[77], 1);
    assert!(lists.becomes(&edge, "/x", 77, 401), "{}", edge.log());
    assert_eq!(lists.verdict(&edge, "/x", 77), (401, Some("token_revoked".to_owned())));
    assert_eq!(lists.verdict(&edge, "/x", 78), (200, None));
    lists.issuer.change(|document| {
        (document.status, document.body) = ("500 Internal Server Error", String::new());
    });
    assert!(lists.becomes(&edge, "/x", 78, 503), "{}", edge.log());
    assert_eq!(lists.verdict(&edge, "/x", 78), (503, Some("revocation_unknown".to_owned())));
    // An expired list still revokes.
    assert_eq!(lists.verdict(&edge, "/x", 77), (401, Some("token_revoked".to_owned())));
}

#[test]
fn a_list_is_fetched_once_for_many_requests() {
    let lists = Lists::start();
    lists.publish(&[5], 600);
    let Some(edge) = lists.edge(&[]) else { return };
    for _ in 0..20 {
        assert_eq!(lists.verdict(&edge, "/protected", 4), (200, None));
        assert_eq!(lists.verdict(&edge, "/protected", 5), (401, Some("token_revoked".to_owned())));
    }
    assert_eq!(lists.issuer.requests(), 1);
    let health = edge.get("/", &[]).json();
    assert_eq!(
        (&health["revocation"]["source"], &health["revocation"]["lists"]["count"]),
        (&json!("status_list"), &json!(1))
    );
}

#[test]
fn an_outage_closes_protected_routes_and_recovery_is_automatic() {
    let lists = Lists::start();
    lists.publish(&[9], 1);
    let unknown = || (503, Some("revocation_unknown".to_owned()));
    let (Some(closed), Some(open)) =
        (lists.edge(&[]), lists.edge(&["--variable", "revocation_when_down=open"]))
    else {
        return;
    };
    for edge in [&closed, &open] {
        assert_eq!(lists.verdict(edge, "/protected", 8), (200, None));
        assert_eq!(lists.verdict(edge, "/admin/dashboard", 8), (200, None));
    }
    lists.issuer.change(|document| {
        (document.status, document.body) = ("500 Internal Server Error", String::new())
    });
    for edge in [&closed, &open] {
        assert!(lists.becomes(edge, "/admin/dashboard", 8, 503), "{}", edge.log());
        assert_eq!(
            lists.verdict(edge, "/protected", 9),
            (401, Some("token_revoked".to_owned())),
            "still revoked"
        );
        let ask = || drop(lists.ask(edge, "/protected", 8));
        assert!(
            edge.becomes_degraded(ask, |health| health["revocation"]["lists"]["stale"] == true),
            "{}",
            edge.log()
        );
    }
    assert_eq!(lists.verdict(&closed, "/protected", 8), unknown());
    assert_eq!(lists.verdict(&open, "/protected", 8), (200, None));
    lists.publish(&[], 600);
    for edge in [&closed, &open] {
        assert!(lists.becomes(edge, "/admin/dashboard", 8, 200), "{}", edge.log());
        assert_eq!(lists.verdict(edge, "/protected", 9), (200, None));
    }
}

#[test]
fn new_instances_reject_what_the_last_list_revoked_while_the_issuer_is_down() {
    // More requests than one instance serves.
    const REQUESTS: usize = 130;
    let lists = Lists::start();
    lists.publish(&[9], 1);
    let state = Scratch::new();
    let Some(open) = lists.edge_in(state.path(), &["--variable", "revocation_when_down=open"])
    else {
        return;
    };
    let revoked = (401, Some("token_revoked".to_owned()));
    assert_eq!(lists.verdict(&open, "/protected", 9), revoked);
    lists.issuer.change(|document| {
        (document.status, document.body) = ("500 Internal Server Error", String::new())
    });
    assert!(lists.becomes(&open, "/admin/dashboard", 8, 503), "{}", open.log());
    let mut connection = open.connect();
    for _ in 0..REQUESTS {
        assert_eq!(connection.send("GET", "/", &[], b"").status, 200);
    }
    assert_eq!(lists.verdict(&open, "/protected", 9), revoked, "{}", open.log());
    assert_eq!(lists.verdict(&open, "/protected", 8), (200, None), "{}", open.log());
    // All instances end and a new one starts, as after an idle time.
    drop(open);
    let Some(open) = lists.edge_in(state.path(), &["--variable", "revocation_when_down=open"])
    else {
        return;
    };
    let health = open.get("/", &[]).json();
    assert_eq!(
        (&health["status"], &health["revocation"]["lists"]["count"]),
        (&json!("degraded"), &json!(1))
    );
    assert_eq!(lists.verdict(&open, "/protected", 9), revoked, "{}", open.log());
}

#[test]
fn an_invalid_list_is_ignored_and_harmless() {
    let stranger = Signer::generated("k1");
    for (name, reason) in [
        ("signed by another", "the signature is not valid"),
        ("a page", "three segments"),
        ("too long", "too large"),
    ] {
        let lists = Lists::start();
        let text = match name {
            // Valid except for its signer.
            "signed by another" => {
                let compressed = compress_to_vec_zlib(&[0; 1000], 9);
                stranger.status_list(&status_list_claims(&lists.uri(), now(), 1, &compressed))
            }
            "a page" => "<html></html>".to_owned(),
            _ => "a".repeat(2 * 1024 * 1024),
        };
        lists.issuer.change(|document| document.body = text);
        let Some(edge) = lists.edge(&[]) else { return };
        assert_eq!(
            lists.verdict(&edge, "/protected", 1),
            (503, Some("revocation_unknown".to_owned())),
            "{name}"
        );
        assert_eq!(edge.get("/", &[]).status, 200);
        assert!(edge.logs(reason), "{name}: {}", edge.log());
    }
    // Inflates to far more than its compressed size.
    let lists = Lists::start();
    let mut claims = status_list_claims(&lists.uri(), now(), 1, b"");
    claims["status_list"]["lst"] = json!(b64(&compress_to_vec_zlib(&vec![0; 100_000_000], 6)));
    let bomb = lists.signer.status_list(&claims);
    lists.issuer.change(|document| document.body = bomb);
    let Some(edge) = lists.edge(&[]) else { return };
    assert_eq!(lists.verdict(&edge, "/protected", 1), (503, Some("revocation_unknown".to_owned())));
    assert!(edge.logs("cannot be inflated"), "{}", edge.log());
    assert!(!edge.log().contains("instance ended"), "{}", edge.log());
}

#[test]
fn a_token_does_not_choose_the_address_to_call() {
    let (lists, elsewhere) = (Lists::start(), Issuer::start(Value::Null));
    // The host would allow the address; the component does not call it.
    let Some(edge) = lists.edge(&["--allow-outbound", &elsewhere.origin()]) else { return };
    for uri in [
        format!("{}/status/1", elsewhere.origin()),
        format!("{}/../admin", lists.prefix),
        "file:///etc/passwd".into(),
    ] {
        let status = json!({"status": {"status_list": {"idx": 0, "uri": uri}}});
        let response = edge
            .with_token("/protected", &lists.signer.token(&with(access_claims(now()), &status)));
        assert_eq!(
            (response.status, &response.json()["code"]),
            (401, &json!("claim_invalid")),
            "{uri}"
        );
    }
    assert_eq!((elsewhere.requests(), lists.issuer.requests()), (0, 0));
}
