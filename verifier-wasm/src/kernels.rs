//! One modulus in the kernel of this module, for `scripts/kernels.mjs`: not in any module of the package.

use alloc::vec::Vec;
use verifier_core::kernels::Kernels;
use wasm_bindgen::prelude::wasm_bindgen;

/// A modulus, and the memory that its calls share.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Kernel {
    numbers: Vec<u8>,
    kernels: Option<Kernels>,
}

#[wasm_bindgen]
impl Kernel {
    /// One without a modulus.
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

    /// Takes what stands in the room as the modulus.
    pub fn load(&mut self) {
        self.kernels = Some(Kernels::new(&self.numbers));
    }

    /// Whether, of the two numbers in the room, the first to the `exponent` is the second.
    #[must_use]
    pub fn power_is(&self, exponent: u32) -> bool {
        let (Some(kernels), Some((base, expected))) =
            (&self.kernels, self.numbers.split_at_checked(self.numbers.len() / 2))
        else {
            return false;
        };
        kernels.power_is(base, exponent, expected) == [true; Kernels::COUNT]
    }
}
