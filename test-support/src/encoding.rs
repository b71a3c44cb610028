//! base64url and numbers as bytes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use num_bigint::BigUint;
use rsa::sha2::{Digest, Sha256};

/// Encodes base64url without padding (RFC 7515, section 2).
pub fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url without padding.
pub fn unb64(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

/// Returns the SHA-256 digest.
pub fn sha256(text: &[u8]) -> Vec<u8> {
    Sha256::digest(text).to_vec()
}

/// Returns a number in big-endian order, with zeros in front up to this length.
pub fn left_pad(number: &BigUint, bytes: usize) -> Vec<u8> {
    let number = number.to_bytes_be();
    let mut padded = vec![0; bytes.saturating_sub(number.len())];
    padded.extend(number);
    padded
}

/// Returns the three segments of a token.
pub fn segments(token: &str) -> [&str; 3] {
    let all: Vec<_> = token.split('.').collect();
    all.try_into().expect("a token has three segments")
}
