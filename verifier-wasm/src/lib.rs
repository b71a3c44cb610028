//! `verifier-core` for JavaScript: the WebAssembly half of the npm package `@dojang/verifier`.
//!
//! Nothing is decided here, and nothing but numbers crosses the boundary: JavaScript writes UTF-8 where [`TokenVerifier::room`]
//! says, and reads an [`Answer`] at the address that it gets. A refusal is an answer and
//! never a JavaScript exception: whatever is thrown out of these functions is a WebAssembly trap, after which the instance
//! must not be used again. Neither a clock nor randomness is imported.
//!
//! The module is built without `std`, with no formatting, no sentences and no JSON writer: each would outweigh a good part
//! of the verifier.

#![cfg_attr(target_family = "wasm", no_std)]
#![warn(missing_docs)]

extern crate alloc;

pub mod answer;
#[cfg(target_family = "wasm")]
mod freestanding;
#[cfg(feature = "kernels")]
pub mod kernels;
#[cfg(feature = "status")]
mod status_list;

use alloc::string::String;
use alloc::vec::Vec;
use answer::Answer;
use verifier_core::{Fault, KeySet, Policy, Segments, TokenType, UnixTime, Verifier};
use wasm_bindgen::prelude::wasm_bindgen;

/// A key set with a policy, as made by `createVerifier`, and the memory that its calls share.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct TokenVerifier {
    /// What JavaScript has written: key text, issuer and audience before [`Self::load`], a token before [`Self::verify`].
    text: Vec<u8>,
    segments: Segments,
    answer: Answer,
    verifier: Option<Verifier>,
}

#[wasm_bindgen]
impl TokenVerifier {
    /// One that has no keys yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The address of room for `bytes` bytes of text; good until the next call.
    pub fn room(&mut self, bytes: usize) -> usize {
        if self.text.len() < bytes {
            self.text.resize(bytes, 0);
        }
        self.text.as_ptr() as usize
    }

    /// Loads the keys (PEM, JWK or JWKS), the issuer and the audience, which stand one behind the other in the room; their
    /// lengths are in bytes, and a negative one says that there is none.
    ///
    /// `leeway_seconds` is a whole number of seconds; `refresh` asks for refresh tokens instead of access tokens,
    /// `require_at_jwt` for a `typ` of `at+jwt` (RFC 9068 section 2.1). Returns as [`Self::verify`] does.
    pub fn load(
        &mut self,
        keys: usize,
        issuer: i32,
        audience: i32,
        leeway_seconds: f64,
        refresh: bool,
        require_at_jwt: bool,
    ) -> usize {
        let text = core::mem::take(&mut self.text);
        let Some((keys, mut rest)) = text.split_at_checked(keys) else { return self.no_verdict() };
        let policy = Policy {
            leeway_seconds: whole_seconds(leeway_seconds),
            issuer: take(&mut rest, issuer),
            audience: take(&mut rest, audience),
            token_type: if refresh { TokenType::Refresh } else { TokenType::Access },
            require_at_jwt,
        };
        let loaded = KeySet::load(keys).map(|keys| self.verifier = Some(Verifier::new(keys, policy)));
        self.answered(loaded)
    }

    /// The verdict on the token in the room, `bytes` bytes long, at `now` (Unix time in seconds, fractions allowed): the
    /// address of an [`Answer`], good until the next call.
    pub fn verify(&mut self, bytes: usize, now: f64) -> usize {
        let (Some(verifier), Some(token)) = (&self.verifier, self.text.get(..bytes)) else {
            return self.no_verdict();
        };
        let verdict = verifier.verify_in(&mut self.segments, token, unix_time(now));
        self.answered(verdict)
    }
}

impl TokenVerifier {
    fn answered(&mut self, verdict: Result<(), Fault>) -> usize {
        self.answer.set(verdict, &self.segments);
        &raw const self.answer as usize
    }

    fn no_verdict(&mut self) -> usize {
        self.answer.result = answer::NO_VERDICT;
        &raw const self.answer as usize
    }
}

/// The next `bytes` of a text; `None` when there are fewer, or when they are not UTF-8.
fn take(text: &mut &[u8], bytes: i32) -> Option<String> {
    let (taken, rest) = text.split_at_checked(usize::try_from(bytes).ok()?)?;
    *text = rest;
    core::str::from_utf8(taken).ok().map(String::from)
}

/// `as` saturates: a negative number or NaN becomes zero, a huge one the largest.
fn whole_seconds(seconds: f64) -> u64 {
    seconds as u64
}

/// Nanoseconds are rounded down, so a token never expires early and never starts early.
fn unix_time(seconds: f64) -> UnixTime {
    let whole = whole_seconds(seconds);
    let nanos = ((seconds - whole as f64) * 1e9) as u32;
    UnixTime::new(whole, nanos.min(999_999_999))
}
