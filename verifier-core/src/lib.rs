//! Strict verification of RS256 JSON Web Tokens, for servers, browsers and the edge.
//!
//! One function decides: [`Verifier::verify`] takes a token and the time, and returns the verified
//! token or the first rule that it broke. It needs no clock, no randomness, no network and no
//! standard library (only `core` and `alloc`; natively also `sha2`, for the processor's hash
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
//! Verification only: the arithmetic, in `rsa-verify`, takes variable time and must never see a
//! private key.

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::panic, clippy::expect_used, clippy::unreachable)
)]

extern crate alloc;

pub mod attacks;
mod base64url;
mod claim_name;
mod claims;
mod code;
mod explain;
mod header;
mod json;
mod keys;
mod policy;
mod refusal;
mod rejected;
mod segments;
mod sha256;
mod span;
mod status_list;
mod time;
mod verified;
mod verifier;

pub use claim_name::ClaimName;
pub use code::{Code, Lang, Stage};
pub use explain::{Check, Explanation, Outcome, Step};
pub use json::{JsonError, JsonErrorKind, MAX_DEPTH};
pub use keys::{
    JwkError, KeyError, KeyMember, KeySet, MAX_KEY_TEXT_BYTES, MemberError, PemError, PublicKey,
    Unsuitable,
};
pub use policy::{
    Audience, DEFAULT_FUTURE_LEEWAY_SECONDS, MAX_LEEWAY_SECONDS, Policy, PolicyError, PolicyOptions,
};
pub use refusal::{Actual, Refusal};
pub use rejected::RejectedToken;
pub use rsa_verify::{MAX_MODULUS_BITS, MIN_MODULUS_BITS};
pub use segments::{MAX_TOKEN_BYTES, Segments};
pub use span::{Segment, Span};
pub use status_list::{MAX_STATUS_LIST_BYTES, StatusList};
pub use time::UnixTime;
pub use verified::{Claim, UserId, VerifiedToken};
pub use verifier::Verifier;
