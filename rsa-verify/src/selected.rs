//! The kernel that this build uses.

#[cfg(feature = "imported")]
pub(crate) use crate::imported::Imported as Selected;
#[cfg(not(any(
    target_pointer_width = "64",
    feature = "wide-arithmetic",
    feature = "imported",
    all(target_arch = "wasm32", target_feature = "relaxed-simd")
)))]
pub(crate) use crate::limbs28::Limbs28 as Selected;
#[cfg(all(
    target_arch = "wasm32",
    target_feature = "relaxed-simd",
    not(any(feature = "wide-arithmetic", feature = "imported"))
))]
pub(crate) use crate::limbs51::Limbs51 as Selected;
#[cfg(all(
    any(target_pointer_width = "64", feature = "wide-arithmetic"),
    not(all(feature = "kernels", target_pointer_width = "64"))
))]
pub(crate) use crate::limbs60::Limbs60 as Selected;
#[cfg(all(feature = "kernels", target_pointer_width = "64"))]
pub(crate) use by_name::ByName as Selected;

/// Selection by the environment variable `VERIFIER_KERNEL`, so that one test program covers all
/// kernels.
#[cfg(all(feature = "kernels", target_pointer_width = "64"))]
mod by_name {
    extern crate std;

    use crate::kernel::{DIGEST_BYTES, Kernel};
    use crate::limbs28::Limbs28;
    use crate::limbs51::Limbs51;
    use crate::limbs60::Limbs60;
    use std::sync::OnceLock;

    /// The kernel of every key in this process.
    #[derive(Clone, Debug)]
    #[expect(
        clippy::large_enum_variant,
        reason = "tests keep few keys, and a box would hide allocations"
    )]
    pub(crate) enum ByName {
        Limbs60(Limbs60),
        Limbs28(Limbs28),
        Limbs51(Limbs51),
    }

    type Constructor = fn(&[u8], u32, &[u8]) -> ByName;

    /// Returns the constructor for a value of `VERIFIER_KERNEL`, or the native kernel's without
    /// one.
    ///
    /// Unknown names are an error: a run must test the kernel that it claims to test.
    fn constructor(name: Option<&str>) -> Result<Constructor, &str> {
        match name {
            None | Some("limbs60") => Ok(|n, e, t| ByName::Limbs60(Limbs60::new(n, e, t))),
            Some("limbs28") => Ok(|n, e, t| ByName::Limbs28(Limbs28::new(n, e, t))),
            Some("limbs51") => Ok(|n, e, t| ByName::Limbs51(Limbs51::new(n, e, t))),
            Some(unknown) => Err(unknown),
        }
    }

    impl Kernel for ByName {
        #[allow(clippy::panic, reason = "a setting of tests, absent from builds that verify")]
        fn new(modulus: &[u8], exponent: u32, template: &[u8]) -> Self {
            static CONSTRUCTOR: OnceLock<Constructor> = OnceLock::new();
            let constructor = CONSTRUCTOR.get_or_init(|| {
                let name = std::env::var_os("VERIFIER_KERNEL");
                // A value that is not UTF-8 is an unknown name.
                let name = name.map(|name| name.to_string_lossy().into_owned());
                constructor(name.as_deref())
                    .unwrap_or_else(|name| panic!("VERIFIER_KERNEL={name}: no such kernel"))
            });
            constructor(modulus, exponent, template)
        }

        fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
            match self {
                Self::Limbs60(kernel) => kernel.power_matches(base, digest),
                Self::Limbs28(kernel) => kernel.power_matches(base, digest),
                Self::Limbs51(kernel) => kernel.power_matches(base, digest),
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::constructor;

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
}
