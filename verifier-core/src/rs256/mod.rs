//! RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2, RFC 7518 section 3.3): verification only.
//!
//! Everything here works on public values and takes variable time. **It must never be used for
//! signing.**

pub(crate) mod kernel;
pub(crate) mod sha256;

use alloc::vec::Vec;
use kernel::{Kernel, Native};

/// Smallest modulus, in bits (RFC 7518 section 3.3).
pub const MIN_MODULUS_BITS: u32 = 2048;
/// Largest modulus, in bits: bounds the work of one verification.
pub const MAX_MODULUS_BITS: u32 = 4096;
const MAX_MODULUS_BYTES: usize = (MAX_MODULUS_BITS / 8) as usize;

/// The zero that ends the padding, and the DER of `DigestInfo` up to the digest: SHA-256 with its
/// NULL parameter (RFC 8017 section 9.2, note 1).
const DIGEST_INFO: [u8; 20] = [
    0x00, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
    0x05, 0x00, 0x04, 0x20,
];

/// Why a modulus or an exponent is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidKey {
    /// The modulus is shorter than [`MIN_MODULUS_BITS`].
    TooSmall { bits: u32 },
    /// The modulus is longer than [`MAX_MODULUS_BITS`].
    TooLarge { bits: u32 },
    /// The modulus is even.
    ModulusEven,
    /// The exponent is even, below 3, or 2^32 or more.
    ExponentInvalid,
}

/// An RSA public key with what verification needs of it computed once.
#[derive(Clone, Debug)]
pub(crate) struct RsaPublicKey {
    /// Big-endian, without leading zeros.
    modulus: Vec<u8>,
    kernel: Native,
    bits: u32,
    exponent: u32,
}

impl RsaPublicKey {
    /// Takes a modulus and an exponent, both big-endian with any number of leading zeros.
    ///
    /// The modulus is measured by its own bits, not by its encoding: 2048 to 4096 of them, and
    /// odd. The exponent is odd and from 3 to 2^32 - 1.
    ///
    /// # Errors
    /// The first [`InvalidKey`] of: size of the modulus, exponent, parity of the modulus.
    pub(crate) fn new(mut modulus: &[u8], exponent: &[u8]) -> Result<Self, InvalidKey> {
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
        let mut encoded = [0; MAX_MODULUS_BYTES];
        // There is room for as many bytes as may be.
        let Some(encoded) = encoded.get_mut(..modulus.len()) else {
            return Err(InvalidKey::TooLarge { bits });
        };
        write_encoded_message(encoded);
        Ok(Self {
            modulus: modulus.to_vec(),
            kernel: Native::new(modulus, exponent, encoded),
            bits,
            exponent,
        })
    }

    /// Bits of the modulus.
    pub(crate) const fn bits(&self) -> u32 {
        self.bits
    }

    /// The public exponent.
    pub(crate) const fn exponent(&self) -> u32 {
        self.exponent
    }

    /// The modulus, big-endian without leading zeros.
    pub(crate) fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// Whether `signature` is this key's for `text` (RFC 8017 section 8.2.2).
    ///
    /// What the signature yields is compared, as a number, with the whole of the one encoding that
    /// there is for the text, and never parsed, which is what the forgeries against small
    /// exponents live on.
    pub(crate) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        // Both big-endian and, from here on, of one length: comparing the bytes compares the
        // numbers.
        if signature.len() != self.modulus.len() || signature >= self.modulus.as_slice() {
            return false;
        }
        self.kernel.power_is_expected(signature, &sha256::digest(text))
    }
}

/// EMSA-PKCS1-v1_5 (RFC 8017 section 9.2) of a digest of zeros: 00 01 FF .. FF 00, `DigestInfo`,
/// digest; fills `encoded`.
fn write_encoded_message(encoded: &mut [u8]) {
    encoded.fill(0xff);
    if let [zero, one, ..] = encoded {
        (*zero, *one) = (0x00, 0x01);
    }
    if let Some((padded, digest)) = encoded.split_last_chunk_mut() {
        *digest = [0; sha256::DIGEST_BYTES];
        if let Some(place) = padded.last_chunk_mut() {
            *place = DIGEST_INFO;
        }
    }
}

/// Bits of a big-endian number without leading zeros; saturates for absurd lengths.
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
