//! PEM public keys (RFC 7468): `PUBLIC KEY` (SPKI) and `RSA PUBLIC KEY` (PKCS#1).

use super::{Loaded, PemFault, der};
use crate::base64url::Decoder;
use crate::code::Code;
use crate::fault::Fault;
use alloc::vec::Vec;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// Reads a text that holds one public key and nothing else but white space. A line break may be
/// written as `\n` (or `\r\n`), as environment variables and settings often have it.
///
/// # Errors
/// [`Code::KeyPrivate`] for a private key, [`Code::KeyPemInvalid`] for everything else that is not
/// such a key, [`Code::KeyUnsuitable`] for a key of another algorithm, and what
/// [`RsaPublicKey::new`](crate::rs256::RsaPublicKey::new) refuses.
pub(super) fn read(text: &[u8], loaded: &mut Loaded) -> Result<(), Fault> {
    // Whatever stands around it: a private key that was passed has been exposed, and must be told
    // as one.
    if until(&mut &*text, b"PRIVATE KEY-----").is_some() {
        return Err(Fault::of(Code::KeyPrivate));
    }
    // -----BEGIN label-----body-----END label-----
    let mut rest = text.trim_ascii();
    if until(&mut rest, BEGIN) != Some(&[]) {
        return Err(PemFault::BeginMissing.fault());
    }
    let label = until(&mut rest, DASHES).ok_or(PemFault::BeginUnclosed.fault())?;
    let body = until(&mut rest, END).ok_or(PemFault::EndMissing.fault())?;
    if until(&mut rest, DASHES) != Some(label) || !after_breaks(rest).is_empty() {
        return Err(PemFault::EndMismatch.fault());
    }
    if !matches!(body, [b'\n' | b'\r', ..] | [b'\\', b'n' | b'r', ..]) {
        return Err(PemFault::BeginTrailing.fault());
    }
    let spki = label == b"PUBLIC KEY";
    if !spki && label != b"RSA PUBLIC KEY" {
        return Err(PemFault::LabelUnknown.fault());
    }
    if !decode(body, &mut loaded.bytes) {
        return Err(PemFault::Base64.fault());
    }
    let rsa = der::read(&loaded.bytes, spki)?;
    loaded.push(None, rsa);
    Ok(())
}

/// Takes what stands before the next such text, and that one too.
// The search of the standard library, made for any length, takes more wasm than all the rest of
// reading keys, and can panic as far as the compiler sees.
#[cfg_attr(target_family = "wasm", inline(never))]
fn until<'a>(text: &mut &'a [u8], what: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(what.len()).position(|window| window == what)?;
    let before = text.get(..at);
    *text = text.get(at + what.len()..)?;
    before
}

/// What follows the white space and the written line breaks that a text begins with.
fn after_breaks(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] | [b'\\', b'n' | b'r', rest @ ..] = text {
        text = rest;
    }
    text
}

/// Standard base64 in lines (RFC 7468 section 3), with strict padding; false when it is not.
fn decode(mut body: &[u8], der: &mut Vec<u8>) -> bool {
    let mut decoder = Decoder::default();
    let mut padding = 0;
    while let [byte, rest @ ..] = after_breaks(body) {
        body = rest;
        let in_url = match byte {
            b'=' => {
                padding += 1;
                continue;
            }
            b'+' => b'-',
            b'/' => b'_',
            // What the other alphabet has in their places.
            b'-' | b'_' => return false,
            other => *other,
        };
        if padding > 0 || !decoder.take(in_url, der) {
            return false;
        }
    }
    padding == decoder.missing() && decoder.may_end()
}
