//! Any bytes as a token, and any bytes as the header of one: no panic, and a verdict that
//! explaining agrees with.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use verifier_core::{Code, KeySet, Policy, UnixTime, Verifier};

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let keys = KeySet::parse(include_str!("../../tests/keys/rsa2048.public.pem"))
        .expect("the key is good");
    Verifier::new(keys, Policy::default())
});

fuzz_target!(|bytes: &[u8]| {
    let now = UnixTime::from_secs(1_730_277_600);
    let verdict = VERIFIER.verify(bytes, now);
    assert_eq!(VERIFIER.explain(bytes, now).verdict, verdict);

    assert!(VERIFIER.verify_status_list(bytes, "https://issuer.example/status/1", now).is_err());

    let token = format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(bytes));
    let code = VERIFIER.verify(&token, now).expect_err("it is not signed").code();
    // Another parser must read the same JSON object from the header.
    if code == Code::SignatureInvalid {
        match serde_json::from_slice::<serde_json::Value>(bytes) {
            Ok(header) => assert_eq!(header["alg"], "RS256"),
            // The JSON grammar does not limit numbers, and the verifier limits only those that it
            // computes with.
            Err(error) => assert!(error.to_string().starts_with("number out of range"), "{error}"),
        }
    }
});
