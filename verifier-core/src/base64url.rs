//! Strict base64url without padding (RFC 4648 section 5, RFC 7515 section 2): every byte string has exactly one text.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const INVALID: u8 = 0xff;

/// The first and the last character of the alphabet, in the order of ASCII.
const FIRST: u8 = b'-';
const LAST: u8 = b'z';

/// The six bits of each character from [`FIRST`] to [`LAST`], [`INVALID`] for those that are not in the alphabet.
#[expect(clippy::indexing_slicing, reason = "runs at compile time, where an index out of bounds does not compile")]
const SEXTETS: [u8; (LAST - FIRST) as usize + 1] = {
    let mut table = [INVALID; (LAST - FIRST) as usize + 1];
    let mut sextet = 0;
    while sextet < 64 {
        table[(ALPHABET[sextet as usize] - FIRST) as usize] = sextet;
        sextet += 1;
    }
    table
};

fn sextet(byte: u8) -> u8 {
    SEXTETS.get(usize::from(byte.wrapping_sub(FIRST))).copied().unwrap_or(INVALID)
}

/// Decodes a whole text and appends its bytes.
///
/// The error is the offset of the first byte that is outside the alphabet (padding, white space and line breaks are),
/// or of the last byte when the length is impossible or unused trailing bits are set.
pub(crate) fn decode_into(bytes: &mut Vec<u8>, text: &[u8]) -> Result<(), usize> {
    let start = bytes.len();
    let groups = text.chunks(4);
    bytes.resize(start + groups.len() * 3, 0);
    let decoded = bytes.get_mut(start..).unwrap_or_default();
    for (index, (group, three)) in groups.zip(decoded.as_chunks_mut::<3>().0).enumerate() {
        let mut bits = 0;
        for place in 0..4 {
            let sextet = match group.get(place) {
                None => 0,
                Some(byte) => sextet(*byte),
            };
            if sextet == INVALID {
                return Err(index * 4 + place);
            }
            bits = bits << 6 | u32::from(sextet);
        }
        let [_, a, b, c] = bits.to_be_bytes();
        *three = [a, b, c];
    }
    // Four sextets are three bytes; three are two and two bits, two are one and four bits, one is none at all.
    let unused = decoded.get(text.len() * 3 / 4..).unwrap_or_default();
    if text.len() % 4 == 1 || unused.iter().any(|bits| *bits != 0) {
        return Err(text.len() - 1);
    }
    bytes.truncate(start + text.len() * 3 / 4);
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
