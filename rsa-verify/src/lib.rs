//! Verification of RSASSA-PKCS1-v1_5 signatures of SHA-256 digests (RFC 8017 section 8.2.2).
//!
//! [`PublicKey`] checks a modulus and an exponent once and precomputes what its kernel needs.
//! [`derivation`] proves the technique that the kernels share, and the documentation of each kernel
//! module its bounds.
//!
//! | kernel | where |
//! |---|---|
//! | `limbs52` | x86-64 with AVX-512 IFMA |
//! | `limbs60_adx` | x86-64 with BMI2 and ADX |
//! | `limbs60` | other 64-bit machines, and wasm with wide arithmetic |
//! | `limbs28` | wasm with and without SIMD |
//! | `limbs51` | wasm with relaxed SIMD, where multiply-adds round once |
//! | `imported` | wasm that imports a function of another module |
//!
//! On x86-64 the processor is examined at run time, once; everything else is selected when
//! compiling.
//!
//! The hash function is the caller's.
//!
//! Everything here works on public values and takes variable time. **It must never be used for
//! signing.**

#![no_std]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::panic, clippy::expect_used, clippy::unreachable)
)]

#[cfg(any(test, target_pointer_width = "64", feature = "wide-arithmetic"))]
extern crate alloc;

mod buffer;
#[cfg(all(feature = "kernels", target_pointer_width = "64"))]
mod by_name;
#[cfg(any(
    test,
    target_pointer_width = "64",
    feature = "wide-arithmetic",
    not(any(
        all(feature = "imported", target_os = "unknown"),
        all(target_arch = "wasm32", target_feature = "relaxed-simd")
    ))
))]
mod columns;
pub mod derivation;
#[cfg(all(feature = "imported", target_os = "unknown"))]
mod imported;
#[cfg(not(all(feature = "imported", target_os = "unknown")))]
mod integers;
mod kernel;
#[cfg(feature = "kernels")]
#[doc(hidden)]
pub mod kernels;
// Each kernel where it is selected, and all of them on 64-bit machines where they are compared.
#[cfg(any(
    test,
    all(feature = "kernels", target_pointer_width = "64"),
    not(any(
        target_pointer_width = "64",
        feature = "wide-arithmetic",
        all(feature = "imported", target_os = "unknown"),
        all(target_arch = "wasm32", target_feature = "relaxed-simd")
    ))
))]
mod limbs28;
#[cfg(any(
    test,
    all(feature = "kernels", target_pointer_width = "64"),
    all(
        target_arch = "wasm32",
        target_feature = "relaxed-simd",
        not(any(feature = "wide-arithmetic", all(feature = "imported", target_os = "unknown")))
    )
))]
mod limbs51;
#[cfg(any(test, target_arch = "x86_64", all(feature = "kernels", target_pointer_width = "64")))]
mod limbs52;
#[cfg(any(test, target_pointer_width = "64", feature = "wide-arithmetic"))]
mod limbs60;
#[cfg(target_arch = "x86_64")]
mod limbs60_adx;
#[cfg(target_arch = "x86_64")]
mod native;
mod public_key;
mod selected;
#[cfg(test)]
mod tests;

pub use kernel::DIGEST_BYTES;
pub use public_key::{InvalidKey, MAX_MODULUS_BITS, MIN_MODULUS_BITS, PublicKey};
