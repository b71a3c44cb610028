//! The RSA arithmetic of the npm package `@dojang/verifier`: a WebAssembly module for each kind of
//! engine, beside the module that decides.
//!
//! The deciding module imports one function, and JavaScript provides it: it copies the message of
//! that call to the address that `input` returns, and calls `verifies`. A message is
//!
//! | bytes | field |
//! |---|---|
//! | 32 | SHA-256 digest |
//! | 4 | exponent, little-endian |
//! | `modulus_bytes` | modulus, big-endian without leading zeros |
//! | `modulus_bytes` | signature, big-endian |
//!
//! The module has no state that a caller must manage, and no allocator: it caches the keys that it
//! has prepared (see [`cache`]).

#![cfg_attr(target_family = "wasm", no_std)]
#![warn(missing_docs)]

pub mod cache;
#[cfg(all(target_family = "wasm", not(feature = "kernels")))]
mod exports;
#[cfg(all(target_family = "wasm", feature = "kernels"))]
mod powers;
#[cfg(target_family = "wasm")]
mod trap;

/// Version of the interface. JavaScript refuses a module with another one.
pub const ABI_VERSION: u32 = 1;

/// Bytes of the largest message.
pub const MAX_MESSAGE_BYTES: usize =
    rsa_verify::DIGEST_BYTES + size_of::<u32>() + 2 * rsa_verify::MAX_MODULUS_BITS as usize / 8;
