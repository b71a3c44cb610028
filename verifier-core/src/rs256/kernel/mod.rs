//! Powers modulo an RSA modulus: one trait, one implementation for each kind of machine.

// Each where it is the one that is used, and all of them on 64-bit machines where they are
// compared.
#[cfg(any(
    test,
    all(feature = "kernels", target_pointer_width = "64"),
    not(any(
        target_pointer_width = "64",
        feature = "wide-arithmetic",
        all(target_arch = "wasm32", target_feature = "relaxed-simd")
    ))
))]
pub(crate) mod limbs28;
#[cfg(any(
    test,
    all(feature = "kernels", target_pointer_width = "64"),
    all(target_arch = "wasm32", target_feature = "relaxed-simd", not(feature = "wide-arithmetic"))
))]
pub(crate) mod limbs51;
#[cfg(any(test, target_pointer_width = "64", feature = "wide-arithmetic"))]
pub(crate) mod limbs60;
#[cfg(test)]
mod tests;

#[cfg(not(any(
    target_pointer_width = "64",
    feature = "wide-arithmetic",
    all(target_arch = "wasm32", target_feature = "relaxed-simd")
)))]
pub(crate) use limbs28::Limbs28 as Native;
#[cfg(all(
    target_arch = "wasm32",
    target_feature = "relaxed-simd",
    not(feature = "wide-arithmetic")
))]
pub(crate) use limbs51::Limbs51 as Native;
#[cfg(all(
    any(target_pointer_width = "64", feature = "wide-arithmetic"),
    not(all(feature = "kernels", target_pointer_width = "64"))
))]
pub(crate) use limbs60::Limbs60 as Native;

#[cfg(all(feature = "kernels", target_pointer_width = "64"))]
mod chosen;
#[cfg(all(feature = "kernels", target_pointer_width = "64"))]
pub(crate) use chosen::Chosen as Native;

/// Bytes at the end of the numbers that powers are compared with which differ from one to the
/// next: those of a digest.
pub(crate) const ENDING_BYTES: usize = super::sha256::DIGEST_BYTES;

/// A modulus prepared once for the powers that verification takes, and for what they are compared
/// with.
///
/// Moduli are odd and have 2048 to 4096 bits, exponents are odd and at least 3. All numbers are
/// big-endian byte strings as long as the modulus, and below it: [`super::RsaPublicKey`] has made
/// sure of both.
pub(crate) trait Kernel: Sized {
    /// Prepares a modulus given without leading zeros, for powers with this exponent that are
    /// compared with numbers like `expected`, whose last [`ENDING_BYTES`] are zero: with other
    /// bytes in their place.
    fn new(modulus: &[u8], exponent: u32, expected: &[u8]) -> Self;

    /// Whether `base`^exponent mod n is the expected number with this ending: all of it.
    fn power_is_expected(&self, base: &[u8], ending: &[u8; ENDING_BYTES]) -> bool;
}
