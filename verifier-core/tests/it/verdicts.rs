//! The verdict of the policy, rule by rule, on tokens signed by an independent library.

use serde_json::{Value, json};
use test_support::claims::NOW;
use test_support::encoding::{b64, segments};
use test_support::keys::{EXPONENT_3, OTHER_2048, RSA_2048, RSA_3072, RSA_4096};
use test_support::signer::Signer;
use verifier_core::{
    Actual, Audience, KeySet, MAX_LEEWAY_SECONDS, Policy, PolicyError, PolicyOptions, Refusal,
    RejectedToken, Segment, Segments, UnixTime, UserId, VerifiedToken, Verifier,
};

use crate::policy;

fn verify_with(policy: Policy, keys: &str, token: &str) -> Result<VerifiedToken, RejectedToken> {
    let keys = KeySet::parse(keys).expect("the test's keys are good");
    Verifier::new(keys, policy).verify(token, UnixTime::from_secs(NOW))
}

fn code_of(result: Result<VerifiedToken, RejectedToken>) -> &'static str {
    match result {
        Ok(_) => "accepted",
        Err(rejected) => rejected.code().as_str(),
    }
}

/// Under the default policy, but with no leeway for `nbf` and `iat` either.
fn verdict(signer: &Signer, token: &str) -> &'static str {
    let policy = policy(PolicyOptions { future_leeway_seconds: 0, ..PolicyOptions::default() });
    code_of(verify_with(policy, &signer.public_pem(), token))
}

#[test]
fn a_token_of_every_key_size_and_exponent_is_accepted() {
    for pem in [RSA_2048, RSA_3072, RSA_4096, EXPONENT_3] {
        let signer = Signer::from_pem(pem);
        let token =
            verify_with(Policy::default(), &signer.public_pem(), &signer.token_with(json!({})));
        let token = token.expect("the token is good");
        assert_eq!(token.claim("username").and_then(|c| c.as_str()).as_deref(), Some("testuser"));
        assert_eq!(token.claim("user_id").map(|c| c.raw().to_owned()).as_deref(), Some("1"));
        assert_eq!(token.jti().as_deref(), Some("0123456789abcdef0123456789abcdef"));
        assert_eq!(token.expires_at(), UnixTime::from_secs(NOW + 7200));
    }
}

#[test]
fn registered_claims_are_handed_out_typed() {
    let signer = Signer::from_pem(RSA_2048);
    let policy = policy(PolicyOptions {
        audience: Audience::OneOf(vec!["edge".into()]),
        ..PolicyOptions::default()
    });
    let claims = json!({"nbf": NOW - 5, "iat": NOW as f64 - 0.5, "iss": "https://issuer.example", "aud": ["edge", "other"]});
    let token = verify_with(policy, &signer.public_pem(), &signer.token_with(claims))
        .expect("the token is good");
    assert_eq!(token.not_before(), Some(UnixTime::from_secs(NOW - 5)));
    assert_eq!(token.issued_at(), Some(UnixTime::new(NOW - 1, 500_000_000)));
    assert_eq!(token.issuer().as_deref(), Some("https://issuer.example"));
    assert_eq!(token.audience(), ["edge", "other"]);
    assert_eq!(token.user_id(), Some(UserId::Number("1")));
    assert_eq!(token.claim("premium").and_then(|claim| claim.as_bool()), Some(true));
    assert!(token.claim("absent").is_none());
}

#[test]
fn claims_that_break_a_rule_are_refused_with_its_code() {
    let signer = Signer::from_pem(RSA_2048);
    let rows: &[(Value, &str)] = &[
        (json!({}), "accepted"),
        (json!({"exp": NOW + 1}), "accepted"),
        (json!({"exp": NOW}), "token_expired"),
        (json!({"exp": NOW - 1}), "token_expired"),
        (json!({"exp": 0}), "token_expired"),
        (json!({"exp": NOW as f64 + 0.5}), "accepted"),
        (json!({"exp": u64::MAX}), "accepted"),
        (json!({"exp": 1e300}), "accepted"),
        (json!({"exp": -1}), "claim_invalid"),
        (json!({"exp": (NOW + 7200).to_string()}), "claim_invalid"),
        (json!({"exp": true}), "claim_invalid"),
        (json!({"exp": [NOW + 7200]}), "claim_invalid"),
        (json!({"exp": null}), "claim_missing"),
        (json!({"nbf": NOW}), "accepted"),
        (json!({"nbf": NOW + 1}), "token_not_yet_valid"),
        (json!({"nbf": "0"}), "claim_invalid"),
        (json!({"iat": NOW + 1}), "token_issued_in_future"),
        (json!({"iat": null}), "accepted"),
        (json!({"iat": false}), "claim_invalid"),
        (json!({"token_type": "refresh"}), "token_type_mismatch"),
        (json!({"token_type": "Access"}), "token_type_mismatch"),
        (json!({"token_type": null}), "token_type_mismatch"),
        (json!({"token_type": 1}), "token_type_mismatch"),
        (json!({"token_type": ["access"]}), "token_type_mismatch"),
        (json!({"aud": "somebody"}), "audience_mismatch"),
        (json!({"aud": []}), "audience_mismatch"),
        (json!({"iss": "anybody"}), "accepted"),
        (json!({"jti": ""}), "claim_invalid"),
        (json!({"jti": 5}), "claim_invalid"),
        (json!({"jti": null}), "accepted"),
        (json!({"user_id": "1"}), "accepted"),
        (json!({"user_id": true}), "claim_invalid"),
        (json!({"user_id": null}), "accepted"),
    ];
    for (extra, expected) in rows {
        assert_eq!(verdict(&signer, &signer.token_with(extra.clone())), *expected, "{extra}");
    }
}

#[test]
fn numbers_are_never_rounded_wrapped_or_infinite() {
    let signer = Signer::from_pem(RSA_2048);
    let rows = [
        ("1e400", "claim_invalid"),
        ("1E+400", "claim_invalid"),
        ("1.7976931348623157e308", "accepted"),
        ("1.7976931348623159e308", "claim_invalid"),
        ("18446744073709551616", "accepted"),
        ("0.17302848e10", "accepted"),
        ("1730277600.0000000000000000000000001", "accepted"),
        ("1730277600.000", "token_expired"),
        ("173027760000e-2", "token_expired"),
        ("0.00000000000000000000000000000000000000001730277601e50", "accepted"),
        ("1e-400", "token_expired"),
        ("-0", "token_expired"),
        ("-0.0e7", "token_expired"),
        ("-1e-400", "claim_invalid"),
        ("0e999999999999999999999", "token_expired"),
        ("1e999999999999999999999999", "claim_invalid"),
        ("01", "payload_invalid"),
        ("1.", "payload_invalid"),
        (".5", "payload_invalid"),
        ("+1", "payload_invalid"),
        ("NaN", "payload_invalid"),
        ("Infinity", "payload_invalid"),
        ("0x10", "payload_invalid"),
    ];
    for (exp, expected) in rows {
        let payload = format!(r#"{{"token_type":"access","exp":{exp}}}"#);
        let token = signer.token_of_bytes(br#"{"alg":"RS256"}"#, payload.as_bytes());
        assert_eq!(verdict(&signer, &token), expected, "exp = {exp}");
    }
}

#[test]
fn leeway_moves_each_limit_by_whole_seconds() {
    let signer = Signer::from_pem(RSA_2048);
    let rows = [
        (json!({"exp": NOW - 4}), "accepted"),
        (json!({"exp": NOW - 5}), "token_expired"),
        (json!({"nbf": NOW + 5}), "accepted"),
        (json!({"nbf": NOW + 6}), "token_not_yet_valid"),
        (json!({"iat": NOW + 5}), "accepted"),
        (json!({"iat": NOW + 6}), "token_issued_in_future"),
    ];
    for (extra, expected) in rows {
        let policy = policy(PolicyOptions { leeway_seconds: 5, ..PolicyOptions::default() });
        let result = verify_with(policy, &signer.public_pem(), &signer.token_with(extra.clone()));
        assert_eq!(code_of(result), expected, "{extra}");
    }
    // A leeway beyond 1970 or the end of time neither wraps nor panics.
    let policy =
        policy(PolicyOptions { leeway_seconds: MAX_LEEWAY_SECONDS, ..PolicyOptions::default() });
    let keys = KeySet::parse(&signer.public_pem()).expect("a key");
    let verifier = Verifier::new(keys, policy);
    let verdict = |claims, now| {
        let token = signer.token_with(claims);
        verifier
            .verify(token, UnixTime::from_secs(now))
            .map_err(|rejected| rejected.code().as_str())
    };
    assert!(verdict(json!({"exp": 0, "iat": 0}), MAX_LEEWAY_SECONDS - 1).is_ok());
    let late = verdict(json!({"exp": 0, "iat": 0}), MAX_LEEWAY_SECONDS);
    assert_eq!(late.expect_err("expired"), "token_expired");
    let end = verdict(json!({"exp": 1e300, "nbf": u64::MAX}), u64::MAX - 1);
    assert!(end.is_ok(), "{end:?}");
}

#[test]
fn the_future_leeway_is_for_nbf_and_iat_alone_and_five_seconds_by_default() {
    let signer = Signer::from_pem(RSA_2048);
    let late = "token_expired";
    let rows = [
        (0, 5, json!({"exp": NOW}), late),
        (0, 5, json!({"nbf": NOW + 5}), "accepted"),
        (0, 5, json!({"nbf": NOW + 6}), "token_not_yet_valid"),
        (0, 5, json!({"iat": NOW + 5}), "accepted"),
        (0, 5, json!({"iat": NOW + 6}), "token_issued_in_future"),
        (10, 5, json!({"iat": NOW + 10}), "accepted"),
        (10, 5, json!({"iat": NOW + 11}), "token_issued_in_future"),
        (5, 10, json!({"exp": NOW - 4}), "accepted"),
        (5, 10, json!({"exp": NOW - 5}), late),
        (5, 10, json!({"iat": NOW + 10}), "accepted"),
        (5, 10, json!({"iat": NOW + 11}), "token_issued_in_future"),
        (0, 3600, json!({"exp": NOW, "nbf": NOW + 3600}), late),
        (0, 3600, json!({"nbf": NOW + 3600}), "accepted"),
        (0, 3600, json!({"nbf": 1e300}), "token_not_yet_valid"),
    ];
    for (leeway_seconds, future_leeway_seconds, extra, expected) in rows {
        let policy = policy(PolicyOptions {
            leeway_seconds,
            future_leeway_seconds,
            ..PolicyOptions::default()
        });
        let result = verify_with(policy, &signer.public_pem(), &signer.token_with(extra.clone()));
        assert_eq!(code_of(result), expected, "{leeway_seconds}, {future_leeway_seconds}: {extra}");
    }
    let default = PolicyOptions::default();
    assert_eq!((default.leeway_seconds, default.future_leeway_seconds), (0, 5));
    assert_eq!(Policy::default().options(), &default);
}

#[test]
fn configured_names_must_be_there_and_equal() {
    let signer = Signer::from_pem(RSA_2048);
    let policy = policy(PolicyOptions {
        issuer: Some(vec!["https://issuer.example".into()]),
        audience: Audience::OneOf(vec!["edge".into()]),
        ..PolicyOptions::default()
    });
    let issuer = "https://issuer.example";
    let rows = [
        (json!({"iss": issuer, "aud": "edge"}), "accepted"),
        (json!({"iss": issuer, "aud": ["other", "edge"]}), "accepted"),
        (json!({"iss": issuer, "aud": ["other"]}), "audience_mismatch"),
        (json!({"iss": issuer, "aud": ["edge", 1]}), "claim_invalid"),
        (json!({"iss": issuer, "aud": {"edge": 1}}), "claim_invalid"),
        (json!({"iss": issuer, "aud": "edg"}), "audience_mismatch"),
        (json!({"iss": issuer}), "audience_mismatch"),
        (json!({"aud": "edge"}), "issuer_mismatch"),
        (json!({"iss": "https://issuer.example/", "aud": "edge"}), "issuer_mismatch"),
        (json!({"iss": [issuer], "aud": "edge"}), "issuer_mismatch"),
    ];
    for (extra, expected) in rows {
        let result =
            verify_with(policy.clone(), &signer.public_pem(), &signer.token_with(extra.clone()));
        assert_eq!(code_of(result), expected, "{extra}");
    }
    let refresh = crate::policy(PolicyOptions {
        token_type: Some("refresh".into()),
        ..PolicyOptions::default()
    });
    let token = signer.token_with(json!({"token_type": "refresh"}));
    assert_eq!(code_of(verify_with(refresh, &signer.public_pem(), &token)), "accepted");
}

#[test]
fn a_header_that_breaks_a_rule_is_refused_with_its_code() {
    let signer = Signer::from_pem(RSA_2048);
    let rows = [
        (r#"{"alg":"RS256"}"#, "accepted"),
        (r#" { "alg" : "RS256" , "typ" : "at+JWT" } "#, "accepted"),
        ("{\"\\u0061lg\":\"RS\\u0032\\u0035\\u0036\"}", "accepted"),
        (r#"{"alg":"RS256","b64":true}"#, "accepted"),
        (r#"{"alg":"RS256","jwk":{"kty":"RSA"},"jku":"x","x5u":1,"x5c":[],"x5t":""}"#, "accepted"),
        (r#"{"alg":"RS256","kid":"any"}"#, "accepted"),
        (r#"{"typ":"JWT"}"#, "alg_not_allowed"),
        (r#"{"alg":"none"}"#, "alg_not_allowed"),
        (r#"{"alg":"nOnE"}"#, "alg_not_allowed"),
        (r#"{"alg":"rs256"}"#, "alg_not_allowed"),
        (r#"{"alg":"RS384"}"#, "alg_not_allowed"),
        (r#"{"alg":"PS256"}"#, "alg_not_allowed"),
        (r#"{"alg":"HS256"}"#, "alg_not_allowed"),
        (r#"{"alg":"RS256 "}"#, "alg_not_allowed"),
        (r#"{"alg":["RS256"]}"#, "alg_not_allowed"),
        (r#"{"alg":null}"#, "alg_not_allowed"),
        (r#"{"alg":"RS256","typ":"JWS"}"#, "typ_not_allowed"),
        (r#"{"alg":"RS256","typ":null}"#, "typ_not_allowed"),
        (r#"{"alg":"RS256","crit":[]}"#, "crit_not_supported"),
        (r#"{"alg":"RS256","crit":null}"#, "crit_not_supported"),
        (r#"{"alg":"RS256","b64":false}"#, "b64_not_supported"),
        (r#"{"alg":"RS256","b64":null}"#, "b64_not_supported"),
        (r#"{"alg":"RS256","kid":1}"#, "kid_invalid"),
        (r#"{"alg":"RS256","kid":null}"#, "kid_invalid"),
        (r#"{"alg":"RS256","alg":"RS256"}"#, "header_duplicate_member"),
        ("{\"alg\":\"none\",\"\\u0061lg\":\"RS256\"}", "header_duplicate_member"),
        (r#"{"alg":"RS256","x":{"a":1,"a":1}}"#, "header_duplicate_member"),
        (r#"["RS256"]"#, "header_invalid"),
        (r#""RS256""#, "header_invalid"),
        (r#"{"alg":"RS256"}x"#, "header_invalid"),
        (r#"{"alg":"RS256"}{}"#, "header_invalid"),
        (r#"{"alg":"RS256",}"#, "header_invalid"),
        (r#"{"alg":"RS256"/**/}"#, "header_invalid"),
        ("\u{feff}{\"alg\":\"RS256\"}", "header_invalid"),
        ("{\"alg\":\"RS256\",\"x\":\"\t\"}", "header_invalid"),
        (r#"{"alg":"RS256","x":"\ud800"}"#, "header_invalid"),
        (r#"{"alg":"RS256","x":"\udc00\ud800"}"#, "header_invalid"),
        (r#"{"alg":"RS256","x":"\ud83d\ude00"}"#, "accepted"),
        (r#"{"alg":"RS256","x":"\x"}"#, "header_invalid"),
    ];
    let payload = test_support::claims::claims_with(json!({})).to_string();
    for (header, expected) in rows {
        let token = signer.token_of_bytes(header.as_bytes(), payload.as_bytes());
        assert_eq!(verdict(&signer, &token), expected, "{header}");
    }
    let not_utf8 = signer.token_of_bytes(b"{\"alg\":\"RS256\",\"x\":\"\xff\"}", payload.as_bytes());
    assert_eq!(verdict(&signer, &not_utf8), "header_invalid");
    let policy = policy(PolicyOptions { require_at_jwt: true, ..PolicyOptions::default() });
    let token = signer.token_with(json!({}));
    assert_eq!(code_of(verify_with(policy, &signer.public_pem(), &token)), "typ_not_allowed");
}

#[test]
fn nesting_of_32_levels_is_read_and_of_33_is_not() {
    let signer = Signer::from_pem(RSA_2048);
    for (levels, expected) in
        [(20, "accepted"), (32, "accepted"), (33, "payload_too_deep"), (5_000, "payload_too_deep")]
    {
        let lists = levels - 1;
        let exp = NOW + 1;
        let (open, close) = ("[".repeat(lists), "]".repeat(lists));
        let payload = format!(r#"{{"token_type":"access","exp":{exp},"x":{open}{close}}}"#);
        let token = signer.token_of_bytes(br#"{"alg":"RS256"}"#, payload.as_bytes());
        assert_eq!(verdict(&signer, &token), expected, "{levels} levels");
    }
}

#[test]
fn a_duplicate_is_found_among_many_members() {
    let signer = Signer::from_pem(RSA_2048);
    for count in [2, 11, 12, 13, 14, 100, 1000] {
        for twice in [None, Some(0), Some(count / 2), Some(count - 1)] {
            let mut names: Vec<String> =
                (0..count).map(|i| format!("m{}", i * 7919 % 10_007)).collect();
            if let Some(index) = twice {
                // Written with an escape, so that only the unescaped names are equal.
                names.push(names[index].replace('m', "\\u006d"));
            }
            let members: String = names.iter().map(|name| format!(r#","{name}":0"#)).collect();
            let payload = format!(r#"{{"token_type":"access","exp":{}{members}}}"#, NOW + 1);
            let token = signer.token_of_bytes(br#"{"alg":"RS256"}"#, payload.as_bytes());
            let expected = if twice.is_some() { "payload_duplicate_member" } else { "accepted" };
            assert_eq!(verdict(&signer, &token), expected, "{count} members, {twice:?} twice");
        }
    }
}

#[test]
fn a_token_of_another_shape_is_refused() {
    let signer = Signer::from_pem(RSA_2048);
    let good = signer.token_with(json!({}));
    let [header, payload, signature] = segments(&good);
    let rows = [
        (String::new(), "token_malformed"),
        ("..".into(), "token_malformed"),
        (format!("{header}.{payload}"), "token_malformed"),
        (format!("{good}."), "token_malformed"),
        (format!("{header}..{signature}"), "token_malformed"),
        (format!(".{payload}.{signature}"), "token_malformed"),
        (format!("{header}.{payload}.{signature}.{payload}.{signature}"), "token_malformed"),
        (format!("{header}.{payload}."), "signature_invalid"),
        (format!("{good}="), "base64_invalid"),
        (format!("{good}\n"), "base64_invalid"),
        (format!(" {good}"), "base64_invalid"),
        (format!("{header}.{payload}\u{e9}.{signature}"), "base64_invalid"),
        (good.replace('-', "+"), "base64_invalid"),
        (format!("{}.{payload}.{signature}", b64(b"{}")), "alg_not_allowed"),
        (format!("{payload}.{header}.{signature}"), "alg_not_allowed"),
        (format!("{header}.{}.{signature}", "A".repeat(16_000)), "signature_invalid"),
        ("A".repeat(16_385), "token_too_large"),
        ("A".repeat(16_384), "token_malformed"),
        (".".repeat(16_385), "token_too_large"),
    ];
    assert!(good.contains('-'), "the token shows the difference of the alphabets");
    for (token, expected) in rows {
        assert_eq!(verdict(&signer, &token), expected, "{token:.40}");
    }
}

#[test]
fn the_trailing_bits_of_every_segment_must_be_zero() {
    let signer = Signer::from_pem(RSA_2048);
    let good = signer.token_with(json!({}));
    let [header, payload, signature] = segments(&good);
    assert_eq!(signature.len() % 4, 2, "256 bytes leave four unused bits");
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = signature.chars().last().expect("a signature has characters");
    let body = &signature[..signature.len() - 1];
    let mut refused = 0;
    for other in alphabet.chars().filter(|c| *c != last) {
        let verdict = verdict(&signer, &format!("{header}.{payload}.{body}{other}"));
        assert_ne!(verdict, "accepted", "{other}");
        refused += u32::from(verdict == "base64_invalid");
    }
    assert_eq!(refused, 60, "only four of 64 characters leave the unused bits zero");
}

#[test]
fn a_signature_of_another_key_or_text_is_refused() {
    let signer = Signer::from_pem(RSA_2048);
    let token = signer.token_with(json!({}));
    let [header, payload, signature] = segments(&token);
    let other = signer.token_with(json!({"role": "admin"}));
    let [_, other_payload, other_signature] = segments(&other);
    for (what, token) in [
        ("another key", Signer::from_pem(OTHER_2048).token_with(json!({}))),
        ("another payload", format!("{header}.{other_payload}.{signature}")),
        ("another signature", format!("{header}.{payload}.{other_signature}")),
        ("expired, too", Signer::from_pem(OTHER_2048).token_with(json!({"exp": 1}))),
    ] {
        assert_eq!(verdict(&signer, &token), "signature_invalid", "{what}");
    }
}

#[test]
fn every_flipped_bit_of_a_token_is_noticed() {
    let signer = Signer::from_pem(RSA_2048);
    let token = signer.token_with(json!({}));
    let keys = KeySet::parse(&signer.public_pem()).expect("the key is good");
    let verifier = Verifier::new(keys, Policy::default());
    for byte in 0..token.len() {
        for bit in 0..8 {
            let mut flipped = token.clone().into_bytes();
            flipped[byte] ^= 1 << bit;
            assert!(
                verifier.verify(&flipped, UnixTime::from_secs(NOW)).is_err(),
                "byte {byte}, bit {bit}"
            );
        }
    }
}

#[test]
fn a_rejected_token_quotes_the_value_that_broke_the_rule() {
    let signer = Signer::from_pem(RSA_2048);
    let policy = policy(PolicyOptions {
        issuer: Some(vec!["https://issuer.example".into()]),
        audience: Audience::OneOf(vec!["edge".into()]),
        ..PolicyOptions::default()
    });
    let rejected = |policy: &Policy, extra: Value| {
        let token = signer.token_with(extra);
        verify_with(policy.clone(), &signer.public_pem(), &token).expect_err("a rule is broken")
    };
    let long = "\u{1f389}".repeat(65);
    for (extra, refused, sentence) in [
        (json!({"iss": "a\"\n"}), "text", "iss is not a configured issuer; found \"a\\\"\\n\""),
        (
            json!({"iss": long}),
            "text",
            &*format!("iss is not a configured issuer; found {:?}", "\u{1f389}".repeat(64)),
        ),
        (
            json!({"iss": 1}),
            "not a string",
            "iss is not a configured issuer; found a value that is not a string",
        ),
        (json!({}), "absent", "iss is not a configured issuer; it is absent"),
    ] {
        let rejected = rejected(&policy, extra);
        let Refusal::Issuer(actual) = rejected.refusal() else { panic!("{rejected:?}") };
        let kind = match actual {
            Actual::Absent => "absent",
            Actual::NotAString => "not a string",
            Actual::Text(span) => {
                assert_eq!(span.segment, Segment::Payload);
                assert!(rejected.excerpt(span).chars().count() <= 64);
                "text"
            }
        };
        assert_eq!((kind, rejected.to_string().as_str()), (refused, sentence));
    }
    let expired = rejected(&policy, json!({"exp": NOW - 1}));
    let (expired_at, now) = (UnixTime::from_secs(NOW - 1), UnixTime::from_secs(NOW));
    assert_eq!(expired.refusal(), Refusal::Expired { expired_at, now });
    assert_eq!(expired.untrusted_segments().header(), br#"{"alg":"RS256","typ":"JWT"}"#);
    let shapeless = verify_with(policy, &signer.public_pem(), "a.b").expect_err("two segments");
    assert_eq!(shapeless.refusal(), Refusal::SegmentCount { count: 2 });
    assert_eq!(shapeless.untrusted_segments(), &Segments::new());
}

#[test]
fn options_that_know_neither_whose_nor_for_whom_make_no_policy() {
    let someone = Some(vec!["https://issuer.example".to_owned()]);
    let us = Audience::OneOf(vec!["edge".to_owned()]);
    let rows = [
        (None, Audience::Absent, Err(PolicyError::Unbound)),
        (None, us.clone(), Err(PolicyError::Unbound)),
        (None, Audience::Any, Err(PolicyError::Unbound)),
        (someone.clone(), Audience::Absent, Err(PolicyError::Unbound)),
        (someone.clone(), us, Ok(())),
        (someone, Audience::Any, Ok(())),
    ];
    for (issuer, audience, expected) in rows {
        let options =
            PolicyOptions { token_type: None, issuer, audience, ..PolicyOptions::default() };
        assert_eq!(Policy::new(options.clone()).map(|_| ()), expected, "{options:?}");
    }
}

#[test]
fn an_empty_option_makes_no_policy() {
    let text = String::from;
    let default = PolicyOptions::default;
    let rows = [
        ("token_type", PolicyOptions { token_type: Some(text("")), ..default() }),
        ("issuer", PolicyOptions { issuer: Some(vec![]), ..default() }),
        ("issuer", PolicyOptions { issuer: Some(vec![text("a"), text("")]), ..default() }),
        ("audience", PolicyOptions { audience: Audience::OneOf(vec![]), ..default() }),
        ("audience", PolicyOptions { audience: Audience::OneOf(vec![text("")]), ..default() }),
        ("required_claims", PolicyOptions { required_claims: vec![text("")], ..default() }),
    ];
    for (option, options) in rows {
        assert_eq!(Policy::new(options), Err(PolicyError::Empty(option)));
    }
    for leeways in [
        PolicyOptions { leeway_seconds: MAX_LEEWAY_SECONDS + 1, ..default() },
        PolicyOptions { future_leeway_seconds: u64::MAX, ..default() },
    ] {
        assert_eq!(Policy::new(leeways), Err(PolicyError::LeewayTooLong));
    }
}

#[test]
fn a_rejected_token_names_the_required_claim_that_it_lacks() {
    let signer = Signer::from_pem(RSA_2048);
    let required_claims = vec!["jti".to_owned(), "sub\"".to_owned()];
    let policy = policy(PolicyOptions { required_claims, ..PolicyOptions::default() });
    let rejected = verify_with(policy, &signer.public_pem(), &signer.token_with(json!({})))
        .expect_err("a claim is missing");
    assert_eq!(rejected.refusal(), Refusal::RequiredClaim { index: 1 });
    assert_eq!(rejected.to_string(), r#"the required claim "sub\"" is missing"#);
}

#[test]
fn a_refusal_is_small() {
    assert!(size_of::<Refusal>() <= 40, "{} bytes", size_of::<Refusal>());
}
