//! `verifier-core` for JavaScript: the WebAssembly half of the npm package `@dojang/verifier`.
//!
//! Nothing is decided here, and nothing but numbers crosses the boundary: JavaScript writes UTF-8
//! where [`room`] says, and reads an `Answer` (`src/answer.rs`) at the address that it gets. A
//! refusal is an answer and never a JavaScript exception: whatever is thrown out of these
//! functions is a WebAssembly trap, after which the instance must not be used again. Neither a
//! clock nor randomness is imported.
//!
//! The module is built without `std`, with no formatting, no sentences and no JSON writer: each
//! would outweigh a good part of the verifier. Functions share one `Store`, as an object of
//! `wasm-bindgen` for each verifier would take more than a kilobyte for who may borrow it.

#![cfg_attr(target_family = "wasm", no_std)]
#![warn(missing_docs)]

extern crate alloc;

mod answer;
#[cfg(target_family = "wasm")]
mod freestanding;
#[cfg(feature = "kernels")]
pub mod kernels;
#[cfg(feature = "status")]
pub mod status_list;
mod store;

use store::{Store, taken};
use verifier_core::{KeySet, Policy, TokenType, UnixTime, Verifier};
use wasm_bindgen::prelude::wasm_bindgen;

/// The address of room for `bytes` bytes of text; good until the next call.
#[wasm_bindgen]
#[must_use]
pub fn room(bytes: usize) -> usize {
    let text = &mut Store::open().text;
    if text.len() < bytes {
        text.resize(bytes, 0);
    }
    text.as_ptr() as usize
}

/// Loads the keys (PEM, JWK or JWKS), the issuer and the audience, which stand one behind the
/// other in the room; their lengths are in bytes, and a negative one says that there is none.
///
/// `leeway_seconds` and `future_leeway_seconds` are whole numbers of seconds; `refresh` asks for
/// refresh tokens instead of access tokens, `require_at_jwt` for a `typ` of `at+jwt` (RFC 9068
/// section 2.1). Returns as [`verify`] does; the answer's place is the number of the verifier,
/// until [`free`] gets it.
#[wasm_bindgen]
#[must_use]
pub fn load(
    keys: usize,
    issuer: i32,
    audience: i32,
    leeway_seconds: f64,
    future_leeway_seconds: f64,
    refresh: bool,
    require_at_jwt: bool,
) -> usize {
    Store::answered(|store| {
        let text = core::mem::take(&mut store.text);
        let (keys, mut rest) = text.split_at_checked(keys)?;
        let policy = Policy {
            leeway_seconds: whole_seconds(leeway_seconds),
            future_leeway_seconds: whole_seconds(future_leeway_seconds),
            issuer: taken(&mut rest, issuer)?,
            audience: taken(&mut rest, audience)?,
            token_type: if refresh { TokenType::Refresh } else { TokenType::Access },
            require_at_jwt,
        };
        Some(KeySet::load(keys).map(|keys| store.keep(Verifier::with_names(keys, policy))))
    })
}

/// The verdict of a verifier on the token in the room, `bytes` bytes long, at `now` (Unix time in
/// seconds, fractions allowed): the address of an `Answer`, good until the next call.
#[wasm_bindgen]
#[must_use]
pub fn verify(verifier: usize, bytes: usize, now: f64) -> usize {
    Store::answered(|store| {
        let verifier = store.verifiers.get(verifier)?.as_ref()?;
        Some(
            verifier
                .verify_in(&mut store.segments, store.text.get(..bytes)?, unix_time(now))
                .map(|()| 0),
        )
    })
}

/// Forgets a verifier.
#[wasm_bindgen]
pub fn free(verifier: usize) {
    if let Some(place) = Store::open().verifiers.get_mut(verifier) {
        *place = None;
    }
}

/// `as` saturates: a negative number or NaN becomes zero, a huge one the largest.
fn whole_seconds(seconds: f64) -> u64 {
    seconds as u64
}

/// Rounded to the nearest microsecond: doubles of this century lie half of one apart or less, so
/// the instant that a program or a clock means by `1730277600.3` is the one that a claim means by
/// it.
fn unix_time(seconds: f64) -> UnixTime {
    let whole = whole_seconds(seconds);
    let micros = (((seconds - whole as f64) * 1e6 + 0.5) as u32).min(1_000_000);
    if micros < 1_000_000 {
        UnixTime::new(whole, micros * 1000)
    } else {
        UnixTime::from_secs(whole.saturating_add(1))
    }
}

/// Ends what cannot go on.
#[cfg(target_family = "wasm")]
fn stop() -> ! {
    core::arch::wasm32::unreachable()
}

/// Ends what cannot go on.
#[cfg(not(target_family = "wasm"))]
fn stop() -> ! {
    panic!("the store is in use, or a call has panicked")
}
