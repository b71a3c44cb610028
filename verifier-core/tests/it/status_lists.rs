//! Status lists, signed by an independent library: which are accepted, and that none is a token
//! and no token a list.

use serde_json::{Value, json};
use test_support::claims::{NOW, claims_with, header, status_list_claims, with};
use test_support::encoding::b64;
use test_support::keys::{OTHER_2048, RSA_2048};
use test_support::signer::Signer;
use verifier_core::{
    Audience, KeySet, MAX_STATUS_LIST_BYTES, Policy, PolicyOptions, RejectedToken, StatusList,
    UnixTime, Verifier,
};

use crate::policy;

const URI: &str = "https://issuer.example/status/1";

fn list_header() -> Value {
    json!({"alg": "RS256", "typ": "statuslist+jwt"})
}

fn list_claims() -> Value {
    status_list_claims(URI, NOW, 1, b"any bytes")
}

fn verifier(policy: Policy) -> Verifier {
    let keys =
        KeySet::parse(&Signer::from_pem(RSA_2048).public_pem()).expect("the test's keys are good");
    Verifier::new(keys, policy)
}

fn code_of(outcome: &Result<StatusList, RejectedToken>) -> &'static str {
    outcome.as_ref().map_or_else(|refusal| refusal.code().as_str(), |_| "accepted")
}

fn verdict(header: &Value, claims: &Value) -> &'static str {
    let token = Signer::from_pem(RSA_2048).token_with_header(header, claims);
    let policy = policy(PolicyOptions { future_leeway_seconds: 0, ..PolicyOptions::default() });
    let (verifier, now) = (verifier(policy), UnixTime::from_secs(NOW));
    code_of(&verifier.verify_status_list(&token, URI, now))
}

#[test]
fn a_good_list_is_handed_out_typed() {
    let token = Signer::from_pem(RSA_2048).token_with_header(&list_header(), &list_claims());
    let list = verifier(Policy::default())
        .verify_status_list(token, URI, UnixTime::from_secs(NOW))
        .expect("good");
    assert_eq!(
        (list.bits(), list.compressed(), list.ttl_seconds()),
        (1, b"any bytes".as_slice(), Some(60))
    );
    assert_eq!(list.expires_at(), Some(UnixTime::from_secs(NOW + 3600)));
    assert_eq!(list.issued_at(), UnixTime::from_secs(NOW));
}

#[test]
fn a_ttl_is_rounded_down_to_whole_seconds() {
    for (ttl, seconds) in [(json!(60.5), 60), (json!(1.999), 1), (json!(1e3), 1000)] {
        let token = Signer::from_pem(RSA_2048)
            .token_with_header(&list_header(), &with(list_claims(), &json!({"ttl": ttl})));
        let list = verifier(Policy::default())
            .verify_status_list(token, URI, UnixTime::from_secs(NOW))
            .expect("good");
        assert_eq!(list.ttl_seconds(), Some(seconds), "{ttl}");
    }
}

#[test]
fn a_list_that_breaks_a_rule_is_refused_with_its_code() {
    let rows: &[(Value, &str)] = &[
        (json!({}), "accepted"),
        (json!({"exp": null, "ttl": null}), "accepted"),
        (json!({"exp": NOW}), "token_expired"),
        (json!({"exp": "soon"}), "claim_invalid"),
        (json!({"iat": null}), "claim_missing"),
        (json!({"iat": "today"}), "claim_invalid"),
        (json!({"iat": NOW + 1}), "token_issued_in_future"),
        (json!({"nbf": NOW + 1}), "token_not_yet_valid"),
        (json!({"sub": null}), "claim_missing"),
        (json!({"sub": 1}), "claim_invalid"),
        (json!({"sub": "https://issuer.example/status/2"}), "claim_invalid"),
        (json!({"sub": "https://issuer.example/status/1/"}), "claim_invalid"),
        (json!({"ttl": 60.5}), "accepted"),
        (json!({"ttl": 0.5}), "claim_invalid"),
        (json!({"ttl": 0}), "claim_invalid"),
        (json!({"ttl": -1}), "claim_invalid"),
        (json!({"ttl": "60"}), "claim_invalid"),
        (json!({"status_list": null}), "claim_missing"),
        (json!({"status_list": "x"}), "claim_invalid"),
        (json!({"status_list": {"bits": 1}}), "claim_invalid"),
        (json!({"status_list": {"lst": ""}}), "claim_invalid"),
        (json!({"status_list": {"bits": 3, "lst": ""}}), "claim_invalid"),
        (json!({"status_list": {"bits": "1", "lst": ""}}), "claim_invalid"),
        (json!({"status_list": {"bits": 1, "lst": "a"}}), "claim_invalid"),
        (json!({"status_list": {"bits": 1, "lst": "YQ=="}}), "claim_invalid"),
        (
            json!({"status_list": {"bits": 8, "lst": "", "aggregation_uri": "https://x"}}),
            "accepted",
        ),
    ];
    for (changes, expected) in rows {
        assert_eq!(verdict(&list_header(), &with(list_claims(), changes)), *expected, "{changes}");
    }
}

#[test]
fn the_header_names_a_list_and_keeps_every_rule_of_a_tokens_header() {
    let rows: &[(Value, &str)] = &[
        (json!({"typ": null}), "typ_not_allowed"),
        (json!({"typ": "JWT"}), "typ_not_allowed"),
        (json!({"typ": "at+jwt"}), "typ_not_allowed"),
        (json!({"typ": "StatusList+JWT"}), "typ_not_allowed"),
        (json!({"typ": "application/statuslist+jwt"}), "typ_not_allowed"),
        (json!({"typ": 1}), "typ_not_allowed"),
        (json!({"alg": "none"}), "alg_not_allowed"),
        (json!({"alg": "HS256"}), "alg_not_allowed"),
        (json!({"crit": ["exp"]}), "crit_not_supported"),
        (json!({"b64": false}), "b64_not_supported"),
        (json!({"kid": 1}), "kid_invalid"),
    ];
    for (changes, expected) in rows {
        assert_eq!(verdict(&with(list_header(), changes), &list_claims()), *expected, "{changes}");
    }
}

#[test]
fn a_list_is_no_token_and_a_token_no_list() {
    let (signer, now) = (Signer::from_pem(RSA_2048), UnixTime::from_secs(NOW));
    let everything = with(claims_with(json!({})), &list_claims());
    for policy in [
        Policy::default(),
        policy(PolicyOptions { require_at_jwt: true, ..PolicyOptions::default() }),
    ] {
        let refusal = verifier(policy)
            .verify(signer.token_with_header(&list_header(), &everything), now)
            .expect_err("a list");
        assert_eq!(refusal.code().as_str(), "typ_not_allowed");
    }
    for header in [header(), json!({"alg": "RS256"}), json!({"alg": "RS256", "typ": "at+jwt"})] {
        assert_eq!(verdict(&header, &everything), "typ_not_allowed");
    }
    assert_eq!(
        verdict(&list_header(), &everything),
        "accepted",
        "what more it says does not matter"
    );
}

#[test]
fn only_the_keys_of_the_verifier_sign_lists() {
    let token = Signer::from_pem(OTHER_2048).token_with_header(&list_header(), &list_claims());
    let outcome =
        verifier(Policy::default()).verify_status_list(token, URI, UnixTime::from_secs(NOW));
    assert_eq!(code_of(&outcome), "signature_invalid");
}

#[test]
fn a_list_for_an_audience_is_for_that_of_the_policy() {
    let us = Audience::OneOf(vec!["edge".into()]);
    let rows = [
        (json!({}), Audience::Absent, "accepted"),
        (json!({}), us.clone(), "accepted"),
        (json!({"aud": "someone"}), Audience::Absent, "audience_mismatch"),
        (json!({"aud": "someone"}), us.clone(), "audience_mismatch"),
        (json!({"aud": ["someone", "edge"]}), us, "accepted"),
        (json!({"aud": "someone"}), Audience::Any, "accepted"),
        (json!({"aud": 5}), Audience::Any, "claim_invalid"),
    ];
    for (changes, audience, expected) in rows {
        let claims = with(list_claims(), &changes);
        let token = Signer::from_pem(RSA_2048).token_with_header(&list_header(), &claims);
        let verifier = verifier(policy(PolicyOptions { audience, ..PolicyOptions::default() }));
        let outcome = verifier.verify_status_list(token, URI, UnixTime::from_secs(NOW));
        assert_eq!(code_of(&outcome), expected, "{changes}");
    }
}

#[test]
fn both_leeways_and_a_named_issuer_hold_for_lists_too() {
    let policy = policy(PolicyOptions {
        leeway_seconds: 10,
        future_leeway_seconds: 20,
        issuer: Some(vec!["us".into()]),
        ..PolicyOptions::default()
    });
    for (changes, expected) in [
        (json!({"exp": NOW - 9}), "accepted"),
        (json!({"exp": NOW - 10}), "token_expired"),
        (json!({"iat": NOW + 20}), "accepted"),
        (json!({"iat": NOW + 21}), "token_issued_in_future"),
        (json!({"nbf": NOW + 20}), "accepted"),
        (json!({"nbf": NOW + 21}), "token_not_yet_valid"),
        (json!({"iss": "us"}), "accepted"),
        (json!({"iss": "them"}), "issuer_mismatch"),
    ] {
        let token = Signer::from_pem(RSA_2048)
            .token_with_header(&list_header(), &with(list_claims(), &changes));
        let outcome =
            verifier(policy.clone()).verify_status_list(token, URI, UnixTime::from_secs(NOW));
        assert_eq!(code_of(&outcome), expected, "{changes}");
    }
}

#[test]
fn lists_may_be_longer_than_tokens_but_not_without_end() {
    let lst = b64(&vec![7; 100_000]);
    assert_eq!(
        verdict(
            &list_header(),
            &with(list_claims(), &json!({"status_list": {"bits": 1, "lst": lst}}))
        ),
        "accepted"
    );
    let outcome = verifier(Policy::default()).verify_status_list(
        "a".repeat(MAX_STATUS_LIST_BYTES + 1),
        URI,
        UnixTime::from_secs(NOW),
    );
    assert_eq!(code_of(&outcome), "token_too_large");
}
