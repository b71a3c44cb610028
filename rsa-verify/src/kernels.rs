//! The kernels of this build, for comparing them with each other: not part of verification, and not
//! a public API.

use crate::buffer::Buffer;
use crate::kernel::{DIGEST_BYTES, Kernel};
#[cfg(target_pointer_width = "64")]
use crate::limbs28::Limbs28;
#[cfg(target_pointer_width = "64")]
use crate::limbs51::Limbs51;
#[cfg(target_pointer_width = "64")]
use crate::limbs60::Limbs60;
use crate::public_key::MAX_MODULUS_BYTES;
#[cfg(not(target_pointer_width = "64"))]
use crate::selected::Selected;

/// An exponent and an expected power in every kernel of this build: all on 64-bit machines,
/// elsewhere the selected one.
#[derive(Clone, Debug)]
pub struct Kernels {
    /// The expected power without its digest.
    prefix: Buffer<u8, MAX_MODULUS_BYTES>,
    #[cfg(not(target_pointer_width = "64"))]
    selected: Selected,
    #[cfg(target_pointer_width = "64")]
    limbs60: Limbs60,
    #[cfg(target_pointer_width = "64")]
    limbs28: Limbs28,
    #[cfg(target_pointer_width = "64")]
    limbs51: Option<Limbs51>,
}

impl Kernels {
    /// The number of kernels in this build.
    pub const COUNT: usize = if cfg!(target_pointer_width = "64") { 3 } else { 1 };

    /// Prepares an odd modulus of 2048 to 4096 bits, big-endian without leading zeros, an odd
    /// exponent of at least 3, and an expected power, as long as the modulus and below it. Returns
    /// `None` when it is shorter than a digest.
    ///
    /// `all` includes the kernel of fused multiply-adds, which is a hundred times slower where the
    /// machine does not fuse.
    #[must_use]
    pub fn new(modulus: &[u8], exponent: u32, expected: &[u8], all: bool) -> Option<Self> {
        let (prefix, _) = expected.split_last_chunk::<DIGEST_BYTES>()?;
        let mut template = Buffer::<u8, MAX_MODULUS_BYTES>::filled(0, expected.len());
        template.iter_mut().zip(prefix).for_each(|(to, from)| *to = *from);
        let mut copy = Buffer::filled(0, prefix.len());
        copy.iter_mut().zip(prefix).for_each(|(to, from)| *to = *from);
        #[cfg(not(target_pointer_width = "64"))]
        let _ = all;
        Some(Self {
            prefix: copy,
            #[cfg(not(target_pointer_width = "64"))]
            selected: Selected::new(modulus, exponent, &template),
            #[cfg(target_pointer_width = "64")]
            limbs60: Limbs60::new(modulus, exponent, &template),
            #[cfg(target_pointer_width = "64")]
            limbs28: Limbs28::new(modulus, exponent, &template),
            #[cfg(target_pointer_width = "64")]
            limbs51: all.then(|| Limbs51::new(modulus, exponent, &template)),
        })
    }

    /// Returns whether these kernels are prepared for an expected power: for any digest behind the
    /// same prefix.
    #[must_use]
    pub fn expects(&self, expected: &[u8]) -> bool {
        expected
            .split_last_chunk::<DIGEST_BYTES>()
            .is_some_and(|(prefix, _)| *prefix == *self.prefix)
    }

    /// Returns whether every kernel returns `verdict` for `base`^exponent mod n being the expected
    /// power; `base` is as long as the modulus and below it.
    #[must_use]
    pub fn all_return(&self, verdict: bool, base: &[u8], expected: &[u8]) -> bool {
        let Some(digest) = expected.last_chunk() else { return false };
        #[cfg(target_pointer_width = "64")]
        return self.limbs60.power_matches(base, digest) == verdict
            && self.limbs28.power_matches(base, digest) == verdict
            && self
                .limbs51
                .as_ref()
                .is_none_or(|kernel| kernel.power_matches(base, digest) == verdict);
        #[cfg(not(target_pointer_width = "64"))]
        return self.selected.power_matches(base, digest) == verdict;
    }
}
