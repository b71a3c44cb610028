//! Strict base64url without padding (RFC 4648 section 5, RFC 7515 section 2): every byte string has exactly one text.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const INVALID: u8 = 0xff;
/// No sextet has it.
const INVALID_BIT: u8 = 0x80;

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
    let start = bytes.len();
    bytes.resize(start + text.len() / 4 * 3, 0);
    let (groups, rest) = text.as_chunks::<4>();
    let threes = bytes.get_mut(start..).unwrap_or_default().as_chunks_mut::<3>().0;
    for ((index, group), to) in groups.iter().enumerate().zip(threes) {
        let [a, b, c, d] = *group;
        let (a, b, c, d) = (sextet(a), sextet(b), sextet(c), sextet(d));
        if (a | b | c | d) & INVALID_BIT != 0 {
            return Err(index * 4 + valid(group));
        }
        *to = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
    }
    // Three sextets are two bytes and two bits, two are one and four bits, one is none at all.
    let checked = text.len() - rest.len();
    if valid(rest) < rest.len() {
        return Err(checked + valid(rest));
    }
    let bits = rest.iter().fold(0, |bits, byte| bits << 6 | u32::from(sextet(*byte)));
    match rest.len() {
        0 => {}
        2 if bits & 0x0f == 0 => bytes.extend_from_slice(&[(bits >> 4) as u8]),
        3 if bits & 0x03 == 0 => bytes.extend_from_slice(&[(bits >> 10) as u8, (bits >> 2) as u8]),
        _ => return Err(text.len() - 1),
    }
    Ok(())
}

/// How many characters there are before one that is outside the alphabet, or before the end.
fn valid(text: &[u8]) -> usize {
    text.iter().take_while(|byte| sextet(**byte) != INVALID).count()
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
