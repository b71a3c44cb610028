//! Base64url that could be written in two ways, and tokens that are too large.

use super::Signers;
use crate::rows::Rows;
use serde_json::json;
use test_support::claims::{claims_with, header};
use test_support::encoding::{b64, segments};

pub fn write(rows: &mut Rows, signers: &Signers) {
    malleability(rows, signers);
    trailing_bits(rows, signers);
    oversize(rows, signers);
}

fn malleability(rows: &mut Rows, signers: &Signers) {
    rows.class("base64-malleability");
    // A signature with both special characters of the alphabet, and segments of every remainder.
    let token = (0..64)
        .map(|filler| signers.main.token_with(json!({"x": filler})))
        .find(|token| segments(token)[2].contains('-') && segments(token)[2].contains('_'))
        .expect("one of many signatures holds both");
    let parts = segments(&token);
    for (index, name) in ["header", "payload", "signature"].into_iter().enumerate() {
        let part = parts[index];
        let middle = part.len() / 2;
        let insert = |at: usize, text: &str| format!("{}{text}{}", &part[..at], &part[at..]);
        let variants = [
            ("one padding character", format!("{part}=")),
            ("two padding characters", format!("{part}==")),
            ("percent-encoded padding", format!("{part}%3D")),
            ("a line break at the end", format!("{part}\n")),
            ("CRLF at the end", format!("{part}\r\n")),
            ("a space in front", format!(" {part}")),
            ("a space inside", insert(middle, " ")),
            ("a tab inside", insert(middle, "\t")),
            ("a line break inside", insert(middle, "\n")),
            ("a NUL inside", insert(middle, "\0")),
            ("a NUL at the end", format!("{part}\0")),
            ("a letter beyond ASCII", insert(middle, "é")),
            ("a full-width letter", insert(middle, "Ａ")),
            ("a comma inside", insert(middle, ",")),
        ];
        for (what, variant) in variants {
            let mut parts = parts.map(str::to_owned);
            parts[index] = variant;
            rows.add(format!("{name}: {what}"), parts.join("."), "main", "base64_invalid");
        }
        // A length of 4 n + 1 cannot be: cut or fill to it.
        let impossible: String = part.chars().take((part.len() - 1) / 4 * 4 + 1).collect();
        let mut parts = parts.map(str::to_owned);
        parts[index] = if impossible == part { format!("{part}AAAA") } else { impossible };
        rows.add(format!("{name}: a length of 4 n + 1"), parts.join("."), "main", "base64_invalid");
    }
    rows.add(
        "the other alphabet",
        token.replace('-', "+").replace('_', "/"),
        "main",
        "base64_invalid",
    );
    rows.add("plus for minus", token.replace('-', "+"), "main", "base64_invalid");
    rows.add("slash for underscore", token.replace('_', "/"), "main", "base64_invalid");
    rows.add("Bearer in front", format!("Bearer {token}"), "main", "base64_invalid");
    rows.add("in quotes", format!("\"{token}\""), "main", "base64_invalid");
    rows.add("a byte order mark in front", format!("\u{feff}{token}"), "main", "base64_invalid");
}

/// The same bytes, written with unused bits that are not zero.
fn trailing_bits(rows: &mut Rows, signers: &Signers) {
    rows.class("base64-malleability");
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (index, name) in ["header", "payload", "signature"].into_iter().enumerate() {
        for remainder in [2, 3] {
            // Fill the segment until it ends in a group of two or three characters.
            let token = match index {
                0 => (0..3)
                    .map(|n| {
                        signers.main.token_with_header(
                            &json!({"alg": "RS256", "x": "x".repeat(n)}),
                            &claims_with(json!({})),
                        )
                    })
                    .find(|token| segments(token)[0].len() % 4 == remainder),
                1 => (0..3)
                    .map(|n| signers.main.token_with(json!({"x": "x".repeat(n)})))
                    .find(|token| segments(token)[1].len() % 4 == remainder),
                // 256 bytes end in two characters; no key size ends in three but odd ones, for
                // which 3072 bits (384 bytes) end in none. So the signature is tried with two
                // only.
                _ => Some(signers.main.token_with(json!({})))
                    .filter(|token| segments(token)[2].len() % 4 == remainder),
            };
            let Some(token) = token else { continue };
            let parts = segments(&token);
            let unused_bits = if remainder == 2 { 4 } else { 2 };
            for flip in 1..1_usize << unused_bits {
                let last = parts[index].chars().last().expect("a segment has characters");
                let sextet = ALPHABET.find(last).expect("the character is of the alphabet");
                let other = ALPHABET.chars().nth(sextet ^ flip).expect("a sextet has a character");
                let mut changed = parts.map(str::to_owned);
                changed[index].pop();
                changed[index].push(other);
                let id = format!("{name}: {unused_bits} unused bits set to {flip}");
                rows.add(id, changed.join("."), "main", "base64_invalid");
            }
        }
    }
}

fn oversize(rows: &mut Rows, signers: &Signers) {
    rows.class("oversize");
    let too_long = signers.main.token_with(json!({"x": "x".repeat(12_000)}));
    assert!(too_long.len() > 16_384);
    rows.add("a signed token of more than 16,384 bytes", too_long, "main", "token_too_large");
    rows.add("16,385 letters", "A".repeat(16_385), "main", "token_too_large");
    rows.add("16,384 letters", "A".repeat(16_384), "main", "token_malformed");
    rows.add("16,385 dots", ".".repeat(16_385), "main", "token_too_large");
    rows.add("16,384 dots", ".".repeat(16_384), "main", "token_malformed");
    let token = signers.main.token_with_header(&header(), &claims_with(json!({})));
    let [header, payload, _] = segments(&token);
    let long_signature = format!("{header}.{payload}.{}", b64(&[1; 10_000]));
    rows.add("a signature of 10,000 bytes", long_signature, "main", "signature_invalid");
    let long_header = format!("{}.{payload}.{}", b64(&[b' '; 11_000]), b64(&[1; 256]));
    rows.add("a header of 11,000 spaces", long_header, "main", "header_invalid");
}
