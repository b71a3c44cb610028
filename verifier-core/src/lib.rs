//! Strict verification of RS256 JSON Web Tokens, for servers, browsers and the edge.
//!
//! One function decides: [`Verifier::verify`] takes a token and the time and answers with the
//! verified token or with the first rule it broke. It needs no clock, no randomness, no network
//! and no standard library (`core` and `alloc` alone; natively, `sha2` for the processor's hash
//! instructions), so the same code gives the same verdict natively and in wasm.
//!
//! ```
//! use verifier_core::{KeySet, Policy, UnixTime, Verifier};
//!
//! # fn check(public_key: &str, token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Verifier::new(KeySet::parse(public_key)?, Policy::default());
//! let token = verifier.verify(token, UnixTime::from_secs(1_730_277_601))?;
//! println!("{}", token.claims_json());
//! # Ok(())
//! # }
//! ```
//!
//! Verification only: the arithmetic takes variable time and must never see a private key.

#![no_std]
// The one exception is a load of the SIMD kernel, in `rs256::kernel::limbs28::products`.
#![cfg_attr(
    not(all(
        target_arch = "wasm32",
        target_feature = "simd128",
        not(target_feature = "relaxed-simd")
    )),
    forbid(unsafe_code)
)]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::panic, clippy::expect_used, clippy::unreachable)
)]

extern crate alloc;

pub mod attacks;
mod base64url;
mod claims;
mod code;
mod explain;
mod fault;
mod header;
mod json;
#[cfg(feature = "kernels")]
#[doc(hidden)]
pub mod kernels;
mod keys;
mod policy;
mod refusal;
mod rs256;
mod shape;
mod status_list;
mod time;
mod verified;
mod verifier;

pub use claims::ClaimName;
pub use code::{Code, Lang, Stage};
pub use explain::{Check, Explanation, Outcome, Step};
pub use fault::{Fault, JsonFault};
pub use json::MAX_DEPTH;
pub use keys::{
    JwkFault, KeyError, KeyMember, KeySet, MAX_KEY_TEXT_BYTES, PemFault, PublicKey, Unsuitable,
};
pub use policy::{DEFAULT_FUTURE_LEEWAY_SECONDS, MAX_LEEWAY_SECONDS, Policy, TokenType};
pub use refusal::{Found, Refusal, Segment};
pub use rs256::{MAX_MODULUS_BITS, MIN_MODULUS_BITS};
pub use shape::{MAX_TOKEN_BYTES, Segments};
pub use status_list::{MAX_STATUS_LIST_BYTES, StatusList};
pub use time::UnixTime;
pub use verified::{Claim, UserId, VerifiedToken};
pub use verifier::Verifier;
