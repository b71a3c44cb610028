//! Where a text stops being UTF-8.
//!
//! Natively the standard library says so, which looks at many bytes at once; in wasm, where its
//! tables and branches weigh more than half of the JSON reader, our own.

/// The length of the longest beginning that is UTF-8 (RFC 3629 section 4).
#[cfg(not(target_family = "wasm"))]
pub(super) fn valid_up_to(text: &[u8]) -> usize {
    core::str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len)
}

#[cfg(target_family = "wasm")]
pub(super) use small::valid_up_to;

#[cfg(any(target_family = "wasm", test))]
mod small {
    /// As the other one.
    pub(in super::super) fn valid_up_to(text: &[u8]) -> usize {
        let mut at = 0;
        while let Some(first) = text.get(at) {
            let (length, least) = match first {
                0..=0x7f => (1, 0),
                0xc0..=0xdf => (2, 0x80),
                0xe0..=0xef => (3, 0x800),
                0xf0..=0xf7 => (4, 0x1_0000),
                _ => break,
            };
            // The bits of the character, below those that say how many bytes it has; of one byte
            // any will do.
            let mut code_point = u32::from(*first) & 0x7f >> length;
            for place in 1..length {
                let Some(next @ 0x80..=0xbf) = text.get(at + place) else { return at };
                code_point = code_point << 6 | u32::from(next & 0x3f);
            }
            // Written as short as can be, no surrogate, and not beyond the last character.
            if code_point < least || matches!(code_point, 0xd800..=0xdfff | 0x11_0000..) {
                break;
            }
            at += length;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::{small, valid_up_to};
    use alloc::vec::Vec;

    #[test]
    fn both_agree_on_every_character_and_everything_near_one() {
        let edges = [0, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
        for first in 0..=0xff {
            for second in 0..=0xff {
                for third in edges {
                    for fourth in edges {
                        let text = [first, second, third, fourth, b'a'];
                        for length in 0..=text.len() {
                            let text = text.get(..length).unwrap_or_default();
                            assert_eq!(small::valid_up_to(text), valid_up_to(text), "{text:x?}");
                        }
                    }
                }
            }
        }
        let all: Vec<u8> = ('\0'..=char::MAX)
            .flat_map(|one| alloc::string::String::from(one).into_bytes())
            .collect();
        assert_eq!(small::valid_up_to(&all), all.len());
    }
}
