//! JSON strings, compared and read through their escapes.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// The content of a validated JSON string: the bytes between the quotes, still escaped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Wraps the bytes between the quotes of a validated JSON string.
    pub(crate) const fn new(escaped: &'a [u8]) -> Self {
        Self(escaped)
    }

    /// Returns the bytes of the unescaped text, in UTF-8.
    pub(crate) const fn bytes(self) -> Bytes<'a> {
        Bytes { text: self.0, at: 0, escape: b'\\' as i32, pending: 0 }
    }

    /// Returns whether the unescaped text equals `other`, in UTF-8.
    #[cfg_attr(target_family = "wasm", inline(never))]
    pub(crate) fn is(self, other: &[u8]) -> bool {
        // The escaped text is at least as long, and begins with the same byte: most texts differ in
        // that.
        let first = self.0.first();
        self.0.len() >= other.len()
            && (first == other.first() || first == Some(&b'\\'))
            && order(self.bytes(), Bytes::plain(other)).is_eq()
    }

    /// Returns whether the unescaped text equals `other`, which is in lower case, comparing ASCII
    /// letters without case.
    #[cfg_attr(target_family = "wasm", inline(never))]
    pub(crate) fn is_ignoring_ascii_case(self, other: &str) -> bool {
        self.bytes().map(|byte| byte.to_ascii_lowercase()).eq(other.bytes())
    }

    /// Returns whether the text has no characters.
    pub(crate) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Returns the unescaped text, borrowed where nothing was escaped.
    pub(crate) fn to_str(self) -> Cow<'a, str> {
        match core::str::from_utf8(self.0) {
            Ok(plain) if !self.0.contains(&b'\\') => Cow::Borrowed(plain),
            _ => Cow::Owned(self.unescaped()),
        }
    }

    /// Returns the unescaped text.
    pub(crate) fn unescaped(self) -> String {
        let mut bytes = Vec::new();
        self.bytes().for_each(|byte| bytes.push(byte));
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// Orders two texts by the bytes of their unescaped forms.
    ///
    /// Stops at the first difference, so comparing a long name often costs no more than a short
    /// one.
    #[cfg_attr(target_family = "wasm", inline(never))]
    pub(crate) fn compare(self, other: Self) -> Ordering {
        order(self.bytes(), other.bytes())
    }
}

#[cfg_attr(target_family = "wasm", inline(never))]
fn order(mut one: Bytes<'_>, mut other: Bytes<'_>) -> Ordering {
    loop {
        let (ours, theirs) = (one.next_or_end(), other.next_or_end());
        if ours != theirs || ours == END {
            return ours.cmp(&theirs);
        }
    }
}

/// Iterator over the bytes of an unescaped text.
pub(crate) struct Bytes<'a> {
    text: &'a [u8],
    at: usize,
    /// The byte that begins an escape, or [`END`] where nothing is escaped.
    escape: i32,
    /// The remaining bytes of an escaped character, the next one lowest. They continue a character,
    /// so none is zero.
    pending: u32,
}

/// In place of a byte at the end; less than every byte.
const END: i32 = -1;

impl<'a> Bytes<'a> {
    /// Returns the bytes of a text without escapes.
    const fn plain(text: &'a [u8]) -> Self {
        Self { text, at: 0, escape: END, pending: 0 }
    }

    /// Returns the next byte, or [`END`].
    // One number, where an `Option` is two, which wasm returns in memory.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn next_or_end(&mut self) -> i32 {
        if self.pending == 0 {
            let Some(byte) = self.text.get(self.at) else { return END };
            self.at += 1;
            let byte = i32::from(*byte);
            if byte != self.escape {
                return byte;
            }
            self.pending = self.escaped();
        }
        let next = self.pending & 0xff;
        self.pending >>= 8;
        next.cast_signed()
    }

    /// Reads the rest of an escape, and returns its character in the form of [`Self::pending`].
    fn escaped(&mut self) -> u32 {
        let kind = self.text.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        match kind {
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => 0x0a,
            b'r' => 0x0d,
            b't' => 0x09,
            b'u' => {
                let mut code_point = code_unit(self.text, &mut self.at);
                if let 0xd800..=0xdbff = code_point {
                    // The reader checked that `\u` and a low surrogate follow.
                    self.at += 2;
                    let low = code_unit(self.text, &mut self.at);
                    code_point = 0x1_0000 + ((code_point & 0x3ff) << 10) + (low & 0x3ff);
                }
                utf8(code_point)
            }
            other => u32::from(other),
        }
    }
}

impl Iterator for Bytes<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        u8::try_from(self.next_or_end()).ok()
    }
}

/// Encodes a character in UTF-8, the first byte lowest (RFC 3629 section 3).
const fn utf8(code_point: u32) -> u32 {
    if code_point < 0x80 {
        return code_point;
    }
    // Six bits for each byte from the last one on, until the rest fits into the first byte after
    // its prefix: as many ones as there are bytes, and a zero.
    let (mut rest, mut bytes, mut capacity) = (code_point, 0, 0x40);
    while rest >= capacity || capacity == 0x40 {
        bytes = bytes << 8 | 0x80 | rest & 0x3f;
        rest >>= 6;
        capacity >>= 1;
    }
    (bytes << 8) | (0x100 - 2 * capacity) | rest
}

/// In place of a code unit when the digits are malformed.
pub(super) const NO_CODE_UNIT: u32 = u32::MAX;

/// Reads the code unit of four hexadecimal digits (RFC 8259 section 7), and moves `at` behind them,
/// or to the first character that is not a digit.
#[cfg_attr(target_family = "wasm", inline(never))]
pub(super) fn code_unit(text: &[u8], at: &mut usize) -> u32 {
    let mut unit = 0;
    for _ in 0..4 {
        let Some(digit) = text.get(*at).and_then(|digit| char::from(*digit).to_digit(16)) else {
            return NO_CODE_UNIT;
        };
        unit = unit << 4 | digit;
        *at += 1;
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::utf8;

    #[test]
    fn every_character_is_encoded_as_the_standard_library_does() {
        for character in '\0'..=char::MAX {
            let mut bytes = [0; 4];
            character.encode_utf8(&mut bytes);
            assert_eq!(utf8(u32::from(character)).to_le_bytes(), bytes, "{character:?}");
        }
    }
}
