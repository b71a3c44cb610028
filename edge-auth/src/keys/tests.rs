mod discovery;

use std::task::Poll;
use std::time::Duration;

use serde_json::json;
use test_support::claims::access_claims;
use test_support::signer::Signer;
use verifier_core::{Code, Policy};

use super::{AGE_BOUNDS, CACHE_POLICY, DEFAULT_AGE, KeySource, Keys, UNKNOWN_KID_COOLDOWN};
use crate::error::{AuthError, KeysError};
use crate::fetch::FetchError;
use crate::host::Host;
use crate::testing::{NOW, TestHost};

fn keys() -> Keys {
    let url = "http://issuer.example/.well-known/jwks.json".parse().expect("a URI");
    Keys::new(KeySource::Url(url), Policy::default())
}

fn jwks(signers: &[&Signer]) -> String {
    json!({"keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>()}).to_string()
}

fn seconds(time: Duration) -> u64 {
    time.as_secs()
}

async fn accepts(keys: &Keys, signer: &Signer, host: &TestHost) -> bool {
    keys.verify(&signer.token(&access_claims(NOW)), host).await.is_ok()
}

#[tokio::test]
async fn the_first_token_fetches_the_keys_and_later_ones_do_not() {
    let (keys, host, signer) = (keys(), TestHost::default(), Signer::generated("k1"));
    assert_eq!(keys.status(&host).await.count, 0);
    assert_eq!(host.fetches(), 0);
    host.will_respond(jwks(&[&signer]), None);
    for _ in 0..3 {
        assert!(accepts(&keys, &signer, &host).await);
    }
    assert_eq!(host.fetches(), 1);
    assert_eq!(keys.status(&host).await.count, 1);
    assert_eq!(keys.status(&host).await.stale, Some(false));
}

#[tokio::test]
async fn requests_that_arrive_during_a_fetch_wait_for_it() {
    let (keys, host, signer) = (keys(), TestHost::default(), Signer::generated("k1"));
    host.latency.set(Duration::from_millis(50));
    host.will_respond(jwks(&[&signer]), None);
    let one = || accepts(&keys, &signer, &host);
    assert_eq!(tokio::join!(one(), one(), one(), one()), (true, true, true, true));
    assert_eq!(host.fetches(), 1);
}

#[tokio::test]
async fn a_cancelled_fetch_does_not_block_the_next() {
    let (keys, host, signer) = (keys(), TestHost::default(), Signer::generated("k1"));
    host.latency.set(Duration::from_secs(3600));
    tokio::select! {
        biased;
        _ = accepts(&keys, &signer, &host) => panic!("the fetch takes an hour"),
        () = async { for _ in 0..10 { tokio::task::yield_now().await } } => {}
    }
    host.latency.set(Duration::ZERO);
    host.will_respond(jwks(&[&signer]), None);
    assert!(accepts(&keys, &signer, &host).await);
    assert_eq!(host.fetches(), 2);
}

#[tokio::test]
async fn expired_keys_are_fetched_again_and_removed_ones_are_gone() {
    for (max_age, lifetime) in [
        (None, seconds(DEFAULT_AGE)),
        (Some(60), 60),
        (Some(0), seconds(AGE_BOUNDS.0)),
        (Some(u64::MAX), seconds(AGE_BOUNDS.1)),
    ] {
        let (keys, host) = (keys(), TestHost::default());
        let (old, new) = (Signer::generated("old"), Signer::generated("new"));
        host.will_respond(jwks(&[&old]), max_age);
        assert!(accepts(&keys, &old, &host).await);
        host.pass(lifetime - 1);
        assert!(accepts(&keys, &old, &host).await);
        assert_eq!(host.fetches(), 1, "{max_age:?}");
        host.pass(1);
        host.will_respond(jwks(&[&new]), max_age);
        assert!(accepts(&keys, &new, &host).await);
        assert_eq!(host.fetches(), 2, "{max_age:?}");
        assert!(!accepts(&keys, &old, &host).await);
    }
}

#[tokio::test]
async fn an_unknown_kid_causes_one_fetch_and_then_none_during_the_cooldown() {
    let (keys, host) = (keys(), TestHost::default());
    let (old, new, forger) =
        (Signer::generated("old"), Signer::generated("new"), Signer::generated("made-up"));
    host.will_respond(jwks(&[&old]), None);
    assert!(accepts(&keys, &old, &host).await);

    host.will_respond(jwks(&[&old, &new]), None);
    assert!(accepts(&keys, &new, &host).await, "a key that was added is found at once");
    assert_eq!(host.fetches(), 2);

    for _ in 0..100 {
        let denied =
            keys.verify(&forger.token(&access_claims(NOW)), &host).await.expect_err("unknown key");
        assert_eq!(denied, AuthError::TokenRefused(Code::KeyNotFound));
    }
    assert_eq!(host.fetches(), 2);

    host.pass(seconds(UNKNOWN_KID_COOLDOWN));
    host.will_respond(jwks(&[&old, &new]), None);
    assert!(!accepts(&keys, &forger, &host).await);
    assert_eq!(host.fetches(), 3);
    assert!(accepts(&keys, &old, &host).await);
}

#[tokio::test]
async fn many_unknown_kids_at_once_share_a_fetch() {
    let (keys, host) = (keys(), TestHost::default());
    let (old, new) = (Signer::generated("old"), Signer::generated("new"));
    host.will_respond(jwks(&[&old]), None);
    assert!(accepts(&keys, &old, &host).await);
    host.latency.set(Duration::from_millis(50));
    host.will_respond(jwks(&[&old, &new]), None);
    let one = || accepts(&keys, &new, &host);
    assert_eq!(tokio::join!(one(), one(), one()), (true, true, true));
    assert_eq!(host.fetches(), 2);
}

#[tokio::test]
async fn stale_keys_are_used_while_the_issuer_is_down_but_not_for_ever() {
    let (keys, host, signer) = (keys(), TestHost::default(), Signer::generated("k1"));
    host.will_respond(jwks(&[&signer]), None);
    assert!(accepts(&keys, &signer, &host).await);

    host.pass(seconds(DEFAULT_AGE));
    host.will_fail(FetchError::TimedOut);
    assert!(accepts(&keys, &signer, &host).await);
    assert!(accepts(&keys, &signer, &host).await);
    assert_eq!(host.fetches(), 2, "the next attempt waits a moment");
    let status = keys.status(&host).await;
    assert_eq!(status.stale, Some(true));
    assert!(status.problem.is_some_and(|problem| problem.contains("`jwks_url`")));

    host.pass(seconds(CACHE_POLICY.retry_after));
    host.will_respond("<html>", None);
    assert!(
        accepts(&keys, &signer, &host).await,
        "a response without keys does not replace good ones"
    );
    assert_eq!(host.fetches(), 3);

    host.pass(seconds(CACHE_POLICY.stale_for.expect("a limit")));
    host.will_fail(FetchError::Status(500));
    let denied = keys.verify(&signer.token(&access_claims(NOW)), &host).await.expect_err("too old");
    let AuthError::Keys(KeysError::Unavailable { reason, .. }) = denied else {
        panic!("{denied:?}");
    };
    assert!(reason.contains("500"), "{reason}");

    host.pass(seconds(CACHE_POLICY.retry_after));
    host.will_respond(jwks(&[&signer]), None);
    assert!(accepts(&keys, &signer, &host).await);
    assert_eq!(keys.status(&host).await.problem, None);
}

#[tokio::test]
async fn a_fetched_key_outside_a_key_set_is_refused() {
    let signer = Signer::generated("k1");
    for text in [signer.public_pem(), signer.jwk().to_string()] {
        let (keys, host) = (keys(), TestHost::default());
        host.will_respond(text, None);
        let denied =
            keys.verify(&signer.token(&access_claims(NOW)), &host).await.expect_err("no set");
        assert!(matches!(denied, AuthError::Keys(KeysError::Unavailable { .. })), "{denied:?}");
    }
}

#[tokio::test]
async fn a_failed_first_fetch_is_repeated_after_a_pause() {
    let (keys, host, signer) = (keys(), TestHost::default(), Signer::generated("k1"));
    host.will_fail(FetchError::Failed("connection refused".into()));
    for _ in 0..3 {
        let denied =
            keys.verify(&signer.token(&access_claims(NOW)), &host).await.expect_err("no keys");
        assert!(matches!(denied, AuthError::Keys(KeysError::Unavailable { .. })));
    }
    assert_eq!(host.fetches(), 1);
    assert_eq!(host.log().len(), 1);
    host.pass(seconds(CACHE_POLICY.retry_after));
    host.will_respond(jwks(&[&signer]), None);
    assert!(accepts(&keys, &signer, &host).await);
}

#[tokio::test]
async fn secrets_in_the_address_stay_out_of_the_log() {
    let host = TestHost::default();
    let url = "http://user:hunter2@issuer.example:8000/jwks?key=hunter2".parse().expect("a URI");
    let keys = Keys::new(KeySource::Url(url), Policy::default());
    assert!(!accepts(&keys, &Signer::generated("k1"), &host).await);
    assert_eq!(
        host.log(),
        ["warning: keys not fetched from http://issuer.example:8000/jwks: connection refused"]
    );
}

/// Another instance on the same host.
#[tokio::test]
async fn a_new_instance_adopts_the_keys_of_another() {
    let (host, old, new) =
        (TestHost::default(), Signer::generated("old"), Signer::generated("new"));
    let first = keys();
    host.will_respond(jwks(&[&old]), Some(60));
    assert!(accepts(&first, &old, &host).await);

    let second = keys();
    host.pass(30);
    assert!(accepts(&second, &old, &host).await);
    assert_eq!((host.fetches(), second.status(&host).await.age_seconds), (1, Some(30)));

    // One instance fetches a new key, and the other adopts it without a fetch.
    host.will_respond(jwks(&[&new]), Some(60));
    assert!(accepts(&second, &new, &host).await);
    assert!(accepts(&first, &new, &host).await);
    assert!(!accepts(&first, &old, &host).await);
    assert_eq!(host.fetches(), 2);

    // A made-up `kid` does not cause a fetch in every new instance.
    for _ in 0..5 {
        assert!(!accepts(&keys(), &old, &host).await);
    }
    assert_eq!(host.fetches(), 2);

    // The age counts from the fetch, however often the copy is adopted.
    host.pass(60);
    host.will_respond(jwks(&[&new]), Some(60));
    assert!(accepts(&keys(), &new, &host).await);
    assert_eq!(host.fetches(), 3);
}

#[tokio::test]
async fn an_instance_that_starts_while_the_issuer_is_down_uses_stale_keys() {
    let (host, signer) = (TestHost::default(), Signer::generated("k1"));
    host.will_respond(jwks(&[&signer]), Some(60));
    assert!(accepts(&keys(), &signer, &host).await);
    host.pass(61);
    let late = keys();
    assert!(accepts(&late, &signer, &host).await);
    assert_eq!(host.fetches(), 2, "the issuer is asked first");
    assert_eq!(late.status(&host).await.stale, Some(true));
    host.pass(seconds(CACHE_POLICY.stale_for.expect("a limit")));
    assert!(!accepts(&keys(), &signer, &host).await);
}

#[tokio::test]
async fn an_unusable_copy_is_ignored() {
    let (host, signer) = (TestHost::default(), Signer::generated("k1"));
    host.will_respond(jwks(&[&signer]), None);
    assert!(accepts(&keys(), &signer, &host).await);
    let good = host.store.borrow().clone();
    for (name, from, to) in [
        ("not JSON", "{", "x"),
        ("no keys", "kty", "xxx"),
        ("of another issuer", "issuer.example", "issuer.exampl"),
        ("from the future", "\"fetched_at\":17", "\"fetched_at\":97"),
    ] {
        for (key, value) in good.iter().filter(|(key, _)| key.starts_with("jwks/")) {
            let text = String::from_utf8(value.clone()).expect("a text");
            assert!(text.contains(from), "{name}");
            host.store.borrow_mut().insert(key.clone(), text.replacen(from, to, 1).into_bytes());
        }
        let before = host.fetches();
        host.will_respond(jwks(&[&signer]), None);
        assert!(accepts(&keys(), &signer, &host).await, "{name}");
        assert_eq!(host.fetches(), before + 1, "{name}");
    }
    host.store_fails_after.set(Some(0));
    host.store.borrow_mut().clear();
    host.will_respond(jwks(&[&signer]), None);
    assert!(accepts(&keys(), &signer, &host).await, "a store that does not work");
}

#[tokio::test]
async fn keys_that_another_instance_fetched_during_the_cooldown_are_used() {
    let (host, old, new) =
        (TestHost::default(), Signer::generated("old"), Signer::generated("new"));
    let (first, second) = (keys(), keys());
    host.will_respond(jwks(&[&old]), None);
    assert!(accepts(&first, &old, &host).await);
    assert!(accepts(&second, &old, &host).await);
    host.will_respond(jwks(&[&old, &new]), None);
    assert!(accepts(&first, &new, &host).await);
    assert!(
        accepts(&second, &new, &host).await,
        "no cooldown of 10 s for a key that is known by now"
    );
    assert_eq!(host.fetches(), 2);
}

/// Pauses the second instance after each of its steps, while the first fetches the new key.
#[tokio::test]
async fn a_key_that_another_instance_fetches_at_any_moment_is_used() {
    for steps in 0..12 {
        let (host, old, new) =
            (TestHost::default(), Signer::generated("old"), Signer::generated("new"));
        let (first, second) = (keys(), keys());
        host.will_respond(jwks(&[&old]), None);
        assert!(accepts(&first, &old, &host).await);
        assert!(accepts(&second, &old, &host).await);
        host.will_respond(jwks(&[&old, &new]), None);
        let mut accepted = Box::pin(accepts(&second, &new, &host));
        for _ in 0..steps {
            let waiting =
                std::future::poll_fn(|cx| Poll::Ready(accepted.as_mut().poll(cx).is_pending()))
                    .await;
            assert!(waiting, "{steps} steps: the second instance has no keys to respond with yet");
        }
        let (first, second) = tokio::join!(accepts(&first, &new, &host), accepted);
        assert!(first && second, "{steps} steps: {first}, {second}");
        assert_eq!(host.fetches(), 2, "{steps} steps");
    }
}

#[tokio::test]
async fn keys_are_refreshed_before_they_expire_and_no_request_waits() {
    let (keys, host, signer) = (keys(), TestHost::default(), Signer::generated("k1"));
    host.will_respond(jwks(&[&signer]), Some(60));
    assert!(accepts(&keys, &signer, &host).await);
    host.pass(44);
    assert!(!keys.is_due(&host));
    host.pass(1);
    assert!(keys.is_due(&host));
    host.will_fail(FetchError::TimedOut);
    keys.refresh(&host).await;
    assert!(accepts(&keys, &signer, &host).await, "they are still fresh");
    assert!(!keys.is_due(&host), "the next attempt waits a moment");
    host.pass(seconds(CACHE_POLICY.retry_after));
    assert!(keys.is_due(&host));
    host.will_respond(jwks(&[&signer]), Some(60));
    keys.refresh(&host).await;
    assert_eq!((host.fetches(), keys.status(&host).await.age_seconds), (3, Some(0)));
    assert!(!keys.is_due(&host));
}

#[tokio::test]
async fn a_newer_copy_without_the_key_does_not_replace_the_fetch() {
    let (host, old, new) =
        (TestHost::default(), Signer::generated("old"), Signer::generated("new"));
    let (first, second) = (keys(), keys());
    // Both start at the same time, without a copy in the store.
    for instance in [&first, &second] {
        host.store.borrow_mut().clear();
        host.will_respond(jwks(&[&old]), None);
        assert!(accepts(instance, &old, &host).await);
        host.pass(1);
    }
    host.will_respond(jwks(&[&old, &new]), None);
    assert!(
        accepts(&first, &new, &host).await,
        "the copy of the second is newer than the keys of the first, and lacks the key"
    );
    assert_eq!(host.fetches(), 3);
}

/// Verifies a token in a new instance, and measures the time.
async fn in_a_new_instance(signer: &Signer, host: &TestHost) -> (bool, Duration) {
    let before = host.uptime();
    let is_accepted = accepts(&keys(), signer, host).await;
    (is_accepted, host.uptime() - before)
}

#[tokio::test]
async fn an_issuer_that_never_responds_delays_one_request_and_no_new_instance() {
    let (host, signer) = (TestHost::default(), Signer::generated("k1"));
    host.will_respond(jwks(&[&signer]), Some(60));
    assert!(accepts(&keys(), &signer, &host).await);
    host.pass(60);
    host.latency.set(Duration::from_secs(3600));
    let (first, before) = (keys(), host.uptime());
    assert!(accepts(&first, &signer, &host).await);
    let took = host.uptime() - before;
    assert!((CACHE_POLICY.patience..CACHE_POLICY.patience * 2).contains(&took), "{took:?}");
    for _ in 0..20 {
        let (is_accepted, took) = in_a_new_instance(&signer, &host).await;
        assert!(is_accepted && took < Duration::from_millis(100), "{took:?}");
    }
    assert_eq!(host.fetches(), 2);

    // The fetch from a slow issuer continues in the background.
    host.latency.set(CACHE_POLICY.patience * 2);
    host.will_respond(jwks(&[&signer]), Some(60));
    assert!(first.is_due(&host));
    let (_, (is_accepted, took)) =
        tokio::join!(first.refresh(&host), in_a_new_instance(&signer, &host));
    assert!(is_accepted && took < Duration::from_millis(100), "{took:?}");
    assert_eq!((host.fetches(), first.status(&host).await.stale), (3, Some(false)));
    assert!(!first.is_due(&host));
    assert!(in_a_new_instance(&signer, &host).await.0);
    assert_eq!(host.fetches(), 3);
}

#[tokio::test]
async fn without_keys_one_instance_fetches_and_the_others_share_its_failure() {
    let (host, signer) = (TestHost::default(), Signer::generated("k1"));
    host.latency.set(Duration::from_secs(3600));
    let all = (0..20).map(|_| in_a_new_instance(&signer, &host));
    assert!(futures_util::future::join_all(all).await.iter().all(|(is_accepted, _)| !is_accepted));
    assert_eq!(host.fetches(), 1);
    let late = keys();
    let before = host.uptime();
    let denied = late.verify(&signer.token(&access_claims(NOW)), &host).await.expect_err("no keys");
    let AuthError::Keys(KeysError::Unavailable { reason, .. }) = denied else { panic!("no keys") };
    assert!(reason.contains("in time"), "{reason}");
    assert!(host.uptime() - before < Duration::from_secs(1));
    assert_eq!(host.fetches(), 1);
    host.latency.set(Duration::ZERO);
    host.pass(seconds(CACHE_POLICY.retry_after));
    host.will_respond(jwks(&[&signer]), None);
    assert!(accepts(&late, &signer, &host).await);
}

#[tokio::test]
async fn unknown_kids_cause_one_fetch_in_all_instances_together() {
    let (host, known, forger) =
        (TestHost::default(), Signer::generated("known"), Signer::generated("made-up"));
    host.will_respond(jwks(&[&known]), Some(3600));
    assert!(accepts(&keys(), &known, &host).await);
    for (name, latency, is_up) in [
        ("an issuer that responds", Duration::from_millis(50), true),
        ("one that fails", Duration::from_millis(50), false),
        ("one that never responds", Duration::from_secs(3600), false),
    ] {
        host.latency.set(latency);
        if is_up {
            host.will_respond(jwks(&[&known]), Some(3600));
        }
        let before = host.fetches();
        for _ in 0..4 {
            let all = (0..25).map(|_| in_a_new_instance(&forger, &host));
            assert!(
                futures_util::future::join_all(all)
                    .await
                    .iter()
                    .all(|(is_accepted, _)| !is_accepted)
            );
        }
        assert_eq!(host.fetches(), before + 1, "{name}");
        let (is_accepted, took) = in_a_new_instance(&known, &host).await;
        assert!(is_accepted && took < Duration::from_millis(100), "{name}: {took:?}");
        host.pass(seconds(UNKNOWN_KID_COOLDOWN));
    }
}

#[tokio::test]
async fn a_new_instance_reports_the_shared_keys_or_that_there_are_none() {
    let (host, signer) = (TestHost::default(), Signer::generated("k1"));
    let status = keys().status(&host).await;
    assert_eq!((status.count, status.is_unknown, host.fetches()), (0, true, 0));
    host.will_respond(jwks(&[&signer]), Some(60));
    assert!(accepts(&keys(), &signer, &host).await);
    host.pass(30);
    let status = keys().status(&host).await;
    assert_eq!((status.count, status.age_seconds, status.is_unknown), (1, Some(30), false));
    assert_eq!((status.stale, status.problem), (Some(false), None));
    host.pass(31);
    assert!(!accepts(&keys(), &Signer::generated("other"), &host).await);
    let status = keys().status(&host).await;
    assert_eq!((status.count, status.stale), (1, Some(true)));
    assert!(status.problem.is_some_and(|problem| problem.contains("connection refused")));
}
