//! The kernel of this module, for `scripts/kernels.mjs`: in no module of the package.

use alloc::vec::Vec;
use rsa_verify::kernels::Kernels;
use wasm_bindgen::prelude::wasm_bindgen;

/// The state that the calls share.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Kernel {
    numbers: Vec<u8>,
    /// The modulus and the exponent of the last call, and the kernels prepared for them.
    prepared: Option<(Vec<u8>, u32, Kernels)>,
}

#[wasm_bindgen]
impl Kernel {
    /// Creates an empty kernel.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the address of a buffer for numbers of `bytes` bytes together.
    pub fn buffer(&mut self, bytes: usize) -> usize {
        self.numbers.resize(bytes, 0);
        self.numbers.as_ptr() as usize
    }

    /// Returns whether the second of the three numbers in the buffer, to the `exponent`, equals the
    /// third modulo the first. All have one length.
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
        self.prepared
            .as_ref()
            .is_some_and(|(_, _, kernels)| kernels.all_return(true, base, expected))
    }
}
