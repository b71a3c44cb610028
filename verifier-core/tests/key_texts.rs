//! Key texts that must not load, or must be told for what they are.

mod common;

use common::{RSA_2048, RSA_2048_PUBLIC, Signer};
use serde_json::json;
use verifier_core::KeySet;

fn code(text: &str) -> &'static str {
    KeySet::parse(text).err().map_or("loaded", |error| error.code().as_str())
}

#[test]
fn secrets_beside_the_keys_of_a_set_are_refused_like_those_inside() {
    let public = Signer::new(RSA_2048).jwk(json!({"kid": "a"}));
    let rows = [
        (json!({"keys": [public]}), "loaded"),
        (json!({"keys": [public], "d": "AA", "p": "AA"}), "key_private"),
        (json!({"kty": "RSA", "n": public["n"], "e": "AQAB", "d": "AA", "keys": [public]}), "key_private"),
        (json!({"keys": [public], "kty": "oct", "k": "AA"}), "key_symmetric"),
        (json!({"keys": [public, {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "priv": "AA"}]}), "key_private"),
    ];
    for (set, expected) in rows {
        assert_eq!(code(&set.to_string()), expected, "{set}");
    }
}

#[test]
fn a_private_key_is_told_as_one_whatever_stands_around_it() {
    for text in [
        RSA_2048.to_owned(),
        format!("{RSA_2048}{RSA_2048_PUBLIC}"),
        format!("{RSA_2048_PUBLIC}{RSA_2048}"),
        format!("{RSA_2048}and some text"),
    ] {
        assert_eq!(code(&text), "key_private");
    }
}

#[test]
fn a_text_that_is_too_long_is_refused_before_it_is_looked_at() {
    for first in [" ", "{", "-", "x"] {
        assert_eq!(code(&first.repeat(131_073)), "key_set_too_large");
    }
}
