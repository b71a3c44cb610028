//! The kernel that `VERIFIER_KERNEL` names, so that one test program covers all of them.

extern crate std;

use std::sync::OnceLock;

use super::limbs28::Limbs28;
use super::limbs51::Limbs51;
use super::limbs60::Limbs60;
use super::{ENDING_BYTES, Kernel};

/// The kernel of every key in this process; exists only with the feature `kernels`.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "tests keep few keys, and a box would hide allocations"
)]
pub(crate) enum Chosen {
    Limbs60(Limbs60),
    Limbs28(Limbs28),
    Limbs51(Limbs51),
}

type Constructor = fn(&[u8], u32, &[u8]) -> Chosen;

/// Returns the constructor for a value of `VERIFIER_KERNEL`; without one, that of the native
/// kernel.
///
/// Unknown names are an error: a run that tested another kernel than it says would be worthless.
fn constructor(name: Option<&str>) -> Result<Constructor, &str> {
    match name {
        None | Some("limbs60") => {
            Ok(|n, e, expected| Chosen::Limbs60(Limbs60::new(n, e, expected)))
        }
        Some("limbs28") => Ok(|n, e, expected| Chosen::Limbs28(Limbs28::new(n, e, expected))),
        Some("limbs51") => Ok(|n, e, expected| Chosen::Limbs51(Limbs51::new(n, e, expected))),
        Some(unknown) => Err(unknown),
    }
}

impl Kernel for Chosen {
    #[allow(clippy::panic, reason = "a test setting, never read in a build that verifies")]
    fn new(modulus: &[u8], exponent: u32, expected: &[u8]) -> Self {
        static CONSTRUCTOR: OnceLock<Constructor> = OnceLock::new();
        let constructor = CONSTRUCTOR.get_or_init(|| {
            // A value that is not UTF-8 is no name either.
            let name =
                std::env::var_os("VERIFIER_KERNEL").map(|name| name.to_string_lossy().into_owned());
            constructor(name.as_deref())
                .unwrap_or_else(|name| panic!("VERIFIER_KERNEL={name}: no such kernel"))
        });
        constructor(modulus, exponent, expected)
    }

    fn power_is_expected(&self, base: &[u8], ending: &[u8; ENDING_BYTES]) -> bool {
        match self {
            Self::Limbs60(kernel) => kernel.power_is_expected(base, ending),
            Self::Limbs28(kernel) => kernel.power_is_expected(base, ending),
            Self::Limbs51(kernel) => kernel.power_is_expected(base, ending),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_has_a_name_and_unknown_names_are_refused() {
        for name in [None, Some("limbs60"), Some("limbs28"), Some("limbs51")] {
            assert!(constructor(name).is_ok(), "{name:?}");
        }
        for unknown in ["", "limbs52", "Limbs28"] {
            assert_eq!(constructor(Some(unknown)).err(), Some(unknown));
        }
    }
}
