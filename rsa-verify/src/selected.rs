//! The kernel that this build uses.

#[cfg(all(feature = "kernels", target_pointer_width = "64"))]
pub(crate) use crate::by_name::ByName as Selected;
#[cfg(all(feature = "imported", target_os = "unknown"))]
pub(crate) use crate::imported::Imported as Selected;
#[cfg(not(any(
    target_pointer_width = "64",
    feature = "wide-arithmetic",
    all(feature = "imported", target_os = "unknown"),
    all(target_arch = "wasm32", target_feature = "relaxed-simd")
)))]
pub(crate) use crate::limbs28::Limbs28 as Selected;
#[cfg(all(
    target_arch = "wasm32",
    target_feature = "relaxed-simd",
    not(any(feature = "wide-arithmetic", all(feature = "imported", target_os = "unknown")))
))]
pub(crate) use crate::limbs51::Limbs51 as Selected;
#[cfg(all(
    any(target_pointer_width = "64", feature = "wide-arithmetic"),
    not(any(target_arch = "x86_64", all(feature = "kernels", target_pointer_width = "64")))
))]
pub(crate) use crate::limbs60::Limbs60 as Selected;
#[cfg(all(target_arch = "x86_64", not(feature = "kernels")))]
pub(crate) use crate::native::Native as Selected;
