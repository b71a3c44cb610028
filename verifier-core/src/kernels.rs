//! The kernels of this build by themselves, to be held against each other: no part of verification, and no public API.

use crate::rs256::kernel::{ENDING_BYTES, Kernel, Native};
#[cfg(target_pointer_width = "64")]
use crate::rs256::kernel::{limbs28::Limbs28, limbs51::Limbs51};

/// An exponent and an expected power in every kernel of this build: all on 64-bit machines, elsewhere the one that is used.
#[derive(Clone, Debug)]
pub struct Kernels {
    ending: [u8; ENDING_BYTES],
    native: Native,
    #[cfg(target_pointer_width = "64")]
    limbs28: Limbs28,
    #[cfg(target_pointer_width = "64")]
    limbs51: Limbs51,
}

impl Kernels {
    /// Prepares an odd modulus of 2048 to 4096 bits, big-endian without leading zeros, for powers with an odd exponent of at least 3
    /// and an expected one of them, as long as the modulus and below it. `None`: it is shorter than an ending.
    #[must_use]
    pub fn new(modulus: &[u8], exponent: u32, expected: &[u8]) -> Option<Self> {
        let mut expected = expected.to_vec();
        let place: &mut [u8; ENDING_BYTES] = expected.last_chunk_mut()?;
        let ending = core::mem::replace(place, [0; ENDING_BYTES]);
        Some(Self {
            ending,
            native: Native::new(modulus, exponent, &expected),
            #[cfg(target_pointer_width = "64")]
            limbs28: Limbs28::new(modulus, exponent, &expected),
            #[cfg(target_pointer_width = "64")]
            limbs51: Limbs51::new(modulus, exponent, &expected),
        })
    }

    /// What each kernel says of `base`^exponent mod n being the expected power; `base` is as long as the modulus and below it.
    #[must_use]
    pub fn power_is_expected(&self, base: &[u8]) -> [bool; Self::COUNT] {
        [
            self.native.power_ends_in(base, &self.ending),
            #[cfg(target_pointer_width = "64")]
            self.limbs28.power_ends_in(base, &self.ending),
            #[cfg(target_pointer_width = "64")]
            self.limbs51.power_ends_in(base, &self.ending),
        ]
    }

    /// How many kernels there are in this build.
    pub const COUNT: usize = if cfg!(target_pointer_width = "64") { 3 } else { 1 };
}
