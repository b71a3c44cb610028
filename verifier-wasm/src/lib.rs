//! `verifier-core` for JavaScript: the WebAssembly half of the npm package `@dojang/verifier`.
//!
//! This crate decides nothing. Only numbers cross the boundary, in the layout of [`wire`]. A
//! refusal is a reply and never a JavaScript exception: these functions throw only WebAssembly
//! traps, after which the instance must not be used again. The module imports neither a clock nor
//! randomness.
//!
//! It has no arithmetic either: it imports one function, whether a signature is valid, which a
//! module of the crate in `kernel/` exports. `js/linked.ts` connects the two.
//!
//! The module is built without `std`, formatting, sentences and a JSON writer: each would outweigh
//! a good part of the verifier. The functions share one `Store`, because a `wasm-bindgen` object
//! for each verifier would take more than a kilobyte.
//!
//! # What keeps the module small
//!
//! In `verifier-core`, SHA-256 in loops replaces `sha2`, Shellsort the standard library's sorts, and
//! `inline(never)` stands in `json`; `scripts/build.mjs` lowers the threshold for inlining. `npm run
//! sizes` measures a change.

#![cfg_attr(target_family = "wasm", no_std)]
#![warn(missing_docs)]

extern crate alloc;

#[cfg(target_family = "wasm")]
mod freestanding;
mod policy;
#[cfg(feature = "status")]
pub mod status_list;
mod store;
mod time;
mod trap;
pub mod wire;

use store::Store;
use time::unix_time;
use verifier_core::{KeySet, VerifiedToken, Verifier};
use wasm_bindgen::prelude::wasm_bindgen;
use wire::Outcome;

/// Returns the version of the interface.
#[wasm_bindgen]
#[must_use]
pub fn abi_version() -> u32 {
    wire::ABI_VERSION
}

/// Returns the address of a buffer for `bytes` bytes of text, valid until the next call.
#[wasm_bindgen]
#[must_use]
pub fn buffer(bytes: usize) -> usize {
    let text = &mut Store::lock().text;
    if text.len() < bytes {
        text.resize(bytes, 0);
    }
    text.as_ptr() as usize
}

/// Loads the keys (PEM, JWK or JWKS), `keys` bytes long, and the policy behind them in the buffer.
/// Returns the address of a reply with the handle of the verifier, which is valid until [`free`].
#[wasm_bindgen]
#[must_use]
pub fn load(keys: usize) -> usize {
    let store = &mut *Store::lock();
    let text = core::mem::take(&mut store.text);
    let parse = || {
        let (keys, policy) = text.split_at_checked(keys)?;
        let policy = policy::read(policy)?;
        Some(KeySet::parse(keys).map(|keys| Verifier::new(keys, policy)))
    };
    let outcome = match parse() {
        Some(Ok(verifier)) => Outcome::loaded(store.insert(verifier)),
        Some(Err(error)) => Outcome::of_key_error(error),
        None => Outcome::NO_VERDICT,
    };
    store.reply(outcome)
}

/// Verifies the token in the buffer, `bytes` bytes long, at `now` (Unix time in seconds, fractions
/// allowed). Returns the address of a reply.
#[wasm_bindgen]
#[must_use]
pub fn verify(verifier: usize, bytes: usize, now: f64) -> usize {
    let store = &mut *Store::lock();
    let verdict = || {
        let token = store.text.get(..bytes)?;
        let verdict = store.verifier(verifier)?.verify(token, unix_time(now));
        Some(verdict.map(VerifiedToken::into_segments))
    };
    let verdict = verdict();
    store.reply_to(verdict)
}

/// Frees a verifier.
#[wasm_bindgen]
pub fn free(verifier: usize) {
    if let Some(slot) = Store::lock().verifiers.get_mut(verifier) {
        *slot = None;
    }
}
