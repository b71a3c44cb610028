//! Strict base64url without padding (RFC 4648 section 5, RFC 7515 section 2): every byte string
//! has exactly one text.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const INVALID: u8 = 0xff;
/// The bits of a sextet.
const SEXTET: u8 = 0x3f;

/// The six bits of each character, [`INVALID`] for those that are not in the alphabet.
#[expect(
    clippy::indexing_slicing,
    reason = "runs at compile time, where an index out of bounds does not compile"
)]
const SEXTETS: [u8; 256] = {
    let mut table = [INVALID; 256];
    let mut sextet = 0;
    while sextet < 64 {
        table[ALPHABET[sextet as usize] as usize] = sextet;
        sextet += 1;
    }
    table
};

#[expect(clippy::indexing_slicing, reason = "there is one for each byte")]
const fn sextet(character: u8) -> u8 {
    SEXTETS[character as usize]
}

/// Decodes a text character by character.
#[derive(Default)]
pub(crate) struct Decoder {
    /// The last sextets, the latest lowest.
    bits: u32,
    characters: usize,
}

impl Decoder {
    /// Decodes the next character and appends the byte that it completes. Returns false when it is
    /// outside the alphabet, as padding and white space are.
    pub(crate) fn push(&mut self, character: u8, bytes: &mut Vec<u8>) -> bool {
        let sextet = sextet(character);
        self.bits = self.bits << 6 | u32::from(sextet);
        // Of four sextets the first completes no byte, and the others leave four bits, two, and
        // none.
        let left = 6 - self.characters % 4 * 2;
        self.characters += 1;
        if left < 6 {
            bytes.push((self.bits >> left) as u8);
        }
        sextet != INVALID
    }

    /// Returns the number of characters missing to the next multiple of four.
    pub(crate) const fn missing(&self) -> usize {
        self.characters.wrapping_neg() % 4
    }

    /// Returns whether the text can end here: its length is possible, and the unused bits are
    /// zero.
    pub(crate) const fn is_complete(&self) -> bool {
        self.missing() != 3 && self.bits & ((1 << (self.missing() * 2)) - 1) == 0
    }
}

/// Decodes a whole text and appends its bytes.
///
/// # Errors
/// The offset of the first byte outside the alphabet, or of the last byte when the length is
/// impossible or unused trailing bits are set.
pub(crate) fn decode_into(bytes: &mut Vec<u8>, text: &[u8]) -> Result<(), usize> {
    // Valid groups of four characters first, the rest one by one.
    let (groups, _) = text.as_chunks::<4>();
    let start = bytes.len();
    bytes.resize(start + groups.len() * 3, 0);
    let mut triples = bytes.get_mut(start..).unwrap_or_default().as_chunks_mut::<3>().0.iter_mut();
    let mut done = 0;
    for (group, triple) in groups.iter().zip(&mut triples) {
        let [a, b, c, d] = group.map(sextet);
        if (a | b | c | d) & !SEXTET != 0 {
            break;
        }
        *triple = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        done += 1;
    }
    bytes.truncate(start + done * 3);
    let mut decoder = Decoder::default();
    for (at, character) in text.iter().enumerate().skip(done * 4) {
        if !decoder.push(*character, bytes) {
            return Err(at);
        }
    }
    if decoder.is_complete() { Ok(()) } else { Err(text.len() - 1) }
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
