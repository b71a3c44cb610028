//! Keys whose address is in the metadata of an issuer.

use std::time::Duration;

use serde_json::json;
use test_support::claims::access_claims;
use test_support::signer::Signer;
use verifier_core::Policy;

use super::super::{CACHE_POLICY, IssuerUrl, KeySource, Keys};
use super::{accepts, jwks, seconds};
use crate::error::{AuthError, KeysError};
use crate::fetch::FetchError;
use crate::testing::{NOW, TestHost};

const ISSUER: &str = "https://issuer.example/realms/x";
const OAUTH: &str = "https://issuer.example/.well-known/oauth-authorization-server/realms/x";
const OPENID: &str = "https://issuer.example/realms/x/.well-known/openid-configuration";
const KEY_SET: &str = "https://keys.example/jwks";

fn discovered() -> Keys {
    let issuer = IssuerUrl::parse(ISSUER).expect("an address");
    Keys::new(KeySource::Issuer(issuer), Policy::default())
}

fn metadata(issuer: &str) -> String {
    json!({"issuer": issuer, "jwks_uri": KEY_SET, "response_types_supported": []}).to_string()
}

#[tokio::test]
async fn the_metadata_of_an_issuer_leads_to_its_keys() {
    let (keys, host, signer) = (discovered(), TestHost::default(), Signer::generated("k1"));
    host.will_respond(metadata(ISSUER), Some(3600));
    host.will_respond(jwks(&[&signer]), Some(60));
    for _ in 0..3 {
        assert!(accepts(&keys, &signer, &host).await);
    }
    assert_eq!(*host.fetched.borrow(), [OAUTH, KEY_SET]);
    let status = keys.status(&host).await;
    assert_eq!((status.source, status.lifetime_seconds), ("issuer", Some(60)));
    // The next fetch begins with the metadata, in case the address has changed.
    host.pass(61);
    host.will_fail(FetchError::Status(404));
    host.will_respond(metadata(ISSUER), None);
    host.will_respond(jwks(&[&signer]), None);
    assert!(accepts(&keys, &signer, &host).await);
    assert_eq!(host.fetched.borrow()[2..], [OAUTH, OPENID, KEY_SET]);
}

#[tokio::test]
async fn after_metadata_that_is_missing_or_of_another_issuer_the_next_url_is_tried() {
    let no_keys = json!({"issuer": ISSUER}).to_string();
    let downgrade = json!({"issuer": ISSUER, "jwks_uri": "http://keys.example/jwks"}).to_string();
    for first in [
        Err(FetchError::Status(404)),
        Err(FetchError::Status(401)),
        Err(FetchError::TooLarge),
        Ok("<html>".to_owned()),
        Ok(metadata("https://issuer.example/realms/x/")),
        Ok(metadata("https://other.example")),
        Ok(no_keys),
        Ok(downgrade),
        Ok(json!({"issuer": ISSUER, "jwks_uri": "/jwks"}).to_string()),
        Ok(json!({"issuer": ISSUER, "jwks_uri": "https://a@keys.example/"}).to_string()),
        Ok(json!({"issuer": [ISSUER], "jwks_uri": KEY_SET}).to_string()),
    ] {
        let respond = |host: &TestHost| match first.clone() {
            Ok(text) => host.will_respond(text, None),
            Err(error) => host.will_fail(error),
        };
        let (keys, host, signer) = (discovered(), TestHost::default(), Signer::generated("k1"));
        respond(&host);
        host.will_respond(metadata(ISSUER), None);
        host.will_respond(jwks(&[&signer]), None);
        assert!(accepts(&keys, &signer, &host).await, "{first:?}");
        assert_eq!(*host.fetched.borrow(), [OAUTH, OPENID, KEY_SET], "{first:?}");

        let (keys, host) = (discovered(), TestHost::default());
        respond(&host);
        respond(&host);
        let refused = keys.verify(&signer.token(&access_claims(NOW)), &host).await;
        let Err(AuthError::Keys(error @ KeysError::Unavailable { .. })) = refused else {
            panic!("{refused:?}");
        };
        let text = error.to_string();
        for words in ["`issuer`", OAUTH, OPENID] {
            assert!(text.contains(words), "{text}");
        }
        assert_eq!(*host.fetched.borrow(), [OAUTH, OPENID], "{first:?}");
    }
}

#[tokio::test]
async fn no_other_url_is_tried_while_the_issuer_cannot_be_reached() {
    for failure in [FetchError::Denied, FetchError::TimedOut, FetchError::Failed("down".into())] {
        let (keys, host, signer) = (discovered(), TestHost::default(), Signer::generated("k1"));
        host.will_fail(failure);
        assert!(!accepts(&keys, &signer, &host).await);
        assert_eq!(*host.fetched.borrow(), [OAUTH]);
    }
}

#[tokio::test]
async fn discovery_takes_no_longer_than_a_fetch_may() {
    let (keys, host, signer) = (discovered(), TestHost::default(), Signer::generated("k1"));
    host.latency.set(Duration::from_secs(2));
    host.will_fail(FetchError::Status(404));
    host.will_respond(metadata(ISSUER), None);
    host.will_respond(jwks(&[&signer]), None);
    assert!(!accepts(&keys, &signer, &host).await);
    assert_eq!(host.passed(), seconds(CACHE_POLICY.limits.time));
}
