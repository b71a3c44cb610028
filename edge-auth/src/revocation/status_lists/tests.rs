use std::time::Duration;

use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::{Value, json};
use test_support::claims::{status_list_claims, with};
use test_support::signer::Signer;
use verifier_core::{Policy, PolicyOptions};

use super::super::reference::ListAddress;
use super::super::statuses::MAX_BYTES;
use super::{CACHE_POLICY, DEFAULT_TTL, Lookup, MAX_LISTS, MAX_TTL, StatusLists};
use crate::fetch::FetchError;
use crate::host::Host;
use crate::keys::{KeySource, Keys};
use crate::testing::{NOW, TestHost};

const URI: &str = "http://issuer.example/status/1";

struct Fixture {
    lists: StatusLists,
    keys: Keys,
    host: TestHost,
    signer: Signer,
}

impl Fixture {
    fn new() -> Self {
        let signer = Signer::generated("k1");
        let keys = Keys::new(KeySource::Text(signer.public_pem()), Policy::default());
        Self { lists: StatusLists::default(), keys, host: TestHost::default(), signer }
    }

    /// Makes the next fetch return a list that revokes these indices, with these claims changed.
    fn will_respond(&self, revoked: &[u64], changes: &Value) {
        let claims = status_list_claims(URI, NOW + self.host.passed(), 1, &list_of(revoked));
        self.host.will_respond(self.signer.status_list(&with(claims, changes)), None);
    }

    async fn look_up(&self, index: u64) -> Lookup {
        self.in_another_instance(&self.lists, index).await
    }

    async fn in_another_instance(&self, lists: &StatusLists, index: u64) -> Lookup {
        lists.look_up(&address(URI), index, &self.keys, &self.host).await
    }
}

fn address(text: &str) -> ListAddress {
    ListAddress { text: text.to_owned(), uri: text.parse().expect("a URI") }
}

/// 64 statuses of one bit, compressed.
fn list_of(revoked: &[u64]) -> Vec<u8> {
    let mut bytes = [0_u8; 8];
    for index in revoked {
        bytes[usize::try_from(index / 8).expect("small")] |= 1 << (index % 8);
    }
    compress_to_vec_zlib(&bytes, 6)
}

#[tokio::test]
async fn a_list_is_fetched_once_per_ttl() {
    for (changes, lifetime) in [
        (json!({"ttl": 30}), 30),
        (json!({"ttl": null}), DEFAULT_TTL.as_secs()),
        (json!({"ttl": 1_000_000, "exp": null}), MAX_TTL.as_secs()),
        (json!({"ttl": 600, "exp": NOW + 20}), 20),
    ] {
        let fixture = Fixture::new();
        fixture.will_respond(&[], &changes);
        assert_eq!(fixture.look_up(7).await, Lookup::Status(0));
        fixture.host.pass(lifetime - 1);
        assert_eq!(fixture.look_up(7).await, Lookup::Status(0));
        assert_eq!(fixture.host.fetches(), 1, "{changes}");
        fixture.host.pass(1);
        fixture.will_respond(&[7], &json!({}));
        assert_eq!(fixture.look_up(7).await, Lookup::Status(1), "{changes}");
        assert_eq!(fixture.host.fetches(), 2, "{changes}");
        assert_eq!(fixture.look_up(64).await, Lookup::OutOfRange);
    }
}

#[tokio::test]
async fn requests_that_arrive_during_a_fetch_wait_for_it() {
    let fixture = Fixture::new();
    fixture.host.latency.set(Duration::from_millis(50));
    fixture.will_respond(&[3], &json!({}));
    let outcome = tokio::join!(fixture.look_up(1), fixture.look_up(3), fixture.look_up(2));
    assert_eq!(outcome, (Lookup::Status(0), Lookup::Status(1), Lookup::Status(0)));
    assert_eq!(fixture.host.fetches(), 1);
}

#[tokio::test]
async fn a_list_in_use_is_refreshed_before_it_expires_and_no_request_waits() {
    let fixture = Fixture::new();
    fixture.will_respond(&[], &json!({"ttl": 60}));
    fixture.look_up(1).await;
    fixture.host.pass(44);
    fixture.look_up(1).await;
    assert!(!fixture.lists.is_due(&fixture.host));
    fixture.host.pass(1);
    assert!(fixture.lists.is_due(&fixture.host));
    fixture.will_respond(&[1], &json!({"ttl": 60}));
    fixture.lists.refresh(&fixture.keys, &fixture.host).await;
    assert!(!fixture.lists.is_due(&fixture.host));
    assert_eq!((fixture.look_up(1).await, fixture.host.fetches()), (Lookup::Status(1), 2));

    // An unused list is not fetched.
    let unused = Fixture::new();
    unused.will_respond(&[], &json!({"ttl": 60}));
    unused.look_up(1).await;
    unused.host.pass(45);
    assert!(unused.lists.is_due(&unused.host), "the first look-up counts");
    unused.will_respond(&[], &json!({"ttl": 60}));
    unused.lists.refresh(&unused.keys, &unused.host).await;
    unused.host.pass(59);
    assert!(!unused.lists.is_due(&unused.host));
}

#[tokio::test]
async fn an_expired_list_still_refuses_and_no_longer_confirms() {
    let fixture = Fixture::new();
    fixture.will_respond(&[5], &json!({"ttl": 60}));
    assert_eq!(fixture.look_up(5).await, Lookup::Status(1));
    fixture.host.pass(60);
    fixture.host.will_fail(FetchError::TimedOut);
    assert_eq!(fixture.look_up(5).await, Lookup::Unknown(Some(1)));
    assert_eq!(fixture.look_up(4).await, Lookup::Unknown(Some(0)));
    assert_eq!(fixture.host.fetches(), 2, "the next attempt waits a moment");
    let status = fixture.lists.status(&fixture.host);
    assert_eq!((status.count, status.stale), (1, true));
    assert!(status.problem.is_some_and(|problem| problem.contains(URI)));
    assert_eq!(fixture.host.log().len(), 1);

    fixture.host.pass(CACHE_POLICY.retry_after.as_secs());
    fixture.will_respond(&[], &json!({}));
    assert_eq!(fixture.look_up(5).await, Lookup::Status(0));
    assert_eq!(fixture.lists.status(&fixture.host).problem, None);
}

#[tokio::test]
async fn a_document_that_is_not_a_list_of_the_issuer_is_refused() {
    let stranger = Signer::generated("k1");
    let good = |_: &Fixture| status_list_claims(URI, NOW, 1, &list_of(&[]));
    type Make<'a> = &'a dyn Fn(&Fixture) -> String;
    let bomb = compress_to_vec_zlib(&vec![0; MAX_BYTES + 1], 9);
    let rows: &[(&str, Make<'_>)] = &[
        ("a page", &|_| "<html>".into()),
        ("a token", &|fixture| fixture.signer.token(&good(fixture))),
        ("signed by another", &|fixture| stranger.status_list(&good(fixture))),
        ("the list of another address", &|fixture| {
            fixture.signer.status_list(&with(
                good(fixture),
                &json!({"sub": "http://issuer.example/status/2"}),
            ))
        }),
        ("over", &|fixture| fixture.signer.status_list(&with(good(fixture), &json!({"exp": NOW})))),
        ("not compressed", &|fixture| {
            fixture.signer.status_list(&status_list_claims(URI, NOW, 1, b"plain"))
        }),
        ("far larger inside than outside", &|fixture| {
            fixture.signer.status_list(&status_list_claims(URI, NOW, 1, &bomb))
        }),
    ];
    for (name, make) in rows {
        let fixture = Fixture::new();
        fixture.host.will_respond(make(&fixture), None);
        assert_eq!(fixture.look_up(0).await, Lookup::Unknown(None), "{name}");
        let is_kept = fixture.host.store.borrow().keys().any(|key| key.starts_with("status-list/"));
        assert!(!is_kept, "{name}");
        fixture.host.pass(CACHE_POLICY.retry_after.as_secs());
        fixture.will_respond(&[], &json!({}));
        assert_eq!(fixture.look_up(0).await, Lookup::Status(0), "{name}");
    }
}

#[tokio::test]
async fn a_list_that_has_just_expired_is_refused_and_not_fetched_repeatedly() {
    let mut fixture = Fixture::new();
    let policy = Policy::new(PolicyOptions { leeway_seconds: 60, ..PolicyOptions::default() })
        .expect("a policy");
    fixture.keys = Keys::new(KeySource::Text(fixture.signer.public_pem()), policy);
    for exp in [json!(NOW - 30), json!(NOW as f64 + 0.5)] {
        fixture.will_respond(&[], &json!({ "exp": exp }));
        assert_eq!(fixture.look_up(1).await, Lookup::Unknown(None), "{exp}");
        assert_eq!(fixture.look_up(1).await, Lookup::Unknown(None), "{exp}");
        assert!(
            fixture
                .lists
                .status(&fixture.host)
                .problem
                .is_some_and(|problem| problem.contains("expired"))
        );
        fixture.lists = StatusLists::default();
        fixture.host.store.borrow_mut().clear();
    }
    assert_eq!(fixture.host.fetches(), 2);
}

#[tokio::test]
async fn the_subject_of_a_list_is_exactly_its_address() {
    // HTTP normalizes this address to one with a slash at its end.
    let (token, other) = ("http://issuer.example", "http://issuer.example/");
    for (subject, expected) in [(token, Lookup::Status(0)), (other, Lookup::Unknown(None))] {
        let fixture = Fixture::new();
        fixture.will_respond(&[], &json!({ "sub": subject }));
        let lookup = fixture.lists.look_up(&address(token), 0, &fixture.keys, &fixture.host).await;
        assert_eq!(lookup, expected, "{subject}");
    }
}

#[tokio::test]
async fn a_list_may_be_as_large_as_the_limit() {
    let fixture = Fixture::new();
    let list = compress_to_vec_zlib(&vec![0xff; MAX_BYTES], 6);
    fixture
        .host
        .will_respond(fixture.signer.status_list(&status_list_claims(URI, NOW, 1, &list)), None);
    let last = 8 * MAX_BYTES as u64 - 1;
    assert_eq!(fixture.look_up(last).await, Lookup::Status(1));
    assert_eq!(fixture.look_up(last + 1).await, Lookup::OutOfRange);
}

#[tokio::test]
async fn instances_share_lists_with_their_age() {
    let fixture = Fixture::new();
    fixture.will_respond(&[], &json!({"ttl": 60}));
    fixture.look_up(1).await;
    fixture.host.pass(30);
    let other = StatusLists::default();
    assert_eq!(fixture.in_another_instance(&other, 1).await, Lookup::Status(0));
    assert_eq!((fixture.host.fetches(), other.status(&fixture.host).age_seconds), (1, Some(30)));
    fixture.host.pass(30);
    fixture.will_respond(&[1], &json!({"ttl": 60}));
    assert_eq!(fixture.in_another_instance(&other, 1).await, Lookup::Status(1));
    assert_eq!(fixture.look_up(1).await, Lookup::Status(1));
    assert_eq!(
        fixture.host.fetches(),
        2,
        "the first instance takes over what the second has fetched"
    );

    // A copy that was tampered with is fetched again.
    for (_, value) in fixture
        .host
        .store
        .borrow_mut()
        .iter_mut()
        .filter(|(key, _)| key.starts_with("status-list/"))
    {
        *value = String::from_utf8(value.clone())
            .expect("a text")
            .replace("\"text\":\"ey", "\"text\":\"EY")
            .into_bytes();
    }
    fixture.will_respond(&[2], &json!({"ttl": 60}));
    assert_eq!(fixture.in_another_instance(&StatusLists::default(), 2).await, Lookup::Status(1));
    assert_eq!(fixture.host.fetches(), 3);
}

#[tokio::test]
async fn the_number_of_cached_lists_is_bounded() {
    let fixture = Fixture::new();
    for number in 0..2 * MAX_LISTS {
        let uri = format!("http://issuer.example/status/{number}");
        let claims = status_list_claims(&uri, NOW, 1, &list_of(&[]));
        fixture.host.will_respond(fixture.signer.status_list(&claims), None);
        fixture.host.pass(1);
        assert_eq!(
            fixture.lists.look_up(&address(&uri), 0, &fixture.keys, &fixture.host).await,
            Lookup::Status(0)
        );
    }
    assert_eq!(fixture.lists.status(&fixture.host).count, MAX_LISTS);
}

#[tokio::test]
async fn instances_share_a_fetch_in_progress_and_the_failure_of_the_last() {
    let fixture = Fixture::new();
    let instances: Vec<_> = (0..20).map(|_| StatusLists::default()).collect();
    let ask = |index: u64| {
        let fixture = &fixture;
        let all = instances.iter().map(move |lists| fixture.in_another_instance(lists, index));
        futures_util::future::join_all(all)
    };
    fixture.host.latency.set(Duration::from_secs(3600));
    assert!(ask(1).await.iter().all(|lookup| *lookup == Lookup::Unknown(None)));
    assert_eq!(
        fixture.host.fetches(),
        1,
        "one of them waited for the issuer, the others for that one"
    );
    let (late, before) = (StatusLists::default(), fixture.host.uptime());
    assert_eq!(fixture.in_another_instance(&late, 1).await, Lookup::Unknown(None));
    assert!(
        fixture.host.uptime() - before < Duration::from_secs(1),
        "and later ones do not wait at all"
    );
    assert_eq!(fixture.host.fetches(), 1);

    // One instance makes the next attempt, and only that one waits.
    fixture.host.pass(CACHE_POLICY.retry_after.as_secs());
    assert!(ask(1).await.iter().all(|lookup| *lookup == Lookup::Unknown(None)));
    assert_eq!(fixture.host.fetches(), 2);

    fixture.host.latency.set(Duration::from_millis(50));
    fixture.host.pass(CACHE_POLICY.retry_after.as_secs());
    fixture.will_respond(&[1], &json!({}));
    assert!(ask(1).await.contains(&Lookup::Status(1)));
    // The instances that did not wait look again soon.
    fixture.host.pass(1);
    assert!(ask(1).await.iter().all(|lookup| *lookup == Lookup::Status(1)));
    assert_eq!(fixture.host.fetches(), 3);
}
