//! Two numbers in one vector, and the operation that [`limbs51`](super) is built on: a product of
//! limbs, split exactly by two fused multiply-adds. One version is for wasm with relaxed SIMD, and
//! a portable one, which is slow, for the tests.
//!
//! For integers 0 <= x <= 2^52 and 0 <= y < 2^51, and doubles that round to the nearest:
//! - x y + 2^103 is in [2^103, 2^104), where the doubles are the multiples of 2^51. The first
//!   multiply-add, which rounds once, yields 2^103 + h 2^51, with x y = h 2^51 + l, 0 <= h <= 2^52
//!   and |l| <= 2^50. Up to 2^104, incrementing h increments the bits of the double: they are the
//!   bits of 2^103 plus h.
//! - (2^103 + 3 2^51) - (2^103 + h 2^51) = (3 - h) 2^51 is exact: |3 - h| <= 2^52.
//! - The second multiply-add yields x y + (3 - h) 2^51 = 3 2^51 + l: an integer in (2^52, 2^53), so
//!   it is exact too, and its bits are those of 3 2^51 plus l.
//!
//! So the bits of h and l can be summed as integers when the bits of 2^103 and of 3 2^51 are
//! subtracted once for each summand: modulo 2^64 the order does not matter. Both are multiples of
//! 2^51, so they do not change lower bits.
//!
//! A multiply-add that rounds twice would give wrong verdicts: the program that selects this module
//! must have checked that the engine rounds once (see `js/engine.ts` of verifier-wasm). An engine
//! makes that choice once for everything it runs (WebAssembly 3.0, section 4.3.4).

/// Bits of a limb: h and l are counted in its powers.
pub(super) const LIMB_BITS: usize = 51;

/// 2^103.
const HIGH: f64 = (1_u128 << 103) as f64;
/// 2^103 + 3 2^51.
const HIGH_AND_LOW: f64 = ((1_u128 << 103) + (3 << LIMB_BITS)) as f64;

/// The bits of the upper half of a product without h.
pub(super) const HIGH_BITS: i64 = HIGH.to_bits().cast_signed();
/// The bits of the lower half without l.
pub(super) const LOW_BITS: i64 = ((3_u64 << LIMB_BITS) as f64).to_bits().cast_signed();

#[cfg(not(all(target_arch = "wasm32", target_feature = "relaxed-simd")))]
pub(super) use portable::{
    Columns, Pair, add, columns, numbers, pair, splats, split, splitters, sums,
};
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
pub(super) use relaxed::{
    Columns, Pair, add, columns, numbers, pair, splats, split, splitters, sums,
};

#[cfg(not(all(target_arch = "wasm32", target_feature = "relaxed-simd")))]
mod portable {
    use super::{HIGH, HIGH_AND_LOW};

    // For `f64::mul_add`, which rounds once on every machine.
    extern crate std;

    /// Two neighbouring limbs.
    pub(in super::super) type Pair = [f64; 2];

    /// The sums of two neighbouring columns.
    pub(in super::super) type Columns = [i64; 2];

    pub(in super::super) const fn pair(numbers: [f64; 2]) -> Pair {
        numbers
    }

    pub(in super::super) const fn numbers(pair: Pair) -> [f64; 2] {
        pair
    }

    /// Each number twice.
    pub(in super::super) const fn splats([first, second]: Pair) -> [Pair; 2] {
        [[first, first], [second, second]]
    }

    pub(in super::super) const fn columns(sums: [i64; 2]) -> Columns {
        sums
    }

    pub(in super::super) const fn sums(columns: Columns) -> [i64; 2] {
        columns
    }

    /// Sums modulo 2^64.
    pub(in super::super) const fn add([a0, a1]: Columns, [b0, b1]: Columns) -> Columns {
        [a0.wrapping_add(b0), a1.wrapping_add(b1)]
    }

    /// 2^103 and 2^103 + 3 2^51.
    pub(in super::super) const fn splitters() -> [Pair; 2] {
        [[HIGH; 2], [HIGH_AND_LOW; 2]]
    }

    /// The bits of 3 2^51 + l and of 2^103 + h 2^51 for the products of `digit` with two limbs.
    pub(in super::super) fn split(
        limbs: Pair,
        digit: Pair,
        splitters: [Pair; 2],
    ) -> (Columns, Columns) {
        let [first, second] = [0, 1].map(|lane| {
            let [limb, digit, high, high_and_low] = [limbs, digit, splitters[0], splitters[1]]
                .map(|pair| if lane == 0 { pair[0] } else { pair[1] });
            let high = limb.mul_add(digit, high);
            [limb.mul_add(digit, high_and_low - high), high]
                .map(|double| double.to_bits().cast_signed())
        });
        let ([low0, high0], [low1, high1]) = (first, second);
        ([low0, low1], [high0, high1])
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
mod relaxed {
    use super::{HIGH, HIGH_AND_LOW};
    use core::arch::wasm32::{
        f64x2, f64x2_extract_lane, f64x2_relaxed_madd, f64x2_splat, f64x2_sub, i64x2, i64x2_add,
        i64x2_extract_lane, v128,
    };

    /// Two neighbouring limbs.
    pub(in super::super) type Pair = v128;

    /// The sums of two neighbouring columns.
    pub(in super::super) type Columns = v128;

    pub(in super::super) const fn pair([first, second]: [f64; 2]) -> Pair {
        f64x2(first, second)
    }

    pub(in super::super) fn numbers(pair: Pair) -> [f64; 2] {
        [f64x2_extract_lane::<0>(pair), f64x2_extract_lane::<1>(pair)]
    }

    /// Each number twice.
    pub(in super::super) fn splats(pair: Pair) -> [Pair; 2] {
        let [first, second] = numbers(pair);
        [f64x2_splat(first), f64x2_splat(second)]
    }

    pub(in super::super) const fn columns([first, second]: [i64; 2]) -> Columns {
        i64x2(first, second)
    }

    pub(in super::super) fn sums(columns: Columns) -> [i64; 2] {
        [i64x2_extract_lane::<0>(columns), i64x2_extract_lane::<1>(columns)]
    }

    /// Sums modulo 2^64.
    pub(in super::super) fn add(a: Columns, b: Columns) -> Columns {
        i64x2_add(a, b)
    }

    /// 2^103 and 2^103 + 3 2^51, read from memory once for a row of products: engines may
    /// construct a constant again at each use, which takes a sixth of all the time.
    pub(in super::super) fn splitters() -> [Pair; 2] {
        *core::hint::black_box(&[f64x2_splat(HIGH), f64x2_splat(HIGH_AND_LOW)])
    }

    /// The bits of 3 2^51 + l and of 2^103 + h 2^51 for the products of `digit` with two limbs.
    pub(in super::super) fn split(
        limbs: Pair,
        digit: Pair,
        [high, high_and_low]: [Pair; 2],
    ) -> (Columns, Columns) {
        let high = f64x2_relaxed_madd(limbs, digit, high);
        (f64x2_relaxed_madd(limbs, digit, f64x2_sub(high_and_low, high)), high)
    }
}

#[cfg(test)]
mod tests {
    use super::{HIGH_BITS, LIMB_BITS, LOW_BITS, pair, split, splitters, sums};
    use proptest::prelude::*;

    /// Asserts that the halves of a product make it, and how large they are.
    fn check(limb: u64, digit: u64) {
        let (low, high) = split(pair([limb as f64, 1.0]), pair([digit as f64; 2]), splitters());
        let [low, high] = [(low, LOW_BITS), (high, HIGH_BITS)]
            .map(|(halves, bits)| sums(halves).map(|half| half.wrapping_sub(bits)));
        assert_eq!(
            i128::from(limb) * i128::from(digit),
            (i128::from(high[0]) << LIMB_BITS) + i128::from(low[0]),
            "{limb} times {digit}"
        );
        assert!(
            (0..=1 << 52).contains(&high[0]) && low[0].abs() <= 1 << 50,
            "{limb} times {digit}"
        );
        assert_eq!(
            (i128::from(high[1]) << LIMB_BITS) + i128::from(low[1]),
            i128::from(digit),
            "beside it"
        );
    }

    /// Numbers around every power of two, and the largest that there may be.
    fn edges(end: u64) -> impl Iterator<Item = u64> {
        (0..=52)
            .flat_map(|bit| (-3..=3).map(move |off| (1_u64 << bit).saturating_add_signed(off)))
            .filter(move |n| *n <= end)
    }

    #[test]
    fn products_of_numbers_around_powers_of_two_are_split_exactly() {
        for limb in edges(1 << 52) {
            edges((1 << LIMB_BITS) - 1).for_each(|digit| check(limb, digit));
        }
    }

    proptest! {
        #[test]
        fn all_products_are_split_exactly(limb in 0..=1_u64 << 52, digit in 0..1_u64 << LIMB_BITS) {
            check(limb, digit);
        }

        #[test]
        fn products_in_the_middle_between_two_halves_are_split_exactly(odd in 0..1_u64 << 25, shift in 25..=26_u32) {
            // x y is an odd multiple of 2^50: either half would do.
            check((2 * odd + 1) << shift, 1 << (50 - shift));
        }
    }
}
