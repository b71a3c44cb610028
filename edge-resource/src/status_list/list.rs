//! A list as it is looked up: inflated, within a limit.

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use verifier_core::StatusList;

/// Most bytes of a list when inflated: 16 million statuses of one bit.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The statuses of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses {
    bits: u8,
    bytes: Vec<u8>,
}

impl Statuses {
    /// Inflates a list.
    ///
    /// # Errors
    /// In words: it is not zlib (RFC 1950), or larger than [`MAX_BYTES`].
    pub fn inflate(list: &StatusList) -> Result<Self, String> {
        let bytes = decompress_to_vec_zlib_with_limit(list.compressed(), MAX_BYTES)
            .map_err(|error| format!("the list cannot be inflated within {MAX_BYTES} bytes: {error}"))?;
        Ok(Self { bits: list.bits(), bytes })
    }

    /// The status at a place; nothing beyond the end. 0 is a token that counts (section 7.1).
    #[must_use]
    pub fn get(&self, index: u64) -> Option<u8> {
        let per_byte = u64::from(8 / self.bits);
        let byte = *self.bytes.get(usize::try_from(index / per_byte).ok()?)?;
        let shift = u32::try_from(index % per_byte).ok()? * u32::from(self.bits);
        let mask = u8::MAX >> (8 - u32::from(self.bits));
        Some((byte >> shift) & mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
