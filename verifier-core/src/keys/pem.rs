//! PEM public keys (RFC 7468): `PUBLIC KEY` (SPKI) and `RSA PUBLIC KEY` (PKCS#1).

use super::der;
use super::error::KeyError;
use super::public_key::PublicKey;
use super::reasons::PemError;
use crate::base64url::Decoder;
use alloc::vec::Vec;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// Returns whether a text holds a private key, whatever surrounds it.
pub(super) fn holds_private_key(text: &[u8]) -> bool {
    holds(text, b"PRIVATE KEY-----")
}

/// Returns whether a text holds a certificate, whatever surrounds it.
pub(super) fn holds_certificate(text: &[u8]) -> bool {
    holds(text, b"-----BEGIN CERTIFICATE-----")
}

/// Returns whether a text holds the beginning of a PEM block.
pub(super) fn holds_block(text: &[u8]) -> bool {
    holds(text, BEGIN)
}

fn holds(text: &[u8], words: &[u8]) -> bool {
    take_until(&mut &*text, words).is_some()
}

/// Appends the key of a text of one public key. Other text may precede it (RFC 7468 section 2),
/// white space may follow. A line break may be written as `\n` (or `\r\n`), replaced by a space,
/// or lost, as happens in environment variables and settings.
///
/// # Errors
/// [`KeyError::PrivateKey`], [`KeyError::Certificate`], [`KeyError::Pem`],
/// [`KeyError::Unsuitable`] for a key of another algorithm, and those of the modulus and the
/// exponent.
pub(super) fn read(text: &[u8], keys: &mut Vec<PublicKey>) -> Result<(), KeyError> {
    // Report private keys first, so that their owner replaces them.
    if holds_private_key(text) {
        return Err(KeyError::PrivateKey);
    }
    let mut rest = text;
    take_until(&mut rest, BEGIN).ok_or(KeyError::Pem(PemError::BeginMissing))?;
    let label = take_until(&mut rest, DASHES).ok_or(KeyError::Pem(PemError::BeginUnclosed))?;
    let is_spki = match label {
        b"PUBLIC KEY" => true,
        b"RSA PUBLIC KEY" => false,
        // Older tools write X509 or TRUSTED before it (RFC 7468 section 5.3).
        _ if label.ends_with(b"CERTIFICATE") => return Err(KeyError::Certificate),
        _ => return Err(KeyError::Pem(PemError::LabelUnknown)),
    };
    let body = take_until(&mut rest, END).ok_or(KeyError::Pem(PemError::EndMissing))?;
    if take_until(&mut rest, DASHES) != Some(label) {
        return Err(KeyError::Pem(PemError::EndMismatch));
    }
    if holds_certificate(rest) {
        // `openssl x509 -pubkey` without `-noout` writes the certificate behind its key.
        return Err(KeyError::Certificate);
    }
    if !skip_breaks(rest).is_empty() {
        return Err(KeyError::Pem(PemError::EndMismatch));
    }
    let der = decode(body).ok_or(KeyError::Pem(PemError::Base64))?;
    der::read(&der, is_spki, keys)
}

/// Removes the text up to and including the first `delimiter`, and returns what precedes it.
// The search of the standard library, made for any length, takes more wasm than all the rest of
// reading keys, and can panic as far as the compiler sees.
fn take_until<'a>(text: &mut &'a [u8], delimiter: &[u8]) -> Option<&'a [u8]> {
    let first = delimiter.first();
    let mut windows = text.windows(delimiter.len());
    // Most windows differ in the first byte, which is faster to compare than to call `memcmp`.
    let at = windows.position(|window| window.first() == first && window == delimiter)?;
    let before = text.get(..at);
    *text = text.get(at + delimiter.len()..)?;
    before
}

/// Skips white space and written line breaks.
fn skip_breaks(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] | [b'\\', b'n' | b'r', rest @ ..] = text {
        text = rest;
    }
    text
}

/// Decodes standard base64 in lines (RFC 7468 section 3), with strict padding.
fn decode(mut body: &[u8]) -> Option<Vec<u8>> {
    let (mut decoder, mut der, mut padding) = (Decoder::default(), Vec::new(), 0);
    while let [byte, rest @ ..] = skip_breaks(body) {
        body = rest;
        let base64url = match byte {
            b'=' => {
                padding += 1;
                continue;
            }
            b'+' => b'-',
            b'/' => b'_',
            b'-' | b'_' => return None,
            other => *other,
        };
        if padding > 0 || !decoder.push(base64url, &mut der) {
            return None;
        }
    }
    (padding == decoder.missing() && decoder.is_complete()).then_some(der)
}
