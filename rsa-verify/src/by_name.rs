//! Selection by the environment variable `VERIFIER_KERNEL`, so that one test program covers all
//! kernels.

extern crate std;

use crate::kernel::{DIGEST_BYTES, Kernel};
use crate::limbs28::Limbs28;
use crate::limbs51::Limbs51;
#[cfg(target_arch = "x86_64")]
use crate::limbs52::ifma::{self, Ifma};
use crate::limbs52::{Limbs52, Model};
use crate::limbs60::Limbs60;
#[cfg(target_arch = "x86_64")]
use crate::limbs60_adx::{self, Limbs60Adx};
#[cfg(target_arch = "x86_64")]
use crate::native::Native;
use alloc::boxed::Box;
use core::fmt;
use std::sync::OnceLock;

/// The kernel that a build without this selection uses.
#[cfg(not(target_arch = "x86_64"))]
type Native = Limbs60;

/// The kernel of every key in this process.
pub(crate) struct ByName(Box<dyn AnyKernel>);

/// A kernel whose type is forgotten.
trait AnyKernel: fmt::Debug + Send + Sync {
    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool;

    fn cloned(&self) -> Box<dyn AnyKernel>;
}

impl<K: Kernel + Clone + fmt::Debug + Send + Sync + 'static> AnyKernel for K {
    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
        Kernel::power_matches(self, base, digest)
    }

    fn cloned(&self) -> Box<dyn AnyKernel> {
        Box::new(self.clone())
    }
}

impl Clone for ByName {
    fn clone(&self) -> Self {
        Self(self.0.cloned())
    }
}

impl fmt::Debug for ByName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

type Constructor = fn(&[u8], u32, &[u8]) -> ByName;

fn make<K: Kernel + Clone + fmt::Debug + Send + Sync + 'static>(
    modulus: &[u8],
    exponent: u32,
    template: &[u8],
) -> ByName {
    ByName(Box::new(K::new(modulus, exponent, template)))
}

/// A kernel, and whether this processor has its instructions.
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) is_available: fn() -> bool,
    constructor: Constructor,
}

/// All kernels.
pub(crate) const KERNELS: &[Named] = &[
    Named { name: "limbs60", is_available: || true, constructor: make::<Limbs60> },
    #[cfg(target_arch = "x86_64")]
    Named {
        name: "limbs60_adx",
        is_available: limbs60_adx::is_available,
        constructor: make::<Limbs60Adx>,
    },
    #[cfg(target_arch = "x86_64")]
    Named { name: "limbs52", is_available: ifma::is_available, constructor: make::<Limbs52<Ifma>> },
    Named { name: "limbs52_model", is_available: || true, constructor: make::<Limbs52<Model>> },
    Named { name: "limbs28", is_available: || true, constructor: make::<Limbs28> },
    Named { name: "limbs51", is_available: || true, constructor: make::<Limbs51> },
];

/// Why a value of `VERIFIER_KERNEL` selects no kernel. A run must test the kernel that it claims to
/// test.
#[derive(Debug, PartialEq, Eq)]
enum Unusable {
    Unknown,
    Unavailable,
}

/// Returns the constructor for a value of `VERIFIER_KERNEL`, or the native kernel's without one.
fn constructor(name: Option<&str>) -> Result<Constructor, Unusable> {
    let Some(name) = name else { return Ok(make::<Native>) };
    let named = KERNELS.iter().find(|named| named.name == name).ok_or(Unusable::Unknown)?;
    if (named.is_available)() { Ok(named.constructor) } else { Err(Unusable::Unavailable) }
}

impl Kernel for ByName {
    #[allow(clippy::panic, reason = "a setting of tests, absent from builds that verify")]
    fn new(modulus: &[u8], exponent: u32, template: &[u8]) -> Self {
        static CONSTRUCTOR: OnceLock<Constructor> = OnceLock::new();
        let constructor = CONSTRUCTOR.get_or_init(|| {
            let name = std::env::var_os("VERIFIER_KERNEL");
            // A value that is not UTF-8 is an unknown name.
            let name = name.map(|name| name.to_string_lossy().into_owned());
            constructor(name.as_deref()).unwrap_or_else(|error| {
                let why = match error {
                    Unusable::Unknown => "no such kernel",
                    Unusable::Unavailable => "this processor does not have its instructions",
                };
                panic!("VERIFIER_KERNEL={}: {why}", name.unwrap_or_default())
            })
        });
        constructor(modulus, exponent, template)
    }

    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
        self.0.power_matches(base, digest)
    }
}

impl ByName {
    /// Prepares the key for a kernel of [`KERNELS`] that is available.
    pub(crate) fn with(named: &Named, modulus: &[u8], exponent: u32, template: &[u8]) -> Self {
        (named.constructor)(modulus, exponent, template)
    }
}

#[cfg(test)]
mod tests {
    use super::{KERNELS, Unusable, constructor};

    #[test]
    fn every_kernel_has_a_name_and_unknown_names_are_refused() {
        assert!(constructor(None).is_ok());
        for named in KERNELS {
            let expected = if (named.is_available)() { None } else { Some(Unusable::Unavailable) };
            assert_eq!(constructor(Some(named.name)).err(), expected, "{}", named.name);
        }
        for unknown in ["", "limbs53", "Limbs28"] {
            assert_eq!(constructor(Some(unknown)).err(), Some(Unusable::Unknown));
        }
    }
}
