//! The kernels of this build by themselves, to be held against each other: no part of verification, and no public API.

use crate::rs256::kernel::{Kernel, Native};
#[cfg(target_pointer_width = "64")]
use crate::rs256::kernel::{limbs28::Limbs28, limbs51::Limbs51};

/// A modulus in every kernel of this build: all on 64-bit machines, elsewhere the one that is used.
#[derive(Clone, Debug)]
pub struct Kernels {
    native: Native,
    #[cfg(target_pointer_width = "64")]
    limbs28: Limbs28,
    #[cfg(target_pointer_width = "64")]
    limbs51: Limbs51,
}

impl Kernels {
    /// Prepares an odd modulus of 2048 to 4096 bits, big-endian without leading zeros.
    #[must_use]
    pub fn new(modulus: &[u8]) -> Self {
        Self {
            native: Native::new(modulus),
            #[cfg(target_pointer_width = "64")]
            limbs28: Limbs28::new(modulus),
            #[cfg(target_pointer_width = "64")]
            limbs51: Limbs51::new(modulus),
        }
    }

    /// What each kernel says of `base`^`exponent` mod n = `expected`; both are as long as the modulus and below it, and the
    /// exponent is odd and at least 3.
    #[must_use]
    pub fn power_is(&self, base: &[u8], exponent: u32, expected: &[u8]) -> [bool; Self::COUNT] {
        [
            self.native.power_is(base, exponent, expected),
            #[cfg(target_pointer_width = "64")]
            self.limbs28.power_is(base, exponent, expected),
            #[cfg(target_pointer_width = "64")]
            self.limbs51.power_is(base, exponent, expected),
        ]
    }

    /// How many kernels there are in this build.
    pub const COUNT: usize = if cfg!(target_pointer_width = "64") { 3 } else { 1 };
}
