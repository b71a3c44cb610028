//! An inflated status list.

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use verifier_core::StatusList;

/// Most bytes of an inflated list: 16 million statuses of one bit.
pub(super) const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The statuses of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statuses {
    bits: u8,
    bytes: Vec<u8>,
}

impl Statuses {
    /// Inflates a list.
    ///
    /// # Errors
    /// The reason: it is not zlib (RFC 1950), or larger than [`MAX_BYTES`].
    pub(super) fn inflate(list: &StatusList) -> Result<Self, String> {
        let bytes =
            decompress_to_vec_zlib_with_limit(list.compressed(), MAX_BYTES).map_err(|error| {
                format!("the list cannot be inflated within {MAX_BYTES} bytes: {error}")
            })?;
        Ok(Self { bits: list.bits(), bytes })
    }

    /// Returns the status at an index; `None` beyond the end. 0 is a valid token (section 7.1).
    pub(super) fn get(&self, index: u64) -> Option<u8> {
        let per_byte = u64::from(8 / self.bits);
        let byte = *self.bytes.get(usize::try_from(index / per_byte).ok()?)?;
        let shift = u32::try_from(index % per_byte).ok()? * u32::from(self.bits);
        let mask = u8::MAX >> (8 - u32::from(self.bits));
        Some((byte >> shift) & mask)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use test_support::claims::status_list_claims;
    use test_support::encoding::unb64;
    use test_support::signer::Signer;
    use verifier_core::{KeySet, Policy, UnixTime, Verifier};

    use super::*;
    use crate::testing::NOW;

    /// The examples of section 4.1.
    #[test]
    fn the_first_status_is_in_the_lowest_bits() {
        let one = Statuses { bits: 1, bytes: vec![0xb9, 0xa3] };
        let expected = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
        assert!((0..16).zip(expected).all(|(index, status)| one.get(index) == Some(status)));
        assert_eq!((one.get(16), one.get(u64::MAX)), (None, None));

        let two = Statuses { bits: 2, bytes: vec![0xc9, 0x44, 0xf9] };
        let expected = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
        assert!((0..12).zip(expected).all(|(index, status)| two.get(index) == Some(status)));
        assert_eq!(two.get(12), None);

        let four = Statuses { bits: 4, bytes: vec![0x2f] };
        assert_eq!([four.get(0), four.get(1), four.get(2)], [Some(15), Some(2), None]);
        let eight = Statuses { bits: 8, bytes: vec![0x2f] };
        assert_eq!([eight.get(0), eight.get(1)], [Some(0x2f), None]);
    }

    /// The test vectors of the draft's appendix: 2^20 statuses each, all 0 but those that
    /// are listed.
    #[test]
    fn the_drafts_test_vectors_are_read_as_it_says() {
        #[derive(serde::Deserialize)]
        struct Vector {
            bits: u8,
            lst: String,
            statuses: BTreeMap<u64, u8>,
        }
        let vectors: Vec<Vector> =
            serde_json::from_str(include_str!("vectors.json")).expect("vectors");
        assert_eq!(vectors.iter().map(|vector| vector.bits).collect::<Vec<_>>(), [1, 2, 4, 8]);
        let signer = Signer::generated("k1");
        let verifier =
            Verifier::new(KeySet::parse(&signer.public_pem()).expect("a key"), Policy::default());
        for Vector { bits, lst, statuses } in vectors {
            let compressed = unb64(&lst);
            let token = signer.status_list(&status_list_claims("u", NOW, bits, &compressed));
            let list =
                verifier.verify_status_list(&token, "u", UnixTime::from_secs(NOW)).expect("a list");
            let read = Statuses::inflate(&list).expect("within the limit");
            for index in 0..1 << 20 {
                let expected = statuses.get(&index).copied().unwrap_or(0);
                assert_eq!(read.get(index), Some(expected), "{bits} bits, index {index}");
            }
            assert_eq!(read.get(1 << 20), None);
        }
    }
}
