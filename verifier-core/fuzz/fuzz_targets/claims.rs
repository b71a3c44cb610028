//! Any bytes as the payload of a token with a good signature: no panic, and what is accepted reads the same elsewhere.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use std::sync::LazyLock;
use verifier_core::{KeySet, Policy, UnixTime, Verifier};

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let keys = KeySet::parse(include_str!("../../tests/keys/rsa2048.public.pem")).expect("the key is good");
    Verifier::new(keys, Policy::default())
});

static SIGNER: LazyLock<RsaKeyPair> = LazyLock::new(|| {
    let pem = include_str!("../../tests/keys/rsa2048.private.pem");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(body).expect("the key is PEM");
    RsaKeyPair::from_pkcs8(&der).expect("the key is PKCS#8")
});

const NOW: u64 = 1_730_277_600;

fuzz_target!(|payload: &[u8]| {
    let input = format!("eyJhbGciOiJSUzI1NiJ9.{}", URL_SAFE_NO_PAD.encode(payload));
    let mut signature = vec![0; SIGNER.public().modulus_len()];
    SIGNER.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).expect("signing works");
    let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
    let Ok(verified) = VERIFIER.verify(&token, UnixTime::from_secs(NOW)) else { return };
    assert_eq!(verified.claims_json().as_bytes(), payload);
    let claims = match serde_json::from_slice::<serde_json::Value>(payload) {
        Ok(claims) => claims,
        // Grammar sets no limit to numbers, and where nothing is computed with them neither does the verifier.
        Err(error) => {
            assert!(error.to_string().starts_with("number out of range"), "{error}");
            return;
        }
    };
    assert_eq!(claims["token_type"], "access");
    assert!(claims["exp"].as_f64().is_some_and(|exp| exp >= NOW as f64), "{claims}");
    for (name, value) in claims.as_object().expect("accepted claims are an object") {
        let ours = verified.claim(name).expect("every claim is found by its name");
        assert_eq!(ours.as_str().as_deref(), value.as_str(), "{name}");
    }
});
