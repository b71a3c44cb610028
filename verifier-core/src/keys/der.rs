//! The little DER (X.690) that RSA public keys are written in.

use super::{PemFault, Unsuitable};
use crate::fault::Fault;

const MALFORMED: Fault = PemFault::Der.fault();

/// A modulus and an exponent, big-endian.
pub(super) struct RsaNumbers<'a> {
    pub(super) modulus: &'a [u8],
    pub(super) exponent: &'a [u8],
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// 1.2.840.113549.1.1.1, `rsaEncryption` (RFC 8017 appendix A.1).
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const NULL: &[u8] = &[0x05, 0x00];

/// `SubjectPublicKeyInfo` with `rsaEncryption` and its NULL parameter (RFC 5280 section 4.1, RFC 3279 section 2.3.1).
pub(super) fn read_spki(der: &[u8]) -> Result<RsaNumbers<'_>, Fault> {
    let spki = only(der, SEQUENCE)?;
    let (algorithm, rest) = next(spki, SEQUENCE)?;
    let (identifier, parameters) = next(algorithm, OBJECT_IDENTIFIER)?;
    if identifier != RSA_ENCRYPTION {
        return Err(Unsuitable::NotRsa.fault());
    }
    if parameters != NULL {
        return Err(MALFORMED);
    }
    match only(rest, BIT_STRING)? {
        [0, key @ ..] => read_pkcs1(key),
        _ => Err(MALFORMED),
    }
}

/// `RSAPublicKey` (RFC 8017 appendix A.1.1).
pub(super) fn read_pkcs1(der: &[u8]) -> Result<RsaNumbers<'_>, Fault> {
    let key = only(der, SEQUENCE)?;
    let (modulus, rest) = next(key, INTEGER)?;
    let exponent = only(rest, INTEGER)?;
    Ok(RsaNumbers { modulus: unsigned(modulus)?, exponent: unsigned(exponent)? })
}

/// The content of an INTEGER that is not negative and written as short as can be.
fn unsigned(content: &[u8]) -> Result<&[u8], Fault> {
    match content {
        [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => Err(MALFORMED),
        [0, rest @ ..] if !rest.is_empty() => Ok(rest),
        all => Ok(all),
    }
}

/// The content of an element with nothing after it.
fn only(der: &[u8], tag: u8) -> Result<&[u8], Fault> {
    match next(der, tag)? {
        (content, []) => Ok(content),
        _ => Err(MALFORMED),
    }
}

/// The content of the first element, and what follows it.
fn next(der: &[u8], tag: u8) -> Result<(&[u8], &[u8]), Fault> {
    let (length, rest) = match der {
        [found, short @ 0..=0x7f, rest @ ..] if *found == tag => (usize::from(*short), rest),
        [found, 0x81, one @ 0x80..=0xff, rest @ ..] if *found == tag => (usize::from(*one), rest),
        [found, 0x82, high @ 1..=0xff, low, rest @ ..] if *found == tag => {
            (usize::from(u16::from_be_bytes([*high, *low])), rest)
        }
        _ => return Err(MALFORMED),
    };
    rest.split_at_checked(length).ok_or(MALFORMED)
}
