//! Prepared keys.

use rsa_verify::{DIGEST_BYTES, PublicKey};

/// Keys that stay prepared: enough for a few issuers. Preparing a key takes as long as verifying a
/// signature, so a program that alternates between more keys takes twice the time.
pub const CAPACITY: usize = 16;

/// The keys that were prepared last. A new key replaces the oldest.
#[derive(Debug)]
pub struct Cache {
    keys: [Option<PublicKey>; CAPACITY],
    next: usize,
}

impl Cache {
    /// Creates an empty cache.
    #[must_use]
    pub const fn new() -> Self {
        Self { keys: [const { None }; CAPACITY], next: 0 }
    }

    /// Returns whether the signature in a message is valid; the crate's documentation has the
    /// layout. A message of another length and a key that is not accepted are not.
    pub fn verifies(&mut self, message: &[u8], modulus_bytes: usize) -> bool {
        let mut verify = || {
            let (digest, message) = message.split_first_chunk::<DIGEST_BYTES>()?;
            let (exponent, message) = message.split_first_chunk::<4>()?;
            let (modulus, signature) = message.split_at_checked(modulus_bytes)?;
            let signature = signature.get(..modulus_bytes)?;
            let key = self.key(modulus, u32::from_le_bytes(*exponent))?;
            Some(key.verifies_digest(digest, signature))
        };
        verify().unwrap_or(false)
    }

    /// Returns a prepared key.
    fn key(&mut self, modulus: &[u8], exponent: u32) -> Option<&PublicKey> {
        let is_same = |key: &Option<PublicKey>| {
            key.as_ref().is_some_and(|key| key.modulus() == modulus && key.exponent() == exponent)
        };
        let slot = match self.keys.iter().position(is_same) {
            Some(slot) => slot,
            None => {
                let key = PublicKey::new(modulus, &exponent.to_be_bytes()).ok()?;
                let slot = self.next;
                *self.keys.get_mut(slot)? = Some(key);
                self.next = (slot + 1) % CAPACITY;
                slot
            }
        };
        self.keys.get(slot)?.as_ref()
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, Cache};
    use num_bigint::BigUint;
    use rsa_verify::DIGEST_BYTES;

    /// The encoding of a digest of 2048 bits (RFC 8017 section 9.2).
    fn encoding(digest: [u8; DIGEST_BYTES]) -> BigUint {
        let info = "003031300d060960864801650304020105000420";
        let padding = "ff".repeat(256 - 2 - info.len() / 2 - DIGEST_BYTES);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = format!("0001{padding}{info}{digest}");
        BigUint::parse_bytes(hex.as_bytes(), 16).expect("hexadecimal digits")
    }

    /// A modulus for which `signature`, about 6 x 2^680, is the signature of the digest with the
    /// exponent 3: the cube less the encoding, which is odd.
    fn message(signature: &BigUint, digest: [u8; DIGEST_BYTES]) -> Vec<u8> {
        let modulus = signature.pow(3) - encoding(digest);
        let padded = |number: &BigUint| {
            let bytes = number.to_bytes_be();
            [vec![0; 256 - bytes.len()], bytes].concat()
        };
        [&digest[..], &3_u32.to_le_bytes(), &padded(&modulus), &padded(signature)].concat()
    }

    fn signature(index: u32) -> BigUint {
        // The cube has 2048 bits, and the encoding an odd digest.
        (BigUint::from(6_u8) << 680) + BigUint::from(2 * index)
    }

    const DIGEST: [u8; DIGEST_BYTES] = [0x5d; DIGEST_BYTES];

    #[test]
    fn more_keys_than_the_cache_holds_get_the_verdict_of_few() {
        let mut cache = Cache::new();
        let count = u32::try_from(CAPACITY).expect("a small number") + 3;
        for _ in 0..2 {
            for index in 0..count {
                let good = message(&signature(index), DIGEST);
                assert!(cache.verifies(&good, 256), "key {index}");
                let other_digest = [&[0; DIGEST_BYTES], &good[DIGEST_BYTES..]].concat();
                assert!(!cache.verifies(&other_digest, 256), "key {index}");
                let mut other_exponent = good.clone();
                other_exponent[DIGEST_BYTES] = 5;
                assert!(!cache.verifies(&other_exponent, 256), "key {index}");
            }
        }
    }

    #[test]
    fn messages_of_another_length_and_unacceptable_keys_are_not_valid() {
        let mut cache = Cache::new();
        let good = message(&signature(0), DIGEST);
        assert!(cache.verifies(&good, 256));
        for modulus_bytes in [0, 1, 255, 257, 512, usize::MAX] {
            assert!(!cache.verifies(&good, modulus_bytes), "{modulus_bytes}");
        }
        assert!(!cache.verifies(&good[..good.len() - 1], 256), "a byte less");
        assert!(!cache.verifies(&[], 0), "nothing");
        let mut even_exponent = good.clone();
        even_exponent[DIGEST_BYTES] = 2;
        assert!(!cache.verifies(&even_exponent, 256), "an even exponent");
    }
}
