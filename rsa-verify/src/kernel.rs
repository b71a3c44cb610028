//! The interface of the kernels.

/// Bytes of a SHA-256 digest.
pub const DIGEST_BYTES: usize = 32;

/// A modulus and an exponent, prepared for comparing powers with one encoding that varies only in
/// its digest.
///
/// Moduli are odd and have 2048 to 4096 bits, exponents are odd and at least 3. All numbers are
/// big-endian byte strings of the length of the modulus, and below it. [`crate::PublicKey`]
/// guarantees this.
pub(crate) trait Kernel: Sized {
    /// Prepares a modulus without leading zeros. `template` is the expected power with a digest of
    /// zeros in its last [`DIGEST_BYTES`].
    fn new(modulus: &[u8], exponent: u32, template: &[u8]) -> Self;

    /// Returns whether `base`^exponent mod n equals the template with this digest, in all bits.
    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool;
}
