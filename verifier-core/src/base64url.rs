//! Strict base64url without padding (RFC 4648 section 5, RFC 7515 section 2): every byte string has exactly one text.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const INVALID: u8 = 0xff;
/// No sextet has it.
const INVALID_BIT: u8 = 0x80;
/// The character of six zero bits.
const ZERO: u8 = b'A';

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
    // Four sextets are three bytes; three are two and two bits, two are one and four bits, one is none at all.
    let start = bytes.len();
    let end = start + text.len() * 3 / 4;
    bytes.resize(start + text.len().div_ceil(4) * 3, 0);
    let (groups, rest) = text.as_chunks::<4>();
    let mut threes = bytes.get_mut(start..).unwrap_or_default().as_chunks_mut::<3>().0.iter_mut();
    let mut seen = 0;
    for (group, to) in groups.iter().zip(&mut threes) {
        seen |= decode_group(*group, to);
    }
    if let Some(to) = threes.next() {
        let mut last = [ZERO; 4];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        seen |= decode_group(last, to);
    }
    if seen & INVALID_BIT != 0 {
        return Err(text.iter().position(|byte| sextet(*byte) == INVALID).unwrap_or(0));
    }
    if text.len() % 4 == 1 || bytes.iter().skip(end).any(|unused| *unused != 0) {
        return Err(text.len() - 1);
    }
    bytes.truncate(end);
    Ok(())
}

/// Three bytes of four characters; what is returned has [`INVALID_BIT`] when one of them is none of the alphabet.
fn decode_group(group: [u8; 4], three: &mut [u8; 3]) -> u8 {
    let [a, b, c, d] = group.map(sextet);
    *three = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
    a | b | c | d
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
