//! The signature path works on the stack: a verification allocates the decoded segments, and the
//! member names that it compares.

use serde_json::Value;
use verifier_core::{KeySet, Policy, UnixTime, Verifier};

/// Text of the keys, token and time of the first row of the shared table that the default policy
/// accepts.
fn accepted() -> (String, String, UnixTime) {
    let text = include_str!("../../vectors/verdicts.json");
    let table: Value = serde_json::from_str(text).expect("JSON");
    let mut rows = table["rows"].as_array().expect("rows").iter();
    let default = serde_json::json!({"leeway": 0, "futureLeeway": 5});
    let row = rows
        .find(|row| row["verdict"] == "accept" && row["policy"] == default)
        .expect("an accepted row");
    let named = |name: &str| row[name].as_str().expect("a string").to_owned();
    let keys = table["keys"][named("keys")].as_str().expect("a key text").to_owned();
    (keys, named("token"), UnixTime::from_secs(row["now"].as_u64().expect("seconds")))
}

#[test]
fn checking_a_signature_allocates_nothing() {
    let (keys, token, _) = accepted();
    let keys = KeySet::parse(&keys).expect("keys");
    let (signing_input, signature) = token.rsplit_once('.').expect("segments");
    let signature = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, signature)
        .expect("base64url");
    let mut verdicts = Vec::with_capacity(keys.keys().len());
    let spent = allocation_counter::measure(|| {
        verdicts.extend(
            keys.keys().iter().map(|key| key.verifies(signing_input.as_bytes(), &signature)),
        );
    });
    assert!(verdicts.contains(&true));
    assert_eq!(spent.count_total, 0);
}

#[test]
fn a_token_allocates_for_its_segments_and_its_names_alone() {
    let (keys, token, now) = accepted();
    let verifier = Verifier::new(KeySet::parse(&keys).expect("keys"), Policy::default());
    let spent = allocation_counter::measure(|| assert!(verifier.verify(&token, now).is_ok()));
    // The segments, one growing list of names for the header, and one for the payload.
    assert!(spent.count_total <= 9, "{spent:?}");
    assert_eq!(spent.bytes_current, 0);
}
