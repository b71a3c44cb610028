//! The subset of DER (X.690) that encodes RSA public keys.

use super::error::KeyError;
use super::public_key::PublicKey;
use super::reasons::{PemError, Unsuitable};
use alloc::vec::Vec;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// 1.2.840.113549.1.1.1, `rsaEncryption` (RFC 8017 appendix A.1).
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.113549.1.1.10, `id-RSASSA-PSS` (RFC 8017 appendix A.2.3).
const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
const NULL: &[u8] = &[0x05, 0x00];

/// Appends the key of a `SubjectPublicKeyInfo` with `rsaEncryption` and its NULL parameter (RFC 5280 section
/// 4.1, RFC 3279 section 2.3.1), or an `RSAPublicKey` (RFC 8017 appendix A.1.1).
///
/// # Errors
/// [`KeyError::Pem`] for other bytes, [`KeyError::Unsuitable`] for a key of another algorithm, and
/// those of the modulus and the exponent.
pub(super) fn read(der: &[u8], is_spki: bool, keys: &mut Vec<PublicKey>) -> Result<(), KeyError> {
    let mut reader = Reader { der, at: 0 };
    if is_spki {
        let whole = reader.open(SEQUENCE);
        let algorithm = reader.open(SEQUENCE);
        let identifier = reader.content(OBJECT_IDENTIFIER);
        let well_formed = reader.at <= algorithm && algorithm <= whole && whole == der.len();
        if well_formed && identifier != RSA_ENCRYPTION {
            let why =
                if identifier == RSASSA_PSS { Unsuitable::RsaPss } else { Unsuitable::NotRsa };
            return Err(KeyError::Unsuitable(why));
        }
        let parameters = reader.until(algorithm);
        let key = reader.open(BIT_STRING);
        // No bits are unused (X.690 section 8.6.2.2).
        let unused = reader.until(reader.at.saturating_add(1));
        if whole != der.len() || parameters != NULL || key != whole || unused != [0] {
            return Err(KeyError::Pem(PemError::Der));
        }
    }
    let whole = reader.open(SEQUENCE);
    let modulus = reader.integer();
    let exponent = reader.integer();
    if whole != der.len() || reader.at != whole {
        return Err(KeyError::Pem(PemError::Der));
    }
    PublicKey::append(keys, None, modulus, exponent)
}

/// A position in a sequence of elements. A malformed element moves it beyond the end, where
/// nothing can be read.
struct Reader<'a> {
    der: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Enters the next element, which must have this tag, and returns its end.
    fn open(&mut self, tag: u8) -> usize {
        let header = self.der.get(self.at..).unwrap_or_default();
        let (size, length) = match header {
            [_, short @ 0..=0x7f, ..] => (2, usize::from(*short)),
            [_, 0x81, one @ 0x80..=0xff, ..] => (3, usize::from(*one)),
            [_, 0x82, high @ 1..=0xff, low, ..] => (4, usize::from(*high) << 8 | usize::from(*low)),
            _ => (0, usize::MAX),
        };
        if header.first() == Some(&tag) && length <= header.len() - size {
            self.at += size;
            return self.at + length;
        }
        self.at = usize::MAX;
        usize::MAX
    }

    /// Returns the content of the next element, which must have this tag.
    fn content(&mut self, tag: u8) -> &'a [u8] {
        let end = self.open(tag);
        self.until(end)
    }

    /// Returns the content of an INTEGER that is not negative and minimally encoded (X.690 section
    /// 8.3.2).
    fn integer(&mut self) -> &'a [u8] {
        let content = self.content(INTEGER);
        if let [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] = content {
            self.at = usize::MAX;
        }
        content
    }

    /// Returns the bytes up to this position, and moves there.
    fn until(&mut self, end: usize) -> &'a [u8] {
        let bytes = self.der.get(self.at..end);
        self.at = if bytes.is_some() { end } else { usize::MAX };
        bytes.unwrap_or_default()
    }
}
