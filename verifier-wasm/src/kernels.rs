//! One modulus in the kernel of this module, for `scripts/kernels.mjs`: not in any module of the
//! package.

use alloc::vec::Vec;
use verifier_core::kernels::Kernels;
use wasm_bindgen::prelude::wasm_bindgen;

/// The memory that its calls share.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Kernel {
    numbers: Vec<u8>,
    /// Of the last call: the modulus and the exponent, and what was prepared for them.
    prepared: Option<(Vec<u8>, u32, Kernels)>,
}

#[wasm_bindgen]
impl Kernel {
    /// One without numbers.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The address of room for numbers of `bytes` bytes together.
    pub fn room(&mut self, bytes: usize) -> usize {
        self.numbers.resize(bytes, 0);
        self.numbers.as_ptr() as usize
    }

    /// Whether, of the three numbers of one length in the room, the second to the `exponent` is
    /// the third modulo the first.
    #[must_use]
    pub fn power_is(&mut self, exponent: u32) -> bool {
        let size = self.numbers.len() / 3;
        let mut numbers = self.numbers.chunks_exact(size.max(1));
        let (Some(modulus), Some(base), Some(expected)) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            return false;
        };
        let last = self.prepared.take();
        let again = last
            .filter(|(n, e, kernels)| n == modulus && *e == exponent && kernels.expects(expected));
        let prepare =
            || Some((modulus.to_vec(), exponent, Kernels::new(modulus, exponent, expected, true)?));
        self.prepared = again.or_else(prepare);
        self.prepared.as_ref().is_some_and(|(_, _, kernels)| kernels.all_say(true, base, expected))
    }
}
