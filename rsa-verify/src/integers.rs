//! Operations that every kernel needs, whatever its limbs.

/// Returns the limbs of a big-endian number, the lowest first, and then zeros without end. A limb
/// has `BITS` bits, at most 60.
pub(crate) fn limbs<const BITS: u32>(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let mut bytes = bytes.iter().rev();
    let (mut buffer, mut overflow, mut bits) = (0, 0, 0);
    core::iter::repeat_with(move || {
        while bits < BITS {
            let byte = u64::from(bytes.next().copied().unwrap_or(0));
            buffer |= byte << bits;
            // Wider limbs leave too few bits for the last byte.
            if BITS > 56 && bits > 56 {
                overflow = byte >> (64 - bits);
            }
            bits += 8;
        }
        let limb = buffer & ((1 << BITS) - 1);
        buffer = buffer >> BITS | overflow << (64 - BITS);
        overflow = 0;
        bits -= BITS;
        limb
    })
}

/// Returns 1 / `odd` mod 2^64 by Newton's iteration: correct in 3 bits at first, in twice as many
/// after each round.
pub(crate) fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse
}

/// Returns the bits of an exponent below its highest, from left to right.
pub(crate) fn bits_below_highest(exponent: u32) -> impl Iterator<Item = bool> {
    (0..exponent.checked_ilog2().unwrap_or(0)).rev().map(move |bit| exponent >> bit & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::limbs;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    fn value<const BITS: u32>(bytes: &[u8]) -> BigUint {
        let count = bytes.len() * 8 / BITS as usize + 1;
        let limbs: alloc::vec::Vec<u64> = limbs::<BITS>(bytes).take(count).collect();
        limbs.iter().rev().fold(BigUint::ZERO, |value, limb| (value << BITS) + *limb)
    }

    proptest! {
        #[test]
        fn limbs_of_every_width_make_the_number(bytes in any::<[u8; 67]>()) {
            let expected = BigUint::from_bytes_be(&bytes);
            prop_assert_eq!(value::<28>(&bytes), expected.clone());
            prop_assert_eq!(value::<51>(&bytes), expected.clone());
            prop_assert_eq!(value::<60>(&bytes), expected);
        }
    }
}
