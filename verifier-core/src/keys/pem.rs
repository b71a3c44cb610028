//! PEM public keys (RFC 7468): `PUBLIC KEY` (SPKI) and `RSA PUBLIC KEY` (PKCS#1).

use super::der::{self, DerFault, RsaNumbers};
use super::{KeyError, PemFault, PublicKey, Unsuitable};
use alloc::vec::Vec;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Reads a text that holds one public key and nothing else but white space.
///
/// # Errors
/// [`KeyError::PrivateKey`] for a private key, [`KeyError::Pem`] for everything else that is not such a key, and what
/// [`PublicKey::from_numbers`] refuses.
pub(super) fn read(text: &str) -> Result<PublicKey, KeyError> {
    // Whatever stands around it: a private key that was passed has been exposed, and must be told as one.
    if split_once(text, "PRIVATE KEY-----").is_some() {
        return Err(KeyError::PrivateKey);
    }
    let (label, body) = armour(text.trim_ascii())?;
    let read: fn(&[u8]) -> Result<RsaNumbers<'_>, DerFault> = match label {
        "PUBLIC KEY" => der::read_spki,
        "RSA PUBLIC KEY" => der::read_pkcs1,
        _ => return Err(KeyError::Pem(PemFault::LabelUnknown)),
    };
    let der = decode(body).ok_or(KeyError::Pem(PemFault::Base64))?;
    let numbers = read(&der).map_err(|fault| match fault {
        DerFault::Malformed => KeyError::Pem(PemFault::Der),
        DerFault::OtherAlgorithm => KeyError::Unsuitable(Unsuitable::NotRsa),
    })?;
    PublicKey::from_numbers(None, numbers.modulus, numbers.exponent)
}

/// The label and the body between the two lines of armour.
fn armour(text: &str) -> Result<(&str, &str), KeyError> {
    let begin = text.strip_prefix(BEGIN).ok_or(KeyError::Pem(PemFault::BeginMissing))?;
    let (label, rest) = split_once(begin, DASHES).ok_or(KeyError::Pem(PemFault::BeginUnclosed))?;
    let (body, end) = split_once(rest, END).ok_or(KeyError::Pem(PemFault::EndMissing))?;
    if end.strip_suffix(DASHES) != Some(label) {
        return Err(KeyError::Pem(PemFault::EndMismatch));
    }
    if !matches!(body.as_bytes().first(), Some(b'\n' | b'\r')) {
        return Err(KeyError::Pem(PemFault::BeginTrailing));
    }
    Ok((label, body))
}

/// `str::split_once` for texts of a hundred lines: the search of the standard library, made for any length, takes more wasm
/// than all the rest of reading keys, and can panic as far as the compiler sees.
fn split_once<'a>(text: &'a str, separator: &str) -> Option<(&'a str, &'a str)> {
    let at = text.as_bytes().windows(separator.len()).position(|window| window == separator.as_bytes())?;
    Some((text.get(..at)?, text.get(at + separator.len()..)?))
}

/// Standard base64 in lines (RFC 7468 section 3), with strict padding; `None` when it is not.
fn decode(body: &str) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(body.len());
    let mut padding = 0;
    for byte in body.bytes().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        match byte {
            b'=' => padding += 1,
            _ if padding > 0 => return None,
            b'+' => text.push(b'-'),
            b'/' => text.push(b'_'),
            b'-' | b'_' => return None,
            other => text.push(other),
        }
    }
    let expected_padding = text.len().wrapping_neg() % 4;
    if padding != expected_padding {
        return None;
    }
    crate::base64url::decode(&text).ok()
}
