//! Positions in the decoded segments of a token.

use core::fmt;

/// A segment of the compact serialization (RFC 7515 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// The JOSE header.
    Header,
    /// The payload.
    Payload,
    /// The signature.
    Signature,
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// The position of an untrusted JSON string in the decoded header or payload.
///
/// The range lies between the quotes, so the bytes are still escaped.
/// [`RejectedToken::excerpt`](crate::RejectedToken::excerpt) unescapes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The segment that holds the string.
    pub segment: Segment,
    /// Byte offset of the first character.
    pub start: usize,
    /// Byte offset of the closing quote.
    pub end: usize,
}
