//! Keys that the component fetches from an issuer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Edge, Issuer, component, now};
use serde_json::{Value, json};
use test_support::claims::{access_claims, with};
use test_support::signer::Signer;

fn jwks(signers: &[&Signer]) -> Value {
    json!({"keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>()})
}

fn edge_of(issuer: &Issuer) -> Option<Edge> {
    // The store keeps fetched keys by address: each test needs its own, even if a port is reused.
    let url = format!("jwks_url={}/.well-known/jwks.json?{}", issuer.origin(), issuer.name());
    Some(Edge::start(&component()?, &["--variable", &url, "--allow-outbound", &issuer.origin()]))
}

fn status(edge: &Edge, signer: &Signer) -> u16 {
    edge.with_token("/protected", &signer.token(&access_claims(now()))).status
}

#[test]
fn keys_are_fetched_once_and_a_new_kid_leads_to_one_more_fetch() {
    let (old, new, forger) =
        (Signer::generated("old"), Signer::generated("new"), Signer::generated("made-up"));
    let issuer = Issuer::start(jwks(&[&old]));
    let Some(edge) = edge_of(&issuer) else { return };
    let health = edge.get("/", &[]).json();
    assert_eq!((&health["status"], &health["keys"]["count"]), (&json!("unknown"), &json!(0)));
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
        let response = edge.with_token("/protected", &forger.token(&access_claims(now())));
        assert_eq!((response.status, &response.json()["code"]), (401, &json!("key_not_found")));
    }
    assert_eq!(issuer.requests(), 2);
    assert_eq!(status(&edge, &old), 200);
}

#[test]
fn the_address_of_the_issuer_is_the_only_setting() {
    let (signer, forger) = (Signer::generated("k1"), Signer::generated("k1"));
    let issuer = Issuer::start(json!({}));
    let origin = issuer.origin();
    // One document is the metadata and the key set, because this issuer serves one at all paths.
    let document = |issuer: &str| {
        let mut document = jwks(&[&signer]);
        document["issuer"] = issuer.into();
        document["jwks_uri"] = format!("{origin}/jwks").into();
        document.to_string()
    };
    issuer.change(|served| served.body = document(&origin));
    let Some(component) = component() else { return };
    let variable = format!("issuer={origin}");
    let arguments = ["--variable", &variable, "--allow-outbound", &origin];
    let edge = Edge::start(&component, &arguments);
    let status = |signer: &Signer, iss: &str| {
        let claims = with(access_claims(now()), &json!({"iss": iss}));
        edge.with_token("/protected", &signer.token(&claims)).status
    };
    assert_eq!(status(&signer, &origin), 200, "{}", edge.log());
    assert_eq!(issuer.requests(), 2, "the metadata and the set");
    assert_eq!(status(&signer, "http://other.example"), 401);
    assert_eq!(status(&forger, &origin), 401);
    let health = edge.get("/", &[]).json();
    assert_eq!(
        (&health["keys"]["source"], &health["keys"]["count"]),
        (&json!("issuer"), &json!(1))
    );

    // Metadata of another issuer leads nowhere.
    issuer.change(|served| served.body = document("http://other.example"));
    let other = Edge::start(&component, &arguments);
    let token = signer.token(&with(access_claims(now()), &json!({"iss": origin})));
    let response = other.with_token("/protected", &token);
    assert_eq!((response.status, &response.json()["code"]), (503, &json!("keys_unavailable")));
    assert!(response.text().contains("`issuer`"), "{}", response.text());
}

#[test]
fn requests_at_the_same_time_share_one_fetch() {
    let signer = Signer::generated("k1");
    let issuer = Issuer::start(jwks(&[&signer]));
    issuer.change(|document| document.delay = Duration::from_millis(500));
    let Some(edge) = edge_of(&issuer) else { return };
    assert_eq!(edge.get("/", &[]).status, 200, "one instance is there");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(status(&edge, &signer), 200));
        }
    });
    // One fetch for each instance; the host chooses their number.
    println!("{} fetches for 8 requests at the same time", issuer.requests());
    assert!(issuer.requests() < 8, "{} fetches", issuer.requests());
}

#[test]
fn an_issuer_without_usable_keys_gives_503_and_a_pause_between_fetches() {
    let signer = Signer::generated("k1");
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
            let response = edge.with_token("/protected", &signer.token(&access_claims(now())));
            assert_eq!(
                (response.status, &response.json()["code"]),
                (503, &json!("keys_unavailable")),
                "{name}"
            );
            assert!(response.text().contains("`jwks_url`"), "{name}");
        }
        assert_eq!(issuer.requests(), 1, "{name}");
    }
}

#[test]
fn a_fetch_from_a_silent_issuer_times_out() {
    let signer = Signer::generated("k1");
    let issuer = Issuer::start(jwks(&[&signer]));
    issuer.change(|document| document.delay = Duration::from_secs(60));
    let Some(edge) = edge_of(&issuer) else { return };
    let started = Instant::now();
    assert_eq!(status(&edge, &signer), 503);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    // The instance still serves.
    assert_eq!(edge.get("/", &[]).status, 200);
}

#[test]
fn an_https_address_is_called_only_over_tls() {
    let signer = Signer::generated("k1");
    let issuer = Issuer::start(jwks(&[&signer]));
    let Some(component) = component() else { return };
    let origin = format!("https://{}", issuer.address);
    let url = format!("jwks_url={origin}/{}", issuer.name());
    let edge = Edge::start(&component, &["--variable", &url, "--allow-outbound", &origin]);
    let response = edge.with_token("/protected", &signer.token(&access_claims(now())));
    assert_eq!(
        (response.status, &response.json()["code"]),
        (503, &json!("keys_unavailable")),
        "{}",
        edge.log()
    );
    assert_eq!(issuer.requests(), 1, "it was called");
    assert!(
        !edge.log().contains("panicked") && !edge.log().contains("instance ended"),
        "{}",
        edge.log()
    );
}

#[test]
fn an_origin_that_is_not_allowed_is_never_called() {
    let signer = Signer::generated("k1");
    let issuer = Issuer::start(jwks(&[&signer]));
    let Some(component) = component() else { return };
    let url = format!("jwks_url={}/jwks", issuer.origin());
    let edge =
        Edge::start(&component, &["--variable", &url, "--allow-outbound", "http://127.0.0.1:9"]);
    assert_eq!(status(&edge, &signer), 503);
    assert_eq!(issuer.requests(), 0);
    assert!(edge.logs("--allow-outbound"), "{}", edge.log());
    let problem = edge.get("/", &[]).json()["keys"]["problem"].as_str().map(str::to_owned);
    assert!(problem.is_some_and(
        |problem| problem.contains("`issuer_url`") && !problem.contains("is the issuer")
    ));
}

/// Sends more anonymous requests than an instance serves, so that the next one gets a new instance.
fn replace_instances(edge: &Edge) {
    let mut connection = edge.connect();
    for _ in 0..130 {
        assert_eq!(connection.send("GET", "/", &[], b"").status, 200);
    }
}

#[test]
fn a_silent_issuer_does_not_delay_new_instances_while_cached_keys_exist() {
    let signer = Signer::generated("k1");
    let issuer = Issuer::start(jwks(&[&signer]));
    issuer.change(|document| document.max_age = Some(10));
    let Some(edge) = edge_of(&issuer) else { return };
    assert_eq!(status(&edge, &signer), 200);
    issuer.change(|document| document.delay = Duration::from_secs(60));
    // The shortest cache time.
    std::thread::sleep(Duration::from_secs(11));
    assert_eq!(status(&edge, &signer), 200);
    let before = issuer.requests();
    let started = Instant::now();
    for _ in 0..4 {
        replace_instances(&edge);
        assert_eq!(status(&edge, &signer), 200, "{}", edge.log());
    }
    // One instance may retry, for a second. Four that wait five seconds each would be too slow.
    println!("{:?}, {} attempts", started.elapsed(), issuer.requests() - before);
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}: {}", started.elapsed(), edge.log());
}

#[test]
fn many_unknown_kids_at_many_instances_lead_to_few_fetches() {
    const CONNECTIONS: usize = 40;
    let (known, forger) = (Signer::generated("known"), Signer::generated("made-up"));
    let issuer = Issuer::start(jwks(&[&known]));
    let Some(edge) = edge_of(&issuer) else { return };
    assert_eq!(status(&edge, &known), 200);
    assert_eq!(issuer.requests(), 1);
    let token = format!("Bearer {}", forger.token(&access_claims(now())));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut connection = edge.connect();
                for _ in 0..20 {
                    let response =
                        connection.send("GET", "/protected", &[("Authorization", &token)], b"");
                    assert_eq!(
                        (response.status, &response.json()["code"]),
                        (401, &json!("key_not_found"))
                    );
                }
            });
        }
    });
    // The limit is one fetch in 10 s. The store has no atomic exchange, so two instances may race.
    let promised = 1 + started.elapsed().as_secs() / 10;
    println!("{} fetches in {:?}", issuer.requests() - 1, started.elapsed());
    assert!(
        issuer.requests() as u64 - 1 <= promised + 2,
        "{} in {:?}",
        issuer.requests(),
        started.elapsed()
    );
}

/// Least lifetime of fetched keys: whole seconds are stored, and a fetch takes some time.
const CACHE_TIME: Duration = Duration::from_secs(10 + 3);

#[test]
fn a_key_rotation_under_load_rejects_no_valid_token_and_accepts_no_removed_key() {
    let (old, new) = (Signer::generated("old"), Signer::generated("new"));
    let issuer = Issuer::start(jwks(&[&old]));
    issuer.change(|document| document.max_age = Some(10));
    let Some(edge) = edge_of(&issuer) else { return };
    let (old_token, new_token) =
        (old.token(&access_claims(now())), new.token(&access_claims(now())));
    let header = |token: &str| format!("Bearer {token}");
    let (is_new_used, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
    let (good, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        // Clients with valid tokens: of the old key until the new one signs, then of the new key.
        for _ in 0..8 {
            scope.spawn(|| {
                let mut connection = edge.connect();
                while !is_over.load(Ordering::SeqCst) {
                    let token =
                        if is_new_used.load(Ordering::SeqCst) { &new_token } else { &old_token };
                    let response = connection.send(
                        "GET",
                        "/protected",
                        &[("Authorization", &header(token))],
                        b"",
                    );
                    let count = if response.status == 200 { &good } else { &refused };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let wait_for = |count: u64| {
            let goal = good.load(Ordering::Relaxed) + count;
            while good.load(Ordering::Relaxed) < goal && refused.load(Ordering::Relaxed) == 0 {
                std::thread::sleep(Duration::from_millis(10));
            }
        };
        wait_for(500);
        // The new key signs at once, before any cache has it.
        issuer.change(|document| document.body = jwks(&[&old, &new]).to_string());
        is_new_used.store(true, Ordering::SeqCst);
        wait_for(500);
        assert_eq!(
            edge.with_token("/protected", &old_token).status,
            200,
            "the old key has not been removed"
        );
        issuer.change(|document| document.body = jwks(&[&new]).to_string());
        let removed = Instant::now();
        let mut connection = edge.connect();
        let mut accepted = 0;
        while removed.elapsed() < CACHE_TIME + Duration::from_secs(3) {
            let is_late = removed.elapsed() > CACHE_TIME;
            let response = connection.send(
                "GET",
                "/protected",
                &[("Authorization", &header(&old_token))],
                b"",
            );
            assert!(
                !is_late || response.status == 401,
                "the removed key is accepted: {}",
                response.text()
            );
            accepted += u64::from(response.status == 200);
        }
        is_over.store(true, Ordering::SeqCst);
        println!(
            "{} good requests; {accepted} with the removed key within the cache time",
            good.load(Ordering::Relaxed)
        );
    });
    assert_eq!(refused.load(Ordering::Relaxed), 0, "{}", edge.log());
    assert!(!edge.log().contains("instance ended"), "{}", edge.log());
}

#[test]
fn keys_in_use_are_fetched_again_in_the_background_and_outlive_an_outage_of_the_issuer() {
    let signer = Signer::generated("k1");
    let issuer = Issuer::start(jwks(&[&signer]));
    issuer.change(|document| document.max_age = Some(10));
    let Some(edge) = edge_of(&issuer) else { return };
    assert_eq!(status(&edge, &signer), 200);
    // At three quarters of the lifetime; the request does not wait for this fetch.
    issuer.change(|document| document.delay = Duration::from_secs(1));
    let started = Instant::now();
    while issuer.requests() < 2 && started.elapsed() < crate::support::TIMEOUT {
        assert_eq!(status(&edge, &signer), 200);
        assert_ne!(edge.get("/", &[]).json()["keys"]["stale"], true);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(issuer.requests() >= 2, "{:?}", started.elapsed());
    // During the outage, expired keys stay in use, and the health reports it.
    issuer.change(|document| {
        (document.delay, document.status, document.body) =
            (Duration::ZERO, "500 Internal Server Error", String::new());
    });
    assert!(
        edge.becomes_degraded(
            || assert_eq!(status(&edge, &signer), 200),
            |health| health["keys"]["stale"] == true
        ),
        "{}",
        edge.log()
    );
    assert_eq!(status(&edge, &signer), 200);
}
