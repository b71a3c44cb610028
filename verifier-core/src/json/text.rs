//! JSON strings, compared and read through their escapes; copied only where something is escaped.

use alloc::borrow::Cow;
use alloc::string::String;
use core::cmp::Ordering;

/// The inside of a JSON string that has been validated: between the quotes, escapes untouched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    escaped: &'a str,
}

impl<'a> Text<'a> {
    /// Wraps the text between the quotes of a validated JSON string.
    pub(super) const fn new(escaped: &'a str) -> Self {
        Self { escaped }
    }

    /// The characters after unescaping.
    pub(crate) fn chars(self) -> impl Iterator<Item = char> + 'a {
        Chars { rest: self.escaped.chars() }
    }

    /// Whether the unescaped text is exactly `other`.
    pub(crate) fn is(self, other: &str) -> bool {
        self.chars().eq(other.chars())
    }

    /// Whether the unescaped text is `other`, ASCII letters compared without case.
    pub(crate) fn is_ignoring_ascii_case(self, other: &str) -> bool {
        self.chars().map(|c| c.to_ascii_lowercase()).eq(other.chars().map(|c| c.to_ascii_lowercase()))
    }

    /// Whether the text has no characters.
    pub(crate) const fn is_empty(self) -> bool {
        self.escaped.is_empty()
    }

    /// The unescaped text; borrowed where nothing was escaped.
    pub(crate) fn to_str(self) -> Cow<'a, str> {
        if self.has_escapes() { Cow::Owned(self.chars().collect()) } else { Cow::Borrowed(self.escaped) }
    }

    /// The unescaped text, cut after `limit` characters: for messages that quote an untrusted token.
    pub(crate) fn excerpt(self, limit: usize) -> String {
        let text = self.to_str();
        let end = text.char_indices().nth(limit).map_or(text.len(), |(at, _)| at);
        text.get(..end).unwrap_or_default().into()
    }

    /// The text as it stands between the quotes, escapes and all.
    pub(crate) const fn escaped(self) -> &'a str {
        self.escaped
    }

    /// Orders two texts by the code points of their unescaped forms.
    ///
    /// Stops at the first difference: a long name that is compared often costs no more than a short one.
    pub(super) fn compare(self, other: Self) -> Ordering {
        self.chars().cmp(other.chars())
    }

    /// Byte by byte: the standard library's faster search is larger than this module.
    fn has_escapes(self) -> bool {
        self.escaped.bytes().any(|byte| byte == b'\\')
    }
}

struct Chars<'a> {
    rest: core::str::Chars<'a>,
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if c != '\\' {
            return Some(c);
        }
        Some(match self.rest.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let high = self.code_unit()?;
                if let Some(c) = char::from_u32(high) {
                    return Some(c);
                }
                // The reader has made sure that a high surrogate is followed by `\u` and a low one.
                self.rest.next();
                self.rest.next();
                let low = self.code_unit()?;
                return char::from_u32(0x1_0000 + ((high & 0x3ff) << 10) + (low & 0x3ff));
            }
            other => other,
        })
    }
}

impl Chars<'_> {
    fn code_unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | self.rest.next()?.to_digit(16)?;
        }
        Some(unit)
    }
}
