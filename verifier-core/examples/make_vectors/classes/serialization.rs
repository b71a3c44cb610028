//! Things that are not a compact JWS, and parts in the wrong place.

use super::Signers;
use crate::rows::{ACCEPT, Rows};
use serde_json::json;
use test_support::claims::{claims_with, header};
use test_support::encoding::{b64, segments};

pub fn write(rows: &mut Rows, signers: &Signers) {
    shapes(rows, signers);
    swapped(rows, signers);
    flipped_bits(rows, signers);
}

fn shapes(rows: &mut Rows, signers: &Signers) {
    rows.class("serialization");
    let token = signers.main.token_with(json!({}));
    let [header, payload, signature] = segments(&token);
    let jwe_header = b64(br#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
    let shapes = [
        ("empty", String::new()),
        ("one letter", "A".into()),
        ("one segment", header.into()),
        ("two segments", format!("{header}.{payload}")),
        ("four segments", format!("{token}.{signature}")),
        ("an empty fourth segment", format!("{token}.")),
        ("an empty segment in front", format!(".{token}")),
        (
            "a JWE of five segments",
            format!("{jwe_header}.{}.{}.{}.{}", b64(&[1; 256]), b64(&[2; 12]), b64(&[3; 64]), b64(&[4; 16])),
        ),
        (
            "a JWE with direct encryption",
            format!("{jwe_header}..{}.{}.{}", b64(&[2; 12]), b64(&[3; 64]), b64(&[4; 16])),
        ),
        ("only dots", "..".into()),
        ("a missing header", format!(".{payload}.{signature}")),
        ("a detached payload", format!("{header}..{signature}")),
        ("JSON, flattened", json!({"protected": header, "payload": payload, "signature": signature}).to_string()),
        (
            "JSON, general",
            json!({"payload": payload, "signatures": [{"protected": header, "signature": signature}]}).to_string(),
        ),
        ("null", "null".into()),
        ("undefined", "undefined".into()),
    ];
    for (what, text) in shapes {
        rows.add(what, text, "main", "token_malformed");
    }
    rows.add("JSON that holds two dots", r#"{"protected":"a.b.c"}"#, "main", "base64_invalid");
    rows.add("three commas for dots", token.replace('.', ","), "main", "token_malformed");
    rows.add("full-width dots", token.replace('.', "．"), "main", "token_malformed");
    rows.add("dots as %2E", token.replace('.', "%2E"), "main", "token_malformed");
    let nested = signers.main.token_of_bytes(br#"{"alg":"RS256","cty":"JWT"}"#, token.as_bytes());
    rows.add("a token in a token", nested, "main", "payload_invalid");
    rows.add("twice, with a space between", format!("{token} {token}"), "main", "token_malformed");
}

fn swapped(rows: &mut Rows, signers: &Signers) {
    rows.class("swapped");
    let token = signers.main.token_with(json!({}));
    let [header, payload, signature] = segments(&token);
    let mixed = claims_with(json!({"alg": "RS256"})).to_string();
    rows.add(
        "header and payload",
        format!("{payload}.{header}.{signature}"),
        "main",
        "alg_not_allowed",
    );
    rows.add(
        "payload and signature",
        format!("{header}.{signature}.{payload}"),
        "main",
        "signature_invalid",
    );
    let both = signers.main.token_of_bytes(mixed.as_bytes(), mixed.as_bytes());
    rows.add("one object as header and payload", both.clone(), "main", ACCEPT);
    let header_as_payload =
        signers.main.token_of_bytes(br#"{"alg":"RS256"}"#, br#"{"alg":"RS256"}"#);
    rows.add("a header as payload", header_as_payload, "main", "claim_missing");
    let other = signers.main.token_with(json!({"role": "admin"}));
    let [_, other_payload, other_signature] = segments(&other);
    rows.add(
        "another token's payload",
        format!("{header}.{other_payload}.{signature}"),
        "main",
        "signature_invalid",
    );
    rows.add(
        "another token's signature",
        format!("{header}.{payload}.{other_signature}"),
        "main",
        "signature_invalid",
    );
    let other_header = b64(br#"{"alg":"RS256"}"#);
    rows.add(
        "another token's header",
        format!("{other_header}.{payload}.{signature}"),
        "main",
        "signature_invalid",
    );
}

/// One flipped bit in every seventh character; the test of the crate flips every one.
fn flipped_bits(rows: &mut Rows, signers: &Signers) {
    rows.class("bit-flip");
    let token = signers.main.token_with_header(&header(), &claims_with(json!({})));
    let [header, payload, signature] = segments(&token);
    let signed_from = header.len() + 1;
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    // The header's flips depend on what the header then says; the last character's on its unused
    // bits.
    let last_of_payload = signed_from + payload.len() - 1;
    for at in (signed_from..token.len() - 1).step_by(7).filter(|at| *at != last_of_payload) {
        let bit = at % 7;
        let mut bytes = token.clone().into_bytes();
        bytes[at] ^= 1 << bit;
        let Ok(flipped) = String::from_utf8(bytes.clone()) else { continue };
        let expected = match (token.as_bytes()[at], bytes[at]) {
            (b'.', _) | (_, b'.') => "token_malformed",
            (_, other) if !alphabet(other) => "base64_invalid",
            _ => "signature_invalid",
        };
        let part = if at < signed_from + payload.len() { "payload" } else { "signature" };
        rows.add(format!("{part}, byte {at}, bit {bit}"), flipped, "main", expected);
    }
    assert_eq!(signature.len(), 342);
}
