//! Property tests: laws that hold for every token. The oracles are libraries that share no code
//! with the crate.

use jwt_compact::alg::Rsa;
use jwt_compact::{AlgorithmExt, UntrustedToken, ValidationError};
use proptest::prelude::*;
use rsa::sha2::Sha256;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use test_support::claims::{NOW, claims_with, header};
use test_support::encoding::{b64, segments, unb64};
use test_support::keys::{OTHER_2048, RSA_2048, RSA_3072};
use test_support::signer::Signer;
use verifier_core::{
    Code, KeySet, MAX_LEEWAY_SECONDS, Policy, PolicyOptions, RejectedToken, Stage, UnixTime,
    VerifiedToken, Verifier,
};

use crate::policy;

struct Subject {
    signer: Signer,
    verifier: Verifier,
    jwt_compact: jwt_compact::alg::RsaPublicKey,
}

impl Subject {
    fn new(pem: &str) -> Self {
        let signer = Signer::from_pem(pem);
        let jwk = signer.jwk().to_string();
        let keys = KeySet::parse(&signer.public_pem()).expect("the key is good");
        let jwk: jwt_compact::jwk::JsonWebKey<'_> =
            serde_json::from_str(&jwk).expect("the JWK is good");
        let jwt_compact = (&jwk).try_into().expect("the JWK is an RSA key");
        Self { signer, verifier: Verifier::new(keys, Policy::default()), jwt_compact }
    }

    fn verify(&self, token: &str) -> Result<VerifiedToken, RejectedToken> {
        self.verifier.verify(token, UnixTime::from_secs(NOW))
    }
}

static SUBJECT: LazyLock<Subject> = LazyLock::new(|| Subject::new(RSA_2048));

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no infinities", |x| x.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A change of a token's text at an index: replaces, inserts or removes a character.
#[derive(Clone, Debug)]
struct Edit {
    index: prop::sample::Index,
    character: char,
    kind: u8,
}

fn edit() -> impl Strategy<Value = Edit> {
    let character = prop_oneof![
        8 => prop::sample::select("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.".chars().collect::<Vec<_>>()),
        1 => any::<char>(),
    ];
    (any::<prop::sample::Index>(), character, 0_u8..3).prop_map(|(index, character, kind)| Edit {
        index,
        character,
        kind,
    })
}

fn apply(token: &str, edits: &[Edit]) -> String {
    let mut characters: Vec<char> = token.chars().collect();
    for edit in edits {
        let index = edit.index.index(characters.len());
        match edit.kind {
            0 => characters[index] = edit.character,
            1 => characters.insert(index, edit.character),
            _ => {
                characters.remove(index);
            }
        }
    }
    characters.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_signed_is_accepted_and_comes_out_unchanged(members in prop::collection::btree_map(any::<String>(), json_value(), 0..8)) {
        let mut claims = members.into_iter().collect::<Map<_, _>>();
        for (name, value) in claims_with(json!({})).as_object().expect("claims are an object") {
            claims.insert(name.clone(), value.clone());
        }
        for constrained in ["aud", "nbf"] {
            claims.remove(constrained);
        }
        let claims = Value::Object(claims);
        let token = SUBJECT.verify(&SUBJECT.signer.token_with_header(&header(), &claims));
        let token = token.map_err(|refusal| TestCaseError::fail(format!("{refusal}: {claims}")))?;
        prop_assert_eq!(token.claims_json(), claims.to_string());
    }

    #[test]
    fn an_accepted_token_has_one_text(edits in prop::collection::vec(edit(), 1..4), claim in any::<u32>()) {
        let token = SUBJECT.signer.token_with(json!({"x": claim}));
        let changed = apply(&token, &edits);
        prop_assume!(changed != token);
        prop_assert!(SUBJECT.verify(&changed).is_err(), "{}", changed);
    }

    #[test]
    fn arbitrary_text_is_refused(text in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(SUBJECT.verify(&text).is_err());
        prop_assert!(SUBJECT.verifier.verify(&bytes, UnixTime::from_secs(NOW)).is_err());
    }

    #[test]
    fn arbitrary_headers_and_payloads_never_panic(
        head in prop_oneof![any::<Vec<u8>>(), json_value().prop_map(|v| v.to_string().into_bytes())],
        payload in prop_oneof![any::<Vec<u8>>(), json_value().prop_map(|v| v.to_string().into_bytes())],
    ) {
        let _ = SUBJECT.verify(&SUBJECT.signer.token_of_bytes(&head, &payload));
        let _ = SUBJECT.verify(&SUBJECT.signer.token_of_bytes(header().to_string().as_bytes(), &payload));
    }

    #[test]
    fn key_texts_never_panic(text in any::<String>(), value in json_value()) {
        let _ = KeySet::parse(&text);
        let _ = KeySet::parse(&value.to_string());
        let _ = KeySet::parse(&json!({"kty": "RSA", "n": value, "e": "AQAB"}).to_string());
    }

    #[test]
    fn jwt_compact_and_rsa_see_the_same_signatures_as_valid(
        edits in prop::collection::vec(edit(), 0..3),
        foreign in any::<bool>(),
    ) {
        static OTHER: LazyLock<Signer> = LazyLock::new(|| Signer::from_pem(OTHER_2048));
        let signer = if foreign { &OTHER } else { &SUBJECT.signer };
        let token = apply(&signer.token_with(json!({})), &edits);
        agree_on_the_signature(&SUBJECT, &token)?;
    }

    #[test]
    fn rsa_sees_the_same_raw_signatures_as_valid(byte in any::<prop::sample::Index>(), change in any::<u8>(), text in any::<Vec<u8>>()) {
        static LARGER: LazyLock<Subject> = LazyLock::new(|| Subject::new(RSA_3072));
        for subject in [&*SUBJECT, &*LARGER] {
            let mut signature = subject.signer.sign(&text);
            signature[byte.index(subject.signer.size())] ^= change;
            let oracle = subject.signer.public().pkcs1v15_verify::<Sha256>(&text, &signature).is_ok();
            prop_assert_eq!(subject.verifier.keys().keys()[0].verifies(&text, &signature), oracle);
            prop_assert_eq!(oracle, change == 0);
        }
    }
}

/// Asserts that both verifiers agree on the signature if both check it; if only one does, a rule
/// of the policy must be the reason.
fn agree_on_the_signature(subject: &Subject, token: &str) -> Result<(), TestCaseError> {
    let ours = subject.verify(token);
    let theirs = UntrustedToken::new(token).map_err(drop).and_then(|untrusted| {
        match Rsa::rs256().validator::<Value>(&subject.jwt_compact).validate(&untrusted) {
            Ok(_) => Ok(true),
            Err(ValidationError::InvalidSignature | ValidationError::MalformedSignature(_)) => {
                Ok(false)
            }
            // The algorithm differs, or the claims are not what it expects after a good signature.
            Err(_) => Err(()),
        }
    });
    let code = ours.as_ref().err().map(RejectedToken::code);
    match (code, theirs) {
        (None, theirs) => prop_assert_eq!(theirs, Ok(true), "accepted by us alone: {}", token),
        (Some(Code::SignatureInvalid), theirs) => {
            prop_assert_ne!(theirs, Ok(true), "refused by us alone: {}", token)
        }
        // Shape and header rules of ours come first: jwt-compact tolerates some of them.
        (Some(code), _) => prop_assert!(code.stage() < Stage::Signature, "{}: {}", code, token),
    }
    Ok(())
}

#[test]
fn the_decoded_parts_of_an_accepted_token_give_its_text_again() {
    let token = SUBJECT.signer.token_with(json!({"username": "도장"}));
    let verified = SUBJECT.verify(&token).expect("the token is good");
    let signature = unb64(segments(&token)[2]);
    let again = [verified.header_json().as_bytes(), verified.claims_json().as_bytes(), &signature]
        .map(b64)
        .join(".");
    assert_eq!(again, token);
}

#[test]
fn no_leeway_reaches_an_instant_beyond_all_clocks() {
    let signer = Signer::from_pem(RSA_2048);
    let keys = KeySet::parse(&signer.public_pem()).expect("the key is good");
    let verifier = Verifier::new(
        keys,
        policy(PolicyOptions { leeway_seconds: MAX_LEEWAY_SECONDS, ..PolicyOptions::default() }),
    );
    for claim in ["nbf", "iat"] {
        let verdict = |instant: Value| {
            let claims = claims_with(json!({ "exp": 1e300, claim: instant }));
            let late = UnixTime::from_secs(u64::MAX - MAX_LEEWAY_SECONDS);
            verifier.verify(signer.token_with_header(&header(), &claims), late)
        };
        assert!(verdict(json!(u64::MAX)).is_ok());
        let refusal = verdict(json!(1e300)).expect_err("it is beyond 2^64 seconds");
        assert!(
            matches!(refusal.code(), Code::TokenNotYetValid | Code::TokenIssuedInFuture),
            "{refusal}"
        );
    }
}
