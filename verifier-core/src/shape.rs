//! Size and shape: a token is at most 16,384 bytes, three segments, strict base64url.

use crate::base64url;
use crate::code::Code;
use crate::fault::Fault;
use alloc::vec::Vec;

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16_384;

/// Room for the decoded segments of a token, to be used for one token after another.
///
/// After [`Verifier::verify_in`](crate::Verifier::verify_in) it holds those of the token that was
/// passed, **trusted only when that token was accepted**.
#[derive(Clone, Debug, Default)]
pub struct Segments {
    /// One segment behind the other, as far as they were decoded.
    bytes: Vec<u8>,
    header_end: usize,
    payload_end: usize,
}

impl Segments {
    /// Room that has not been used.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), header_end: 0, payload_end: 0 }
    }

    /// The decoded header, as far as the token's shape allowed: untrusted bytes unless the token
    /// was accepted.
    #[must_use]
    pub fn header(&self) -> &[u8] {
        self.bytes.get(..self.header_end).unwrap_or_default()
    }

    /// The decoded payload, likewise.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(self.header_end..self.payload_end).unwrap_or_default()
    }

    /// The decoded signature; may be empty, which the other two may not.
    pub(crate) fn signature(&self) -> &[u8] {
        self.bytes.get(self.payload_end..).unwrap_or_default()
    }

    /// The header and the payload in one piece, and where the payload begins.
    pub(crate) fn into_header_and_payload(mut self) -> (Vec<u8>, usize) {
        self.bytes.truncate(self.payload_end);
        (self.bytes, self.header_end)
    }

    /// Takes a token of at most `limit` bytes apart (RFC 7515 section 3.1); yields the text that
    /// is signed: header, dot, payload, as they stand in the token (RFC 7515 section 2).
    ///
    /// # Errors
    /// [`Code::TokenTooLarge`], [`Code::TokenMalformed`], [`Code::Base64Invalid`].
    pub(crate) fn read<'t>(&mut self, token: &'t [u8], limit: usize) -> Result<&'t [u8], Fault> {
        self.bytes.clear();
        self.header_end = 0;
        self.payload_end = 0;
        if token.len() > limit {
            return Err(Fault::new(Code::TokenTooLarge, 0, token.len()));
        }
        // Where the first two segments end, the first of them that is empty, and how many dots
        // there are.
        let (mut ends, mut start, mut empty, mut dots) = ([0; 2], 0, 0, 0);
        for (at, byte) in token.iter().enumerate() {
            if *byte == b'.' {
                if let Some(end) = ends.get_mut(dots) {
                    *end = at;
                }
                dots += 1;
                if at == start && empty == 0 {
                    empty = dots;
                }
                start = at + 1;
            }
        }
        if dots != 2 {
            return Err(Fault::new(Code::TokenMalformed, 0, dots + 1));
        }
        if empty > 0 {
            return Err(Fault::new(Code::TokenMalformed, empty as u8, 0));
        }
        let [first, second] = ends;
        self.append(0, token.get(..first))?;
        self.header_end = self.bytes.len();
        self.payload_end = self.header_end;
        self.append(1, token.get(first + 1..second))?;
        self.payload_end = self.bytes.len();
        self.append(2, token.get(second + 1..))?;
        Ok(token.get(..second).unwrap_or_default())
    }

    /// Decodes one segment.
    #[cfg_attr(target_family = "wasm", inline(never))]
    fn append(&mut self, segment: u8, text: Option<&[u8]>) -> Result<(), Fault> {
        base64url::decode_into(&mut self.bytes, text.unwrap_or_default())
            .map_err(|at| Fault::new(Code::Base64Invalid, segment, at))
    }
}
