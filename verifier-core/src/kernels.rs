//! The kernels of this build by themselves, to be held against each other: no part of verification, and no public API.

#[cfg(not(target_pointer_width = "64"))]
use crate::rs256::kernel::Native;
use crate::rs256::kernel::{ENDING_BYTES, Kernel};
#[cfg(target_pointer_width = "64")]
use crate::rs256::kernel::{limbs28::Limbs28, limbs51::Limbs51, limbs60::Limbs60};

/// An exponent and an expected power in every kernel of this build: all on 64-bit machines, elsewhere the one that is used.
#[derive(Clone, Debug)]
pub struct Kernels {
    ending: [u8; ENDING_BYTES],
    #[cfg(not(target_pointer_width = "64"))]
    native: Native,
    #[cfg(target_pointer_width = "64")]
    limbs60: Limbs60,
    #[cfg(target_pointer_width = "64")]
    limbs28: Limbs28,
    #[cfg(target_pointer_width = "64")]
    limbs51: Option<Limbs51>,
}

impl Kernels {
    /// How many kernels there are in this build.
    pub const COUNT: usize = if cfg!(target_pointer_width = "64") { 3 } else { 1 };

    /// Prepares an odd modulus of 2048 to 4096 bits, big-endian without leading zeros, for powers with an odd exponent of at least 3
    /// and an expected one of them, as long as the modulus and below it. `None`: it is shorter than an ending.
    ///
    /// `all` is for the kernel of fused multiply-adds, which is a hundred times slower on 64-bit machines, where it computes them by itself.
    #[must_use]
    pub fn new(modulus: &[u8], exponent: u32, expected: &[u8], all: bool) -> Option<Self> {
        let mut expected = expected.to_vec();
        let place: &mut [u8; ENDING_BYTES] = expected.last_chunk_mut()?;
        let ending = core::mem::replace(place, [0; ENDING_BYTES]);
        #[cfg(not(target_pointer_width = "64"))]
        let _ = all;
        Some(Self {
            ending,
            #[cfg(not(target_pointer_width = "64"))]
            native: Native::new(modulus, exponent, &expected),
            #[cfg(target_pointer_width = "64")]
            limbs60: Limbs60::new(modulus, exponent, &expected),
            #[cfg(target_pointer_width = "64")]
            limbs28: Limbs28::new(modulus, exponent, &expected),
            #[cfg(target_pointer_width = "64")]
            limbs51: all.then(|| Limbs51::new(modulus, exponent, &expected)),
        })
    }

    /// Whether each kernel says so of `base`^exponent mod n being the expected power; `base` is as long as the modulus and below it.
    #[must_use]
    pub fn all_say(&self, answer: bool, base: &[u8]) -> bool {
        #[cfg(target_pointer_width = "64")]
        return self.limbs60.power_is_expected(base, &self.ending) == answer
            && self.limbs28.power_is_expected(base, &self.ending) == answer
            && self.limbs51.as_ref().is_none_or(|kernel| kernel.power_is_expected(base, &self.ending) == answer);
        #[cfg(not(target_pointer_width = "64"))]
        return self.native.power_is_expected(base, &self.ending) == answer;
    }
}
