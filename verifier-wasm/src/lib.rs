//! `verifier-core` for JavaScript: the WebAssembly half of the npm package `@dojang/verifier`.
//!
//! Nothing is decided here. Text and numbers come in, one JSON text goes out ([`answer`]), and neither a clock nor
//! randomness is imported. A refusal is a return value and never a JavaScript exception: whatever is thrown out of these
//! functions is a WebAssembly trap, after which the instance must not be used again ([`restart`]).
//!
//! The module is built without `std`, with no formatting and no sentences: both would outweigh the verifier.

#![cfg_attr(target_family = "wasm", no_std)]
#![warn(missing_docs)]

extern crate alloc;

pub mod answer;
#[cfg(feature = "explain")]
mod explain;
#[cfg(target_family = "wasm")]
mod freestanding;

use alloc::string::String;
use verifier_core::{KeyError, KeySet, Policy, TokenType, UnixTime, Verifier};
use wasm_bindgen::prelude::wasm_bindgen;

/// A key set with a policy, as made by `createVerifier`.
///
/// Unusable keys make an object that answers with the error of the keys, so that the constructor need not throw.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TokenVerifier {
    verifier: Result<Verifier, KeyError>,
}

#[wasm_bindgen]
impl TokenVerifier {
    /// Loads `keys` (PEM, JWK or JWKS text); `leeway_seconds` is a whole number of seconds.
    ///
    /// `issuer` and `audience` are demanded of the token when given; `refresh` asks for refresh tokens instead of
    /// access tokens; `require_at_jwt` for a `typ` of `at+jwt` (RFC 9068 section 2.1).
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(
        keys: &str,
        leeway_seconds: f64,
        issuer: Option<String>,
        audience: Option<String>,
        refresh: bool,
        require_at_jwt: bool,
    ) -> Self {
        let policy = Policy {
            leeway_seconds: whole_seconds(leeway_seconds),
            issuer,
            audience,
            token_type: if refresh { TokenType::Refresh } else { TokenType::Access },
            require_at_jwt,
        };
        Self { verifier: KeySet::parse(keys).map(|keys| Verifier::new(keys, policy)) }
    }

    /// Why the keys cannot be used, as [`answer::unusable`]; nothing when they can.
    #[must_use]
    pub fn key_error(&self) -> Option<String> {
        self.verifier.as_ref().err().map(answer::unusable)
    }

    /// The verdict on `token` at `now` (Unix time in seconds, fractions allowed): an [`answer`].
    #[must_use]
    pub fn verify(&self, token: &str, now: f64) -> String {
        match &self.verifier {
            Ok(verifier) => answer::verdict(&verifier.verify(token, unix_time(now))),
            Err(error) => answer::unusable(error),
        }
    }
}

/// Gives this instance of the module up: [`started`] must be called next, and every [`TokenVerifier`] is lost.
#[wasm_bindgen]
pub fn restart() {
    wasm_bindgen::handler::schedule_reinit();
}

/// Does nothing itself. The generated code replaces an instance that was given up when an export is entered, which for one
/// with text arguments is after the text was copied into the old memory: so one without arguments has to come first.
#[wasm_bindgen]
pub fn started() {}

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
