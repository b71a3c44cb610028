//! The kernel for the processor at hand, selected at run time: x86-64 has three.

use crate::kernel::{DIGEST_BYTES, Kernel};
use crate::limbs52::Limbs52;
use crate::limbs52::ifma::{self, Ifma};
use crate::limbs60::Limbs60;
use crate::limbs60_adx::{self, Limbs60Adx};

/// The fastest kernel of this processor. The detection is cached, so each key costs two loads.
#[derive(Clone, Debug)]
pub(crate) enum Native {
    /// With AVX-512 IFMA: Intel since 2019, AMD since 2022.
    Limbs52(Limbs52<Ifma>),
    /// With BMI2 and ADX: Intel since 2014, AMD since 2017.
    Limbs60Adx(Limbs60Adx),
    /// On all others.
    Limbs60(Limbs60),
}

impl Kernel for Native {
    fn new(modulus: &[u8], exponent: u32, template: &[u8]) -> Self {
        if ifma::is_available() {
            Self::Limbs52(Limbs52::new(modulus, exponent, template))
        } else if limbs60_adx::is_available() {
            Self::Limbs60Adx(Limbs60Adx::new(modulus, exponent, template))
        } else {
            Self::Limbs60(Limbs60::new(modulus, exponent, template))
        }
    }

    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
        match self {
            Self::Limbs52(kernel) => kernel.power_matches(base, digest),
            Self::Limbs60Adx(kernel) => kernel.power_matches(base, digest),
            Self::Limbs60(kernel) => kernel.power_matches(base, digest),
        }
    }
}
