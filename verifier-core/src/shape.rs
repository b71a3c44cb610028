//! Size and shape: a token is at most 16,384 bytes, three segments, strict base64url.

use crate::base64url;
use crate::refusal::{Refusal, Segment};
use alloc::vec::Vec;

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16_384;

/// A token taken apart; nothing in it has been checked but its shape.
pub(crate) struct CompactJws<'a> {
    /// The text that is signed: header, dot, payload, as they stand in the token (RFC 7515 section 2).
    pub(crate) signing_input: &'a [u8],
    /// The decoded header; not empty.
    pub(crate) header: Vec<u8>,
    /// The decoded payload; not empty.
    pub(crate) payload: Vec<u8>,
    /// The decoded signature; may be empty.
    pub(crate) signature: Vec<u8>,
}

impl<'a> CompactJws<'a> {
    /// Takes a token of at most [`MAX_TOKEN_BYTES`] apart (RFC 7515 section 3.1).
    ///
    /// # Errors
    /// [`Refusal::TooLarge`], [`Refusal::SegmentCount`], [`Refusal::SegmentEmpty`], [`Refusal::Base64`].
    pub(crate) fn split(token: &'a [u8]) -> Result<Self, Refusal> {
        Self::split_within(token, MAX_TOKEN_BYTES)
    }

    /// The same with another limit, in bytes.
    ///
    /// # Errors
    /// Those of [`Self::split`].
    pub(crate) fn split_within(token: &'a [u8], limit: usize) -> Result<Self, Refusal> {
        if token.len() > limit {
            return Err(Refusal::TooLarge { bytes: token.len(), limit });
        }
        let mut segments = token.split(|byte| *byte == b'.');
        let (Some(header), Some(payload), Some(signature), None) =
            (segments.next(), segments.next(), segments.next(), segments.next())
        else {
            let found = token.iter().filter(|byte| **byte == b'.').count() + 1;
            return Err(Refusal::SegmentCount { found });
        };
        for (segment, text) in [(Segment::Header, header), (Segment::Payload, payload)] {
            if text.is_empty() {
                return Err(Refusal::SegmentEmpty(segment));
            }
        }
        let decode = |segment, text| base64url::decode(text).map_err(|at| Refusal::Base64 { segment, at });
        Ok(Self {
            signing_input: token.get(..header.len() + 1 + payload.len()).unwrap_or_default(),
            header: decode(Segment::Header, header)?,
            payload: decode(Segment::Payload, payload)?,
            signature: decode(Segment::Signature, signature)?,
        })
    }
}
