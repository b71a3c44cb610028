//! Any bytes as a JWK or JWKS: no panic, and keys that are accepted keep the policy.

#![no_main]

use libfuzzer_sys::fuzz_target;
use verifier_core::KeySet;

fuzz_target!(|bytes: &[u8]| {
    let Ok(keys) = KeySet::from_jwks(bytes).or_else(|_| KeySet::from_jwk(bytes)) else { return };
    assert!(!keys.keys().is_empty());
    for key in keys.keys() {
        assert!((2048..=4096).contains(&key.bits()));
        assert!(key.exponent() >= 3 && key.exponent() % 2 == 1);
        assert_eq!(key.modulus().len(), key.bits().div_ceil(8) as usize);
        assert_eq!(key.thumbprint().len(), 43);
        assert!(!key.verifies(b"", &[]));
    }
});
