//! The compact serialization: at most 16,384 bytes, three segments, strict base64url.

use crate::base64url;
use crate::refusal::Refusal;
use crate::span::Segment;
use alloc::vec::Vec;
use core::fmt;

/// Longest token that is accepted, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16_384;

/// The decoded segments of a token. Whether they can be trusted depends on the owner:
/// [`VerifiedToken`](crate::VerifiedToken) or [`RejectedToken`](crate::RejectedToken).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Segments {
    /// Header, payload and signature, without separators.
    bytes: Vec<u8>,
    header_end: usize,
    payload_end: usize,
}

impl Segments {
    /// Returns empty segments.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), header_end: 0, payload_end: 0 }
    }

    /// Returns the decoded header.
    #[must_use]
    pub fn header(&self) -> &[u8] {
        self.bytes.get(..self.header_end).unwrap_or_default()
    }

    /// Returns the decoded payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(self.header_end..self.payload_end).unwrap_or_default()
    }

    /// Returns the decoded signature. It can be empty; header and payload cannot.
    pub(crate) fn signature(&self) -> &[u8] {
        self.bytes.get(self.payload_end..).unwrap_or_default()
    }

    /// Decodes a token of at most `limit` bytes (RFC 7515 section 3.1). Returns the segments and
    /// the signing input: header, dot, payload, as they are in the token (RFC 7515 section 2).
    ///
    /// # Errors
    /// [`Code::TokenTooLarge`](crate::Code::TokenTooLarge),
    /// [`Code::TokenMalformed`](crate::Code::TokenMalformed),
    /// [`Code::Base64Invalid`](crate::Code::Base64Invalid).
    pub(crate) fn decode(token: &[u8], limit: usize) -> Result<(Self, &[u8]), Refusal> {
        if token.len() > limit {
            return Err(Refusal::TooLarge { bytes: token.len(), limit });
        }
        let [header, payload, signature] = split(token)?;
        let mut segments = Self { bytes: Vec::with_capacity(token.len()), ..Self::default() };
        segments.append(Segment::Header, header)?;
        segments.header_end = segments.bytes.len();
        segments.append(Segment::Payload, payload)?;
        segments.payload_end = segments.bytes.len();
        segments.append(Segment::Signature, signature)?;
        let signing_input = token.get(..header.len() + 1 + payload.len()).unwrap_or_default();
        Ok((segments, signing_input))
    }

    fn append(&mut self, segment: Segment, text: &[u8]) -> Result<(), Refusal> {
        base64url::decode_into(&mut self.bytes, text)
            .map_err(|offset| Refusal::Base64 { segment, offset })
    }
}

/// Splits a token at its two dots.
fn split(token: &[u8]) -> Result<[&[u8]; 3], Refusal> {
    let mut rest = token;
    let (Some(header), Some(payload)) = (take_segment(&mut rest), take_segment(&mut rest)) else {
        return Err(wrong_count(token));
    };
    if take_segment(&mut &*rest).is_some() {
        return Err(wrong_count(token));
    }
    if header.is_empty() {
        return Err(Refusal::SegmentEmpty(Segment::Header));
    }
    if payload.is_empty() {
        return Err(Refusal::SegmentEmpty(Segment::Payload));
    }
    Ok([header, payload, rest])
}

/// Removes the text up to and including the first dot, and returns what precedes it.
fn take_segment<'t>(text: &mut &'t [u8]) -> Option<&'t [u8]> {
    let dot = text.iter().position(|byte| *byte == b'.')?;
    let segment = text.get(..dot);
    *text = text.get(dot + 1..)?;
    segment
}

fn wrong_count(token: &[u8]) -> Refusal {
    Refusal::SegmentCount { count: 1 + token.iter().filter(|byte| **byte == b'.').count() }
}

impl fmt::Debug for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segments")
            .field("header", &format_args!("{}", self.header().escape_ascii()))
            .field("payload", &format_args!("{}", self.payload().escape_ascii()))
            .finish_non_exhaustive()
    }
}
