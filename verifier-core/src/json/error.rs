//! Violations of strict JSON.

use core::fmt;

/// Deepest nesting that is accepted: the outermost object is level 1.
pub const MAX_DEPTH: u32 = 32;

/// A violation of strict JSON, and its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// The violated rule.
    pub kind: JsonErrorKind,
    /// Byte offset in the JSON text. Of [`JsonErrorKind::DuplicateMember`], the offset of the
    /// object.
    pub offset: usize,
}

/// A rule of strict JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonErrorKind {
    /// The text is not UTF-8 (RFC 8259 section 8.1).
    NotUtf8,
    /// The text does not follow the grammar of RFC 8259.
    Syntax,
    /// The text is JSON, but not an object.
    NotAnObject,
    /// An object has a member name twice.
    DuplicateMember,
    /// The nesting is deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    TooDeep,
}

impl fmt::Display for JsonError {
    /// Writes an English predicate, for a sentence whose subject is the text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.offset;
        match self.kind {
            JsonErrorKind::NotUtf8 => write!(f, "is not UTF-8 at byte {offset}"),
            JsonErrorKind::Syntax => write!(f, "is not strict JSON at byte {offset}"),
            JsonErrorKind::NotAnObject => f.write_str("is not a JSON object"),
            JsonErrorKind::DuplicateMember => {
                write!(f, "has a member name twice in the object at byte {offset}")
            }
            JsonErrorKind::TooDeep => write!(f, "is nested deeper than {MAX_DEPTH} levels"),
        }
    }
}
