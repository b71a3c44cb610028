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
/// The error is the offset of the first byte that is outside the alphabet (padding, white space and line breaks are),
/// or of the last byte when the length is impossible or unused trailing bits are set.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let groups = text.chunks_exact(4);
    let tail = groups.remainder();
    for (index, group) in groups.enumerate() {
        let &[a, b, c, d] = group else { return Err(index * 4) };
        let (a, b, c, d) = (sextet(a), sextet(b), sextet(c), sextet(d));
        if (a | b | c | d) & 0xc0 != 0 {
            return Err(index * 4 + first_invalid(group));
        }
        bytes.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
    }
    let tail_at = text.len() - tail.len();
    let last_at = text.len().saturating_sub(1);
    if tail.iter().any(|byte| sextet(*byte) == INVALID) {
        return Err(tail_at + first_invalid(tail));
    }
    match *tail {
        [] => {}
        [a, b] => {
            let (a, b) = (sextet(a), sextet(b));
            if b & 0x0f != 0 {
                return Err(last_at);
            }
            bytes.push(a << 2 | b >> 4);
        }
        [a, b, c] => {
            let (a, b, c) = (sextet(a), sextet(b), sextet(c));
            if c & 0x03 != 0 {
                return Err(last_at);
            }
            bytes.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2]);
        }
        _ => return Err(last_at),
    }
    Ok(bytes)
}

fn first_invalid(group: &[u8]) -> usize {
    group.iter().position(|byte| sextet(*byte) == INVALID).unwrap_or(0)
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
