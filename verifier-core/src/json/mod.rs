//! A strict JSON reader (RFC 8259) that works on the decoded bytes and builds no tree.
//!
//! It accepts only texts without ambiguity: valid UTF-8 without a byte order mark, one object,
//! standard grammar, no member name twice in one object (names compared after unescaping, at every
//! depth), no lone surrogate, at most [`MAX_DEPTH`] levels of nesting. Two parsers that read such a
//! text read the same members and strings. Numbers keep their digits, because the grammar sets no
//! limit to them and parsers differ in rounding; the registered claims are compared exactly.

mod error;
mod names;
mod number;
mod reader;
mod text;
mod value;

pub use error::{JsonError, JsonErrorKind, MAX_DEPTH};
pub(crate) use reader::{elements, read_members, read_members_into};
pub(crate) use text::Text;
pub(crate) use value::Value;
