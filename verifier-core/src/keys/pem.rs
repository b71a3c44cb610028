//! PEM public keys (RFC 7468): `PUBLIC KEY` (SPKI) and `RSA PUBLIC KEY` (PKCS#1).

use super::{PemFault, PublicKey, der};
use crate::base64url;
use crate::code::Code;
use crate::fault::Fault;
use alloc::vec::Vec;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// Reads a text that holds one public key and nothing else but white space.
///
/// # Errors
/// [`Code::KeyPrivate`] for a private key, [`Code::KeyPemInvalid`] for everything else that is not such a key,
/// [`Code::KeyUnsuitable`] for a key of another algorithm, and what [`PublicKey::from_numbers`] refuses.
pub(super) fn read(text: &[u8]) -> Result<PublicKey, Fault> {
    // Whatever stands around it: a private key that was passed has been exposed, and must be told as one.
    if split_once(text, b"PRIVATE KEY-----").is_some() {
        return Err(Fault::of(Code::KeyPrivate));
    }
    let (label, body) = armour(text.trim_ascii())?;
    let read = match label {
        b"PUBLIC KEY" => der::read_spki,
        b"RSA PUBLIC KEY" => der::read_pkcs1,
        _ => return Err(PemFault::LabelUnknown.fault()),
    };
    let der = decode(body).ok_or(PemFault::Base64.fault())?;
    let numbers = read(&der)?;
    PublicKey::from_numbers(None, numbers.modulus, numbers.exponent)
}

/// The label and the body between the two lines of armour.
fn armour(text: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let begin = text.strip_prefix(BEGIN).ok_or(PemFault::BeginMissing.fault())?;
    let (label, rest) = split_once(begin, DASHES).ok_or(PemFault::BeginUnclosed.fault())?;
    let (body, end) = split_once(rest, END).ok_or(PemFault::EndMissing.fault())?;
    if end.strip_suffix(DASHES) != Some(label) {
        return Err(PemFault::EndMismatch.fault());
    }
    if !matches!(body.first(), Some(b'\n' | b'\r')) {
        return Err(PemFault::BeginTrailing.fault());
    }
    Ok((label, body))
}

/// `str::split_once` for texts of a hundred lines: the search of the standard library, made for any length, takes more wasm
/// than all the rest of reading keys, and can panic as far as the compiler sees.
fn split_once<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(separator.len()).position(|window| window == separator)?;
    Some((text.get(..at)?, text.get(at + separator.len()..)?))
}

/// Standard base64 in lines (RFC 7468 section 3), with strict padding; `None` when it is not.
fn decode(body: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(body.len());
    let mut padding = 0;
    for byte in body {
        text.push(match byte {
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'=' => {
                padding += 1;
                continue;
            }
            b'-' | b'_' => return None,
            _ if padding > 0 => return None,
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        });
    }
    let expected_padding = text.len().wrapping_neg() % 4;
    let mut der = Vec::new();
    base64url::decode_into(&mut der, &text).ok()?;
    (padding == expected_padding).then_some(der)
}
