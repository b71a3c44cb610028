//! The kernels of this build, for comparing them with each other: not part of verification, and not
//! a public API.

use crate::buffer::Buffer;
#[cfg(target_pointer_width = "64")]
use crate::by_name::{ByName, KERNELS, Named};
use crate::kernel::{DIGEST_BYTES, Kernel};
use crate::public_key::MAX_MODULUS_BYTES;
#[cfg(target_pointer_width = "64")]
use crate::public_key::{InvalidKey, PublicKey};
#[cfg(not(target_pointer_width = "64"))]
use crate::selected::Selected;
#[cfg(target_pointer_width = "64")]
use alloc::vec::Vec;

/// An exponent and an expected power in every kernel of this build: on 64-bit machines all that the
/// processor has, elsewhere the selected one.
#[derive(Clone, Debug)]
pub struct Kernels {
    /// The expected power without its digest.
    prefix: Buffer<u8, MAX_MODULUS_BYTES>,
    #[cfg(not(target_pointer_width = "64"))]
    selected: Selected,
    #[cfg(target_pointer_width = "64")]
    kernels: Vec<ByName>,
}

/// The kernels that compute with a model of their instructions, which takes up to a hundred times
/// as long.
#[cfg(target_pointer_width = "64")]
const MODELS: [&str; 2] = ["limbs51", "limbs52_model"];

#[cfg(target_pointer_width = "64")]
fn kernels(with_models: bool) -> impl Iterator<Item = &'static Named> {
    KERNELS.iter().filter(move |named| {
        (named.is_available)() && (with_models || !MODELS.contains(&named.name))
    })
}

/// Returns the names of the kernels, and whether each computes with a model.
#[cfg(target_pointer_width = "64")]
pub fn names() -> impl Iterator<Item = (&'static str, bool)> {
    kernels(true).map(|named| (named.name, MODELS.contains(&named.name)))
}

/// Returns the names of the kernels whose instructions this processor does not have.
#[cfg(target_pointer_width = "64")]
pub fn unavailable() -> impl Iterator<Item = &'static str> {
    KERNELS.iter().filter(|named| !(named.is_available)()).map(|named| named.name)
}

/// Returns a key whose signatures a kernel of this name verifies; `None` if this processor has no
/// such kernel.
///
/// # Errors
/// As [`PublicKey::new`].
#[cfg(target_pointer_width = "64")]
pub fn public_key(
    name: &str,
    modulus: &[u8],
    exponent: &[u8],
) -> Option<Result<PublicKey, InvalidKey>> {
    let named = kernels(true).find(|named| named.name == name)?;
    Some(PublicKey::with_kernel(modulus, exponent, |modulus, exponent, template| {
        ByName::with(named, modulus, exponent, template)
    }))
}

impl Kernels {
    /// Prepares an odd modulus of 2048 to 4096 bits, big-endian without leading zeros, an odd
    /// exponent of at least 3, and an expected power, as long as the modulus and below it. Returns
    /// `None` when it is shorter than a digest.
    #[must_use]
    pub fn new(modulus: &[u8], exponent: u32, expected: &[u8], with_models: bool) -> Option<Self> {
        let (prefix, _) = expected.split_last_chunk::<DIGEST_BYTES>()?;
        let mut template = Buffer::<u8, MAX_MODULUS_BYTES>::filled(0, expected.len());
        template.iter_mut().zip(prefix).for_each(|(to, from)| *to = *from);
        let mut copy = Buffer::filled(0, prefix.len());
        copy.iter_mut().zip(prefix).for_each(|(to, from)| *to = *from);
        #[cfg(not(target_pointer_width = "64"))]
        let _ = with_models;
        Some(Self {
            prefix: copy,
            #[cfg(not(target_pointer_width = "64"))]
            selected: Selected::new(modulus, exponent, &template),
            #[cfg(target_pointer_width = "64")]
            kernels: kernels(with_models)
                .map(|named| ByName::with(named, modulus, exponent, &template))
                .collect(),
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
        return self.kernels.iter().all(|kernel| kernel.power_matches(base, digest) == verdict);
        #[cfg(not(target_pointer_width = "64"))]
        return self.selected.power_matches(base, digest) == verdict;
    }
}
