//! A strict JSON reader (RFC 8259) that works on the decoded bytes and builds no tree.
//!
//! It accepts exactly the texts a verifier can act on without ambiguity: valid UTF-8 without a
//! byte order mark, one object, standard grammar, no member name twice in one object (names
//! compared after unescaping, at every depth), no lone surrogate, at most [`MAX_DEPTH`] levels of
//! nesting. Two parsers that read such a text read the same members and strings. Numbers keep
//! their digits: the grammar sets no limit to them, and where a parser rounds them or takes them
//! for infinite is its own affair; the registered claims are compared here, exactly.

mod names;
mod number;
mod reader;
mod text;
mod utf8;
mod value;

pub(crate) use number::Number;
pub use reader::MAX_DEPTH;
pub(crate) use reader::{elements, read_members};
pub(crate) use text::Text;
pub(crate) use value::Value;
