//! Any bytes as PEM, and any bytes as the DER inside of it: no panic, and keys that are accepted
//! keep the policy.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use verifier_core::KeySet;

fn check(text: &str) {
    let Ok(keys) = KeySet::from_pem(text) else { return };
    let [key] = keys.keys() else { panic!("PEM holds one key") };
    assert!((2048..=4096).contains(&key.bits()));
    assert!(key.exponent() >= 3 && key.exponent() % 2 == 1);
    assert_eq!(key.kid(), None);
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(text);
    }
    for label in ["PUBLIC KEY", "RSA PUBLIC KEY"] {
        check(&format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            STANDARD.encode(bytes)
        ));
    }
});
