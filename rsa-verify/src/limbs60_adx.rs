//! The kernel of 60-bit limbs compiled for BMI2 and ADX, whose multiplications and additions leave
//! each other's flags alone. The code is that of [`limbs60`](crate::limbs60).

#![expect(unsafe_code, reason = "instructions that not every processor has")]

use crate::kernel::{DIGEST_BYTES, Kernel};
use crate::limbs60::Limbs60;

cpufeatures::new!(processor, "bmi2", "adx");

/// Returns whether the processor has the instructions.
pub(crate) fn is_available() -> bool {
    processor::get()
}

/// A modulus whose powers are computed with these instructions. Only selected where
/// [`is_available`] is true.
#[derive(Clone, Debug)]
pub(crate) struct Limbs60Adx(Limbs60);

impl Kernel for Limbs60Adx {
    fn new(modulus: &[u8], exponent: u32, template: &[u8]) -> Self {
        assert!(is_available(), "the processor has BMI2 and ADX");
        // SAFETY: the processor has the instructions.
        Self(unsafe { new(modulus, exponent, template) })
    }

    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
        // SAFETY: `new` has checked that the processor has the instructions.
        unsafe { power_matches(&self.0, base, digest) }
    }
}

#[target_feature(enable = "bmi2,adx")]
fn new(modulus: &[u8], exponent: u32, template: &[u8]) -> Limbs60 {
    Limbs60::new(modulus, exponent, template)
}

#[target_feature(enable = "bmi2,adx")]
fn power_matches(kernel: &Limbs60, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
    kernel.power_matches(base, digest)
}
