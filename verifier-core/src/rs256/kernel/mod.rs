//! Powers modulo an RSA modulus: one trait, one implementation for each kind of machine.

// Each where it is the one that is used, and all of them on 64-bit machines where they are compared.
#[cfg(any(
    test,
    all(feature = "kernels", target_pointer_width = "64"),
    all(target_arch = "wasm32", target_feature = "relaxed-simd", not(feature = "wide-arithmetic"))
))]
mod lanes;
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
#[cfg(any(
    test,
    all(feature = "kernels", target_pointer_width = "64"),
    not(any(
        target_pointer_width = "64",
        feature = "wide-arithmetic",
        all(target_arch = "wasm32", target_feature = "relaxed-simd")
    ))
))]
mod products;
#[cfg(test)]
mod tests;

#[cfg(not(any(
    target_pointer_width = "64",
    feature = "wide-arithmetic",
    all(target_arch = "wasm32", target_feature = "relaxed-simd")
)))]
pub(crate) use limbs28::Limbs28 as Native;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd", not(feature = "wide-arithmetic")))]
pub(crate) use limbs51::Limbs51 as Native;
#[cfg(any(target_pointer_width = "64", feature = "wide-arithmetic"))]
pub(crate) use limbs60::Limbs60 as Native;

/// A modulus prepared once for the powers that verification takes.
///
/// Moduli are odd and have 2048 to 4096 bits. All numbers are big-endian byte strings as long as the modulus, and
/// below it: [`super::RsaPublicKey`] has made sure of both.
pub(crate) trait Kernel: Sized {
    /// Prepares a modulus given without leading zeros.
    fn new(modulus: &[u8]) -> Self;

    /// Whether `base`^`exponent` mod n is `expected`; the exponent is odd and at least 3.
    fn power_is(&self, base: &[u8], exponent: u32, expected: &[u8]) -> bool;
}
