//! A JSON value, as it stands in a text that has been read as a whole.

use super::{Number, Text};

/// The text of one value: its first byte tells its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a>(&'a [u8]);

impl<'a> Value<'a> {
    /// Wraps the text of a value that has been read.
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self(text)
    }

    /// The value as it stands in the text.
    pub(crate) const fn raw(self) -> &'a [u8] {
        self.0
    }

    /// The inside of a string.
    pub(crate) const fn text(self) -> Option<Text<'a>> {
        match self.0 {
            [b'"', inside @ .., _] => Some(Text::new(inside)),
            _ => None,
        }
    }

    /// A number.
    pub(crate) const fn number(self) -> Option<Number<'a>> {
        match self.0 {
            [b'-' | b'0'..=b'9', ..] => Some(Number::new(self.0)),
            _ => None,
        }
    }

    /// Whether it is null: no other value begins with this letter.
    pub(crate) const fn is_null(self) -> bool {
        matches!(self.0, [b'n', ..])
    }

    /// Whether it is an array.
    pub(crate) const fn is_array(self) -> bool {
        matches!(self.0, [b'[', ..])
    }

    /// Whether it is an object.
    pub(crate) const fn is_object(self) -> bool {
        matches!(self.0, [b'{', ..])
    }

    /// Whether it is a string that is `expected` after unescaping.
    #[cfg_attr(target_family = "wasm", inline(never))]
    pub(crate) fn is_text(self, expected: &[u8]) -> bool {
        self.text().is_some_and(|text| text.is(expected))
    }
}
