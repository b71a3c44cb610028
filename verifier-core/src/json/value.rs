//! A JSON value in a text that was validated as a whole.

use super::number::Number;
use super::text::Text;
use crate::span::{Segment, Span};

/// The text of one value, whose first byte shows its type, and its position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    raw: &'a [u8],
    /// Byte offset in the JSON text.
    start: usize,
}

impl<'a> Value<'a> {
    /// Wraps the text of a validated value.
    pub(super) const fn new(raw: &'a [u8], start: usize) -> Self {
        Self { raw, start }
    }

    /// Returns the JSON text of the value.
    pub(crate) const fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// Returns the content of a string.
    pub(crate) const fn text(self) -> Option<Text<'a>> {
        match self.raw {
            [b'"', inside @ .., _] => Some(Text::new(inside)),
            _ => None,
        }
    }

    /// Returns the position of a string's content in a segment.
    pub(crate) const fn string_span(self, segment: Segment) -> Span {
        Span { segment, start: self.start + 1, end: self.start + self.raw.len() - 1 }
    }

    /// Returns a number.
    pub(crate) const fn number(self) -> Option<Number<'a>> {
        match self.raw {
            [b'-' | b'0'..=b'9', ..] => Some(Number::new(self.raw)),
            _ => None,
        }
    }

    /// Returns whether the value is null: no other value begins with this letter.
    pub(crate) const fn is_null(self) -> bool {
        matches!(self.raw, [b'n', ..])
    }

    /// Returns whether the value is an array.
    pub(crate) const fn is_array(self) -> bool {
        matches!(self.raw, [b'[', ..])
    }

    /// Returns whether the value is an object.
    pub(crate) const fn is_object(self) -> bool {
        matches!(self.raw, [b'{', ..])
    }

    /// Returns whether the value is a string that equals `expected` after unescaping.
    #[cfg_attr(target_family = "wasm", inline(never))]
    pub(crate) fn is_text(self, expected: &[u8]) -> bool {
        self.text().is_some_and(|text| text.is(expected))
    }
}
