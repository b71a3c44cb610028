//! RSA public keys, and the encoding that their signatures must yield.

use crate::buffer::Buffer;
use crate::kernel::{DIGEST_BYTES, Kernel};
use crate::selected::Selected;

/// Smallest modulus, in bits (RFC 7518 section 3.3).
pub const MIN_MODULUS_BITS: u32 = 2048;
/// Largest modulus, in bits: bounds the work of one verification.
pub const MAX_MODULUS_BITS: u32 = 4096;

/// Bytes of the largest modulus.
pub(crate) const MAX_MODULUS_BYTES: usize = MAX_MODULUS_BITS as usize / 8;

/// The zero that ends the padding, and the DER of `DigestInfo` up to the digest: SHA-256 with its
/// NULL parameter (RFC 8017 section 9.2, note 1).
const DIGEST_INFO: [u8; 20] = [
    0x00, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
    0x05, 0x00, 0x04, 0x20,
];

/// Why a modulus or an exponent is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidKey {
    /// The modulus is shorter than [`MIN_MODULUS_BITS`].
    TooSmall {
        /// Bits of the modulus.
        bits: u32,
    },
    /// The modulus is longer than [`MAX_MODULUS_BITS`].
    TooLarge {
        /// Bits of the modulus.
        bits: u32,
    },
    /// The modulus is even.
    ModulusEven,
    /// The exponent is even, below 3, or 2^32 or more.
    ExponentInvalid,
}

/// An RSA public key, with the precomputed values of its kernel.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// Big-endian, without leading zeros.
    modulus: Buffer<u8, MAX_MODULUS_BYTES>,
    exponent: u32,
    bits: u32,
    kernel: Selected,
}

impl PublicKey {
    /// Accepts a modulus and an exponent, both big-endian with any number of leading zeros.
    ///
    /// The modulus must be odd and have 2048 to 4096 bits, whatever the length of its encoding. The
    /// exponent must be odd and from 3 to 2^32 - 1.
    ///
    /// # Errors
    /// The first [`InvalidKey`] in this order: size of the modulus, exponent, parity of the
    /// modulus.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, InvalidKey> {
        Self::with_kernel(modulus, exponent, Selected::new)
    }

    /// As [`Self::new`], with a kernel that `prepare` makes of modulus, exponent and template.
    pub(crate) fn with_kernel(
        mut modulus: &[u8],
        exponent: &[u8],
        prepare: impl FnOnce(&[u8], u32, &[u8]) -> Selected,
    ) -> Result<Self, InvalidKey> {
        while let [0, rest @ ..] = modulus {
            modulus = rest;
        }
        let bits = bit_length(modulus);
        if bits < MIN_MODULUS_BITS {
            return Err(InvalidKey::TooSmall { bits });
        }
        if bits > MAX_MODULUS_BITS {
            return Err(InvalidKey::TooLarge { bits });
        }
        let exponent = read_exponent(exponent).ok_or(InvalidKey::ExponentInvalid)?;
        if modulus.last().is_none_or(|lowest| lowest % 2 == 0) {
            return Err(InvalidKey::ModulusEven);
        }
        let mut template = Buffer::<u8, MAX_MODULUS_BYTES>::filled(0, modulus.len());
        write_encoding_template(&mut template);
        let kernel = prepare(modulus, exponent, &template);
        let mut bytes = Buffer::filled(0, modulus.len());
        bytes.iter_mut().zip(modulus).for_each(|(to, from)| *to = *from);
        Ok(Self { modulus: bytes, exponent, bits, kernel })
    }

    /// Returns the bits of the modulus.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// Returns the public exponent.
    #[must_use]
    pub const fn exponent(&self) -> u32 {
        self.exponent
    }

    /// Returns the modulus, big-endian without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// Returns whether `signature` is this key's signature of a message with this SHA-256 digest
    /// (RFC 8017 section 8.2.2).
    ///
    /// The signature must have the length of the modulus and be below it. The recovered number is
    /// compared as a whole with the only encoding of the digest and never parsed: parsing is what
    /// the forgeries against small exponents rely on.
    #[must_use]
    pub fn verifies_digest(&self, digest: &[u8; DIGEST_BYTES], signature: &[u8]) -> bool {
        // Big-endian and of equal length: comparing the bytes compares the numbers.
        if signature.len() != self.modulus.len() || signature >= self.modulus() {
            return false;
        }
        self.kernel.power_matches(signature, digest)
    }
}

/// Writes the EMSA-PKCS1-v1_5 encoding (RFC 8017 section 9.2) of a digest of zeros over zeros: 00
/// 01 FF .. FF 00, `DigestInfo`, digest.
fn write_encoding_template(encoded: &mut [u8]) {
    let padded = encoded.len().saturating_sub(DIGEST_INFO.len() + DIGEST_BYTES);
    if let Some((padding, rest)) = encoded.split_at_mut_checked(padded) {
        padding.fill(0xff);
        padding.iter_mut().zip([0x00, 0x01]).for_each(|(to, from)| *to = from);
        rest.iter_mut().zip(DIGEST_INFO).for_each(|(to, from)| *to = from);
    }
}

/// Returns the bits of a big-endian number without leading zeros, saturated.
fn bit_length(bytes: &[u8]) -> u32 {
    let Some(first) = bytes.first() else { return 0 };
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    len.saturating_mul(8).saturating_sub(first.leading_zeros())
}

fn read_exponent(bytes: &[u8]) -> Option<u32> {
    let mut exponent = 0_u32;
    for byte in bytes {
        if exponent >> 24 != 0 {
            return None;
        }
        exponent = exponent << 8 | u32::from(*byte);
    }
    (exponent >= 3 && exponent % 2 == 1).then_some(exponent)
}
