//! Size and shape: a token is at most 16,384 bytes, three segments, strict base64url.

use crate::base64url;
use crate::refusal::{Quote, Refusal, Segment};
use alloc::vec::Vec;

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16_384;

/// Room for the decoded segments of a token, to be used for one token after another.
///
/// After [`Verifier::verify_in`](crate::Verifier::verify_in) it holds those of the token that was passed, **trusted only
/// when that token was accepted**.
#[derive(Clone, Debug, Default)]
pub struct Segments {
    pub(crate) header: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    /// May be empty, which the other two may not.
    pub(crate) signature: Vec<u8>,
}

impl Segments {
    /// The decoded header, as far as the token's shape allowed: untrusted bytes unless the token was accepted.
    #[must_use]
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// The decoded payload, likewise.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Takes a token of at most `limit` bytes apart (RFC 7515 section 3.1); yields the text that is signed: header, dot, payload, as they stand
    /// in the token (RFC 7515 section 2).
    ///
    /// # Errors
    /// [`Refusal::TooLarge`], [`Refusal::SegmentCount`], [`Refusal::SegmentEmpty`], [`Refusal::Base64`].
    pub(crate) fn read<'t, Q: Quote>(&mut self, token: &'t [u8], limit: usize) -> Result<&'t [u8], Refusal<Q>> {
        [&mut self.header, &mut self.payload, &mut self.signature].into_iter().for_each(Vec::clear);
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
        for (segment, text, bytes) in [
            (Segment::Header, header, &mut self.header),
            (Segment::Payload, payload, &mut self.payload),
            (Segment::Signature, signature, &mut self.signature),
        ] {
            base64url::decode_into(bytes, text).map_err(|at| Refusal::Base64 { segment, at })?;
        }
        Ok(token.get(..header.len() + 1 + payload.len()).unwrap_or_default())
    }
}
