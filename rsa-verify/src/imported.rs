//! Verification by another WebAssembly module, which has the kernel: the host connects the two.

use crate::buffer::Buffer;
use crate::kernel::{DIGEST_BYTES, Kernel};
use crate::public_key::MAX_MODULUS_BYTES;

/// Bytes of the largest message: digest, exponent, modulus and signature.
const MAX_MESSAGE_BYTES: usize = DIGEST_BYTES + size_of::<u32>() + 2 * MAX_MODULUS_BYTES;

#[link(wasm_import_module = "rsa")]
#[expect(unsafe_code, reason = "an import is declared in a block that is unsafe")]
// SAFETY: the types are those of the WebAssembly signature (i32, i32) -> i32, which the engine
// checks when it links the modules. The function reads the memory of this module and writes none.
unsafe extern "C" {
    /// Returns 1 if the signature is valid, and else 0. The message is the digest, the exponent
    /// (little-endian), the modulus and the signature; both have `modulus_bytes` bytes.
    safe fn verifies(message: *const u8, modulus_bytes: usize) -> u32;
}

/// A key whose signatures the imported function verifies. It knows the encoding.
#[derive(Clone, Debug)]
pub(crate) struct Imported {
    exponent: u32,
    modulus: Buffer<u8, MAX_MODULUS_BYTES>,
}

impl Kernel for Imported {
    fn new(modulus: &[u8], exponent: u32, _template: &[u8]) -> Self {
        let mut bytes = Buffer::filled(0, modulus.len());
        bytes.iter_mut().zip(modulus).for_each(|(to, from)| *to = *from);
        Self { exponent, modulus: bytes }
    }

    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
        let mut message = [0; MAX_MESSAGE_BYTES];
        let exponent = self.exponent.to_le_bytes();
        let bytes = digest.iter().chain(&exponent).chain(&*self.modulus).chain(base);
        message.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        verifies(message.as_ptr(), self.modulus.len()) == 1
    }
}
