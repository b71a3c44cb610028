//! Any bytes as the payload of a token: no panic, and what is accepted reads the same elsewhere.
//!
//! The target enters behind the signature: signing each input would allow a fiftieth of the tries.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use verifier_core::{KeySet, Policy, UnixTime, Verifier};

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let keys = KeySet::parse(include_str!("../../tests/keys/rsa2048.public.pem"))
        .expect("the key is good");
    Verifier::new(keys, Policy::default())
});

const NOW: u64 = 1_730_277_600;

fuzz_target!(|payload: &[u8]| {
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{}.AAAA", URL_SAFE_NO_PAD.encode(payload));
    let Ok(verified) = VERIFIER.verify_all_but_the_signature(&token, UnixTime::from_secs(NOW))
    else {
        return;
    };
    assert_eq!(verified.claims_json().as_bytes(), payload);
    let claims = match serde_json::from_slice::<serde_json::Value>(payload) {
        Ok(claims) => claims,
        // The JSON grammar does not limit numbers, and the verifier limits only those that it
        // computes with.
        Err(error) => {
            assert!(error.to_string().starts_with("number out of range"), "{error}");
            return;
        }
    };
    assert_eq!(claims["token_type"], "access");
    assert!(claims["exp"].as_f64().is_some_and(|exp| exp >= NOW as f64), "{claims}");
    for claim in ["nbf", "iat"] {
        // Five seconds are the default future leeway. A fraction that a double cannot hold is
        // below a microsecond.
        let is_ahead = |instant: f64| instant > NOW as f64 + 5.000_001;
        assert!(!claims[claim].as_f64().is_some_and(is_ahead), "{claims}");
    }
    for (name, value) in claims.as_object().expect("accepted claims are an object") {
        let ours = verified.claim(name).expect("every claim is found by its name");
        assert_eq!(ours.as_str().as_deref(), value.as_str(), "{name}");
    }
});
