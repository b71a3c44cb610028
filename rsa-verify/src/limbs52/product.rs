//! The product of [`limbs52`](super), written over vectors of eight lanes that are the processor's
//! or a model of them.
//!
//! Each digit d of one number is multiplied with all limbs of the other, and q n is added with the
//! digit q of the quotient that clears the lowest limb. Then everything moves down by one limb.
//! Carries are propagated once, at the end.
//!
//! The next digit of the quotient waits for the two lowest limbs only. They are held in scalar
//! registers and complete, with carries, while the vectors follow; lanes 0 and 1 of the first vector
//! are computed, too, but not read.
//!
//! Bounds:
//! - A lane gets four summands below 2^52 for each digit, and moves down with each. It is summed over
//!   at most 79 digits, so it stays below 316 x 2^52 < 2^61.
//! - `lowest` and `next` are at most a lane and a carry. A carry is the upper part of two products
//!   below 2^104 and a limb below 2^62, so it is below 2^53 + 2^10 + 1; the sums are below 2^62.

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

    /// Returns lane 1.
    fn second(self) -> u64;
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

    fn second(self) -> u64 {
        self[1]
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
        let next = sums.first().map_or(0, |first| first.second());
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
    let mut limbs = sums.map(L::store);
    if let Some(first) = limbs.as_flattened_mut().first_mut() {
        *first = lowest;
    }
    let mut carry = 0;
    for limb in limbs.as_flattened_mut() {
        let sum = *limb + carry;
        *limb = sum & MASK;
        carry = sum >> LIMB_BITS;
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
