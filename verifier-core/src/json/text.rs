//! JSON strings, compared and read through their escapes; copied only where something is escaped.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// The inside of a JSON string that has been validated: between the quotes, escapes untouched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Wraps the bytes between the quotes of a validated JSON string.
    pub(crate) const fn new(escaped: &'a [u8]) -> Self {
        Self(escaped)
    }

    /// The bytes of the unescaped text, in UTF-8.
    pub(crate) fn bytes(self) -> Bytes<'a> {
        Bytes { rest: self.0, pending: 0 }
    }

    /// Whether the unescaped text is exactly `other`.
    pub(crate) fn is(self, other: &str) -> bool {
        // As many or more bytes as it stands for: most texts differ in length, and are told by it.
        self.0.len() >= other.len() && self.bytes().eq(other.bytes())
    }

    /// Whether the unescaped text is `other`, which is in lower case, ASCII letters compared without case.
    #[inline(never)]
    pub(crate) fn is_ignoring_ascii_case(self, other: &str) -> bool {
        self.bytes().map(|byte| byte.to_ascii_lowercase()).eq(other.bytes())
    }

    /// Whether the text has no characters.
    pub(crate) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The unescaped text; borrowed where nothing was escaped.
    pub(crate) fn to_str(self) -> Cow<'a, str> {
        match core::str::from_utf8(self.0) {
            Ok(plain) if !self.0.contains(&b'\\') => Cow::Borrowed(plain),
            _ => Cow::Owned(String::from_utf8(self.bytes().collect::<Vec<u8>>()).unwrap_or_default()),
        }
    }

    /// The unescaped text, cut after `limit` characters: for messages that quote an untrusted token.
    pub(crate) fn excerpt(self, limit: usize) -> String {
        let text = self.to_str();
        let end = text.char_indices().nth(limit).map_or(text.len(), |(at, _)| at);
        text.get(..end).unwrap_or_default().into()
    }

    /// The text as it stands between the quotes, escapes and all.
    pub(crate) const fn escaped(self) -> &'a [u8] {
        self.0
    }

    /// Orders two texts by the bytes of their unescaped forms, which is the order of their code points.
    ///
    /// Stops at the first difference: a long name that is compared often costs no more than a short one.
    pub(crate) fn compare(self, other: Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

/// Iterator over the bytes of an unescaped text.
pub(crate) struct Bytes<'a> {
    rest: &'a [u8],
    /// The bytes that are left of an escaped character, the next one lowest. They continue a character, so none is zero.
    pending: u32,
}

impl Iterator for Bytes<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if self.pending == 0 {
            let byte = self.take()?;
            if byte != b'\\' {
                return Some(byte);
            }
            self.pending = match self.take()? {
                b'b' => 0x08,
                b'f' => 0x0c,
                b'n' => 0x0a,
                b'r' => 0x0d,
                b't' => 0x09,
                b'u' => u32::from_le_bytes(self.unicode()?),
                other => u32::from(other),
            };
        }
        let [next, rest @ ..] = self.pending.to_le_bytes();
        let [a, b, c] = rest;
        self.pending = u32::from_le_bytes([a, b, c, 0]);
        Some(next)
    }
}

impl Bytes<'_> {
    fn take(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// The character behind `\u`, in UTF-8.
    fn unicode(&mut self) -> Option<[u8; 4]> {
        let mut code_point = self.code_unit()?;
        if let 0xd800..=0xdbff = code_point {
            // The reader has made sure that `\u` and a low surrogate follow.
            self.rest = self.rest.get(2..)?;
            code_point = 0x1_0000 + ((code_point & 0x3ff) << 10) + (self.code_unit()? & 0x3ff);
        }
        let mut utf8 = [0; 4];
        char::from_u32(code_point)?.encode_utf8(&mut utf8);
        Some(utf8)
    }

    fn code_unit(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
    }
}
