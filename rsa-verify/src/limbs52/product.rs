//! The product of [`limbs52`](super), written over vectors of eight lanes that are the processor's
//! or a model of them.
//!
//! Each digit d of one number is multiplied with all limbs of the other, and q n is added with the
//! digit q of the quotient that clears the lowest limb. Then everything moves down by one limb.
//! Carries are propagated once, at the end, and for all limbs at once.
//!
//! The next digit of the quotient waits for the lowest limb only. It is held in a scalar register,
//! complete with its carries, while the vectors follow: lane 0 of the first vector is computed, but
//! not read, and the last products of lane 1 are computed in scalars, too.
//!
//! Bounds:
//! - A lane gets four summands below 2^52 for each digit, and moves down with each. It is summed
//!   over at most 79 digits, so it stays below 316 x 2^52 < 2^61.
//! - `lowest` and `next` are at most a lane and a carry. A carry is the upper part of two products
//!   below 2^104 and a limb below 2^62, so it is below 2^53 + 2^10 + 1; the sums are below 2^62.

use crate::integers;

/// Limbs in a vector.
pub(crate) const LANES: usize = 8;

/// A number of 8 V limbs of 52 bits, the lowest first.
pub(crate) type Number<const V: usize> = [[u64; LANES]; V];

const LIMB_BITS: u32 = 52;
const MASK: u64 = (1 << LIMB_BITS) - 1;

/// Eight lanes of 64 bits.
pub(super) trait Vector: Copy {
    fn load(lanes: &[u64; LANES]) -> Self;

    fn store(self) -> [u64; LANES];

    fn splat(number: u64) -> Self;

    /// Adds the lower 52 bits of the products of the lower 52 bits of the factors.
    fn add_low(self, a: Self, b: Self) -> Self;

    /// Adds the upper 52 bits of the products of the lower 52 bits of the factors.
    fn add_high(self, a: Self, b: Self) -> Self;

    /// Moves each lane down by one. The highest is the lowest of `above`.
    fn moved_down(self, above: Self) -> Self;

    /// Moves each lane up by one. The lowest is the highest of `below`.
    fn moved_up(self, below: Self) -> Self;

    /// Returns lane 1.
    fn second(self) -> u64;

    /// Replaces lane 0.
    fn with_first(self, number: u64) -> Self;

    /// Adds the lanes, which must not overflow.
    fn plus(self, other: Self) -> Self;

    /// Returns the lower 52 bits of each lane, and the bits above them.
    fn split(self) -> (Self, Self);

    /// Returns the lanes that have more than 52 bits, and those whose lower 52 bits are ones and
    /// whose others are zeros. The lowest bit is lane 0.
    fn over_and_full(self) -> (u8, u8);

    /// Adds 1 to some lanes, and keeps the lower 52 bits of each.
    fn incremented(self, lanes: u8) -> Self;
}

impl Vector for [u64; LANES] {
    fn load(lanes: &[u64; LANES]) -> Self {
        *lanes
    }

    fn store(self) -> [u64; LANES] {
        self
    }

    fn splat(number: u64) -> Self {
        [number; LANES]
    }

    fn add_low(self, a: Self, b: Self) -> Self {
        self.added(a, b, |product| low_64(product) & MASK)
    }

    fn add_high(self, a: Self, b: Self) -> Self {
        self.added(a, b, |product| low_64(product >> LIMB_BITS))
    }

    fn moved_down(self, [lowest_above, ..]: Self) -> Self {
        let [_, l1, l2, l3, l4, l5, l6, l7] = self;
        [l1, l2, l3, l4, l5, l6, l7, lowest_above]
    }

    fn moved_up(self, [.., highest_below]: Self) -> Self {
        let [l0, l1, l2, l3, l4, l5, l6, _] = self;
        [highest_below, l0, l1, l2, l3, l4, l5, l6]
    }

    fn second(self) -> u64 {
        self[1]
    }

    fn with_first(mut self, number: u64) -> Self {
        self[0] = number;
        self
    }

    fn plus(mut self, other: Self) -> Self {
        self.iter_mut().zip(other).for_each(|(sum, lane)| *sum += lane);
        self
    }

    fn split(self) -> (Self, Self) {
        (self.map(|lane| lane & MASK), self.map(|lane| lane >> LIMB_BITS))
    }

    fn over_and_full(self) -> (u8, u8) {
        let bits = |is: fn(u64) -> bool| {
            self.into_iter().rev().fold(0, |bits, lane| bits << 1 | u8::from(is(lane)))
        };
        (bits(|lane| lane > MASK), bits(|lane| lane == MASK))
    }

    fn incremented(mut self, lanes: u8) -> Self {
        for (index, lane) in self.iter_mut().enumerate() {
            *lane = (*lane + u64::from(lanes >> index & 1)) & MASK;
        }
        self
    }
}

/// For the model only.
trait Added {
    fn added(self, a: Self, b: Self, part: impl Fn(u128) -> u64) -> Self;
}

impl Added for [u64; LANES] {
    fn added(mut self, a: Self, b: Self, part: impl Fn(u128) -> u64) -> Self {
        for (sum, (a, b)) in self.iter_mut().zip(a.into_iter().zip(b)) {
            *sum += part(product(a & MASK, b & MASK));
        }
        self
    }
}

/// As [`Multiply::raise`](super::Multiply::raise).
#[inline(always)]
pub(super) fn raise<L: Vector, const V: usize>(
    base: &Number<V>,
    exponent: u32,
    len: usize,
    modulus: &Number<V>,
    negative_inverse: u64,
) -> Number<V> {
    let mut power = *base;
    for bit in integers::bits_below_highest(exponent) {
        power = multiply::<L, V>(first(&power, len), &power, modulus, negative_inverse);
        if bit {
            power = multiply::<L, V>(first(base, len), &power, modulus, negative_inverse);
        }
    }
    power
}

/// Returns the first limbs of a number.
pub(super) fn first<const V: usize>(number: &Number<V>, len: usize) -> &[u64] {
    number.as_flattened().get(..len).unwrap_or_default()
}

/// As [`Multiply::multiply`](super::Multiply::multiply).
#[inline(always)]
pub(super) fn multiply<L: Vector, const V: usize>(
    digits: &[u64],
    number: &Number<V>,
    modulus: &Number<V>,
    negative_inverse: u64,
) -> Number<V> {
    let zero = L::splat(0);
    let ([[b0, b1, ..], ..], [[n0, n1, ..], ..]) = (number.as_slice(), modulus.as_slice()) else {
        return [[0; LANES]; V];
    };
    let b = number.each_ref().map(L::load);
    let n = modulus.each_ref().map(L::load);
    let mut sums = [zero; V];
    let mut lowest = 0;
    for digit in digits {
        let d = L::splat(*digit);
        let t = product(*digit, *b0) + u128::from(lowest);
        let quotient = low_64(t).wrapping_mul(negative_inverse) & MASK;
        let q = L::splat(quotient);
        let carry = low_64((t + product(quotient, *n0)) >> LIMB_BITS);
        // Complete but for the lower halves of this digit's products.
        let next = if let [first, ..] = &sums[..] { first.second() } else { 0 };
        for (sum, b) in sums.iter_mut().zip(b) {
            *sum = sum.add_low(d, b);
        }
        for (sum, n) in sums.iter_mut().zip(n) {
            *sum = sum.add_low(q, n);
        }
        let low = |a: u64, b: u64| a.wrapping_mul(b) & MASK;
        lowest = carry + next + low(*digit, *b1) + low(quotient, *n1);
        // Everything moves down by one limb.
        for index in 0..V {
            let above = sums.get(index + 1).copied().unwrap_or(zero);
            if let Some(sum) = sums.get_mut(index) {
                *sum = sum.moved_down(above);
            }
        }
        for (sum, b) in sums.iter_mut().zip(b) {
            *sum = sum.add_high(d, b);
        }
        for (sum, n) in sums.iter_mut().zip(n) {
            *sum = sum.add_high(q, n);
        }
    }
    if let Some(first) = sums.first_mut() {
        *first = first.with_first(lowest);
    }
    with_carries(sums).map(L::store)
}

/// Propagates the carries of lanes below 2^62: each limb is below 2^52 then. No carry leaves the
/// highest.
///
/// First, each lane gets the upper bits of the lane below, at most 10, so that it is below 2^52 +
/// 2^10. What remains to carry is 1 at most. A lane yields a carry if it is over 2^52 - 1, or if it
/// equals that and gets a carry. An addition of integers with a bit for each lane ripples through
/// these runs.
#[inline(always)]
fn with_carries<L: Vector, const V: usize>(sums: [L; V]) -> [L; V] {
    let mut below = L::splat(0);
    let (mut over, mut full) = (0_u128, 0_u128);
    let mut limbs = sums;
    for (index, limbs) in limbs.iter_mut().enumerate() {
        let (low, high) = limbs.split();
        *limbs = low.plus(high.moved_up(below));
        below = high;
        let (lanes_over, lanes_full) = limbs.over_and_full();
        over |= u128::from(lanes_over) << (LANES * index);
        full |= u128::from(lanes_full) << (LANES * index);
    }
    let carried = ((over << 1) + full) ^ full;
    for (index, limbs) in limbs.iter_mut().enumerate() {
        *limbs = limbs.incremented(low_8(carried >> (LANES * index)));
    }
    limbs
}

fn product(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is wanted")]
const fn low_64(value: u128) -> u64 {
    value as u64
}

#[expect(clippy::cast_possible_truncation, reason = "the lowest lanes are wanted")]
const fn low_8(lanes: u128) -> u8 {
    lanes as u8
}

#[cfg(test)]
mod tests {
    use super::{LANES, LIMB_BITS, MASK, Number, with_carries};
    use num_bigint::BigUint;
    use proptest::prelude::*;

    fn value(lanes: &Number<2>) -> BigUint {
        let lanes = lanes.as_flattened().iter().rev();
        lanes.fold(BigUint::ZERO, |value, lane| (value << LIMB_BITS) + *lane)
    }

    /// Lanes that carry, pass a carry on, or do neither.
    fn lane() -> impl Strategy<Value = u64> {
        prop_oneof![
            4 => Just(MASK),
            1 => Just(MASK + 1),
            1 => Just(0),
            1 => Just((1 << 62) - 1),
            2 => 0..1_u64 << 62
        ]
    }

    proptest! {
        #[test]
        fn carries_do_not_change_the_number(lanes in prop::array::uniform16(lane())) {
            let mut sums: Number<2> = [[0; LANES]; 2];
            sums.as_flattened_mut().copy_from_slice(&lanes);
            // No carry may leave the highest limb.
            sums[1][LANES - 1] &= MASK >> 12;
            let limbs = with_carries(sums);
            prop_assert_eq!(value(&limbs), value(&sums));
            prop_assert!(limbs.as_flattened().iter().all(|limb| *limb <= MASK));
        }
    }
}
