//! The kernels of this build by themselves, to be held against each other: no part of
//! verification, and no public API.

use alloc::vec::Vec;

#[cfg(not(target_pointer_width = "64"))]
use crate::rs256::kernel::Native;
use crate::rs256::kernel::{ENDING_BYTES, Kernel};
#[cfg(target_pointer_width = "64")]
use crate::rs256::kernel::{limbs28::Limbs28, limbs51::Limbs51, limbs60::Limbs60};

/// An exponent and an expected power in every kernel of this build: all on 64-bit machines,
/// elsewhere the one that is used.
#[derive(Clone, Debug)]
pub struct Kernels {
    /// What is expected but for its ending.
    beginning: Vec<u8>,
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

    /// Prepares an odd modulus of 2048 to 4096 bits, big-endian without leading zeros, for powers
    /// with an odd exponent of at least 3 and an expected one of them, as long as the modulus and
    /// below it. `None`: it is shorter than an ending.
    ///
    /// `all` is for the kernel of fused multiply-adds, which is a hundred times slower on 64-bit
    /// machines, where it computes them by itself.
    #[must_use]
    pub fn new(modulus: &[u8], exponent: u32, expected: &[u8], all: bool) -> Option<Self> {
        let (beginning, _) = expected.split_last_chunk::<ENDING_BYTES>()?;
        let beginning = beginning.to_vec();
        let expected = [beginning.as_slice(), &[0; ENDING_BYTES]].concat();
        #[cfg(not(target_pointer_width = "64"))]
        let _ = all;
        Some(Self {
            beginning,
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

    /// Whether these are prepared for this number: all that begin like it.
    #[must_use]
    pub fn expects(&self, expected: &[u8]) -> bool {
        expected
            .split_last_chunk::<ENDING_BYTES>()
            .is_some_and(|(beginning, _)| beginning == self.beginning)
    }

    /// Whether each kernel says so of `base`^exponent mod n being the expected number, which these
    /// are prepared for; `base` is as long as the modulus and below it.
    #[must_use]
    pub fn all_say(&self, answer: bool, base: &[u8], expected: &[u8]) -> bool {
        let Some(ending) = expected.last_chunk() else { return false };
        #[cfg(target_pointer_width = "64")]
        return self.limbs60.power_is_expected(base, ending) == answer
            && self.limbs28.power_is_expected(base, ending) == answer
            && self
                .limbs51
                .as_ref()
                .is_none_or(|kernel| kernel.power_is_expected(base, ending) == answer);
        #[cfg(not(target_pointer_width = "64"))]
        return self.native.power_is_expected(base, ending) == answer;
    }
}
