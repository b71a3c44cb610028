//! Strict base64url without padding (RFC 4648 section 5, RFC 7515 section 2): every byte string has exactly one text.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const INVALID: u8 = 0xff;

/// The six bits of each character, [`INVALID`] for the rest.
#[expect(clippy::indexing_slicing, reason = "runs at compile time, where an index out of bounds does not compile")]
const SEXTETS: [u8; 256] = {
    let mut table = [INVALID; 256];
    let mut sextet = 0;
    while sextet < 64 {
        table[ALPHABET[sextet as usize] as usize] = sextet;
        sextet += 1;
    }
    table
};

fn sextet(byte: u8) -> u8 {
    SEXTETS.get(usize::from(byte)).copied().unwrap_or(INVALID)
}

/// Decodes a whole text.
///
/// # Errors
/// As [`decode_into`].
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::new();
    decode_into(&mut bytes, text).map(|()| bytes)
}

/// Decodes a whole text and appends its bytes.
///
/// The error is the offset of the first byte that is outside the alphabet (padding, white space and line breaks are),
/// or of the last byte when the length is impossible or unused trailing bits are set.
pub(crate) fn decode_into(bytes: &mut Vec<u8>, text: &[u8]) -> Result<(), usize> {
    bytes.reserve(text.len() / 4 * 3 + 2);
    for (index, group) in text.chunks(4).enumerate() {
        let mut bits = 0;
        for (place, byte) in group.iter().enumerate() {
            let sextet = sextet(*byte);
            if sextet == INVALID {
                return Err(index * 4 + place);
            }
            bits = bits << 6 | u32::from(sextet);
        }
        // Four sextets are three bytes; three are two and two bits, two are one and four bits, one is none at all.
        let whole = group.len() * 3 / 4;
        let unused = group.len() * 6 - whole * 8;
        if whole == 0 || bits.trailing_zeros() < unused as u32 {
            return Err(text.len() - 1);
        }
        bits <<= 32 - group.len() * 6;
        bytes.extend(bits.to_be_bytes().into_iter().take(whole));
    }
    Ok(())
}

/// Encodes without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut padded = [0; 3];
        padded.iter_mut().zip(group).for_each(|(to, from)| *to = *from);
        let [a, b, c] = padded;
        let sextets = [a >> 2, (a & 0x03) << 4 | b >> 4, (b & 0x0f) << 2 | c >> 6, c & 0x3f];
        let characters = sextets.iter().filter_map(|sextet| ALPHABET.get(usize::from(*sextet)));
        text.extend(characters.take(group.len() + 1).map(|byte| char::from(*byte)));
    }
    text
}
