//! 28-bit limbs whose products are summed in 64 bits, with carries taken late: for wasm, which has no wider product.
//!
//! Numbers are little-endian slices of K limbs below 2^28, where K is the smallest multiple of 4 with
//! 28 K >= b + 58 for a modulus n of b bits: 76, 112 and 152 for 2048, 3072 and 4096 bits. R is 2^(28 K).
//!
//! Instead of n the reduction adds multiples of N = c n, with c below 2^56 chosen so that N = -1 mod 2^56. Then the
//! next two digits of the quotient are the number's own two lowest limbs: no multiplication stands between a digit and
//! the next. As N + 1 is a multiple of 2^56, only m = (N + 1) / 2^56 is kept; adding q N is adding q m two limbs further
//! up and taking q away, which is what clears the two limbs.
//!
//! Bounds.
//! - Values: every value between steps is below 2^(b + 57). A product of two is below 2^(2 b + 114); divided by R, which
//!   is at least 2^(b + 58), that is below 2^(b + 56). The reduction adds less than R N / R = N < 2^(b + 56). The sum is
//!   below 2^(b + 57) again, and below R, so that K limbs hold it and the last carry is zero.
//! - Columns: a column of a product sums at most K products of limbs, each below 2^56, in a square as well (half as many,
//!   doubled), and the reduction adds at most K products and two carries of less than 2^36. K <= 112 gives less than
//!   224 x 2^56 + 2^37 < 2^64. For a larger K, up to 152, carries are taken between the two (`settle`): less than
//!   152 x 2^56 before, and less than 153 x 2^56 after.
//! - At the end x = e + q n is tested by exact division for the expected e: q < 2^(b + 57) / 2^(b - 1) = 2^58 fits 64
//!   bits, so it is (x - e) / n modulo 2^64, and multiplying it back settles the question limb by limb.

use super::Kernel;
use super::products::{ColumnPair, GROUP, add_products, pair, sums};
use alloc::vec::Vec;

const LIMB_BITS: usize = 28;
const MASK: u64 = (1 << LIMB_BITS) - 1;

/// The most limbs: b = 4096.
const MAX_LIMBS: usize = 152;

/// Zero limbs before and behind an operand, for the groups that reach over its ends.
const MARGIN: usize = GROUP;

/// The most limbs whose columns hold a product and its reduction without taking carries in between.
const MAX_UNSETTLED_LIMBS: usize = 112;

/// Room for one multiplication after another: clearing what the last one used is less work than a new one.
struct Scratch {
    columns: [ColumnPair; MAX_LIMBS + GROUP / 2],
    /// Zero outside of the K limbs behind the first margin.
    operand: [u32; MAX_LIMBS + 2 * MARGIN],
}

impl Scratch {
    const fn new() -> Self {
        Self { columns: [pair([0; 2]); MAX_LIMBS + GROUP / 2], operand: [0; MAX_LIMBS + 2 * MARGIN] }
    }

    /// The columns of a product of K limbs, cleared.
    fn clear(&mut self, limbs: usize) {
        self.columns.get_mut(..limbs + GROUP / 2).unwrap_or_default().fill(pair([0; 2]));
    }
}

/// The kernel for machines whose widest product has 64 bits.
#[derive(Clone, Debug)]
pub(crate) struct Limbs28 {
    /// n, K limbs.
    modulus: Vec<u32>,
    /// 1 / n mod 2^64.
    inverse: u64,
    /// m = (N + 1) / 2^56, K limbs between margins.
    multiple: Vec<u32>,
    /// Congruent to R^2, K limbs: a product with it takes a number into Montgomery form.
    r_squared: Vec<u32>,
}

impl Kernel for Limbs28 {
    fn new(modulus: &[u8]) -> Self {
        let bits = modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        let len = (bits + 58).div_ceil(LIMB_BITS).next_multiple_of(GROUP).min(MAX_LIMBS);
        let mut limbs = alloc::vec![0; len];
        read(modulus, &mut limbs);
        let inverse = inverse(lowest_64_bits(&limbs));
        let mut kernel =
            Self { multiple: multiple(&limbs, inverse), modulus: limbs, inverse, r_squared: alloc::vec![0; len] };
        kernel.r_squared = kernel.compute_r_squared(bits);
        kernel
    }

    fn power_is(&self, base: &[u8], exponent: u32, expected: &[u8]) -> bool {
        let (mut plain, mut montgomery, mut power, mut other) =
            ([0; MAX_LIMBS], [0; MAX_LIMBS], [0; MAX_LIMBS], [0; MAX_LIMBS]);
        let len = self.modulus.len();
        let (Some(plain), Some(montgomery), Some(mut power), Some(mut other)) =
            (plain.get_mut(..len), montgomery.get_mut(..len), power.get_mut(..len), other.get_mut(..len))
        else {
            return false;
        };
        let scratch = &mut Scratch::new();
        read(base, plain);
        self.multiply(plain, &self.r_squared, montgomery, scratch);
        power.copy_from_slice(montgomery);
        // Left to right over the bits below the highest. The lowest is one; its product takes the plain base, which
        // leaves Montgomery form on the way: (x R) s / R = x s.
        for bit in (0..exponent.checked_ilog2().unwrap_or(0)).rev() {
            self.square(power, other, scratch);
            core::mem::swap(&mut power, &mut other);
            if exponent >> bit & 1 == 1 {
                self.multiply(power, if bit == 0 { plain } else { montgomery }, other, scratch);
                core::mem::swap(&mut power, &mut other);
            }
        }
        read(expected, other);
        self.is_congruent(power, other)
    }
}

impl Limbs28 {
    /// A number congruent to R^2 = 2^(56 K). Doubling takes 2^(b - 1), which is below n, to one congruent to
    /// 2^(28 K + j) = 2^j R, and each Montgomery square from there doubles j, until it is 28 K.
    fn compute_r_squared(&self, bits: usize) -> Vec<u32> {
        let len = self.modulus.len();
        let r_bits = LIMB_BITS * len;
        let squarings = r_bits.trailing_zeros();
        let mut value = alloc::vec![0_u32; len];
        let top = bits - 1;
        if let Some(limb) = value.get_mut(top / LIMB_BITS) {
            *limb = 1 << (top % LIMB_BITS);
        }
        for _ in top..r_bits + (r_bits >> squarings) {
            self.double(&mut value, top);
        }
        let mut squared = alloc::vec![0; len];
        for _ in 0..squarings {
            self.square(&value, &mut squared, &mut Scratch::new());
            core::mem::swap(&mut value, &mut squared);
        }
        value
    }

    /// `value` becomes 2 `value` - q n, where q is what 2 `value` has from bit b = `top` + 1 on.
    ///
    /// That is not negative, for n is below 2^b, and it grows by less than 2^b: it is below 2^b + q (2^b - n), and n is not below
    /// 2^(b - 1). So in the few hundred times that it is asked for, a value stays below 2^(b + 9), and q in 10 bits.
    fn double(&self, value: &mut [u32], top: usize) {
        let quotient = match value.get(top / LIMB_BITS..) {
            Some([low, high, ..]) => (i64::from(*low) | i64::from(*high) << LIMB_BITS) >> (top % LIMB_BITS),
            _ => 0,
        };
        let mut carry = 0;
        for (limb, modulus) in value.iter_mut().zip(&self.modulus) {
            carry += 2 * i64::from(*limb) - quotient * i64::from(*modulus);
            *limb = low_32(carry.cast_unsigned() & MASK);
            carry >>= LIMB_BITS;
        }
    }

    /// `out` becomes a number congruent to a b / R mod n.
    fn multiply(&self, a: &[u32], b: &[u32], out: &mut [u32], scratch: &mut Scratch) {
        let len = a.len();
        scratch.clear(len);
        let Scratch { columns, operand } = scratch;
        // By its own length, as long as `a` though it is: two lengths to compare would leave a panic in the wasm.
        if let Some(inside) = operand.get_mut(MARGIN..MARGIN + b.len()) {
            inside.copy_from_slice(b);
        }
        for (index, digits) in a.as_chunks::<GROUP>().0.iter().enumerate() {
            let place = index * GROUP;
            let window = columns.get_mut(place / 2..(place + len + GROUP) / 2);
            let source = operand.get(MARGIN - 3..MARGIN + len + GROUP);
            if let (Some(window), Some(source)) = (window, source) {
                add_products(window, source, *digits);
            }
        }
        self.reduce(columns, out);
    }

    /// `out` becomes a number congruent to a a / R mod n; products of two different limbs are taken once, doubled.
    fn square(&self, a: &[u32], out: &mut [u32], scratch: &mut Scratch) {
        let len = a.len();
        scratch.clear(len);
        let Scratch { columns, operand } = scratch;
        if let Some(inside) = operand.get_mut(MARGIN..MARGIN + len) {
            inside.iter_mut().zip(a).for_each(|(to, from)| *to = 2 * from);
        }
        for (index, digits) in a.as_chunks::<GROUP>().0.iter().enumerate() {
            let place = index * GROUP;
            // Against itself the group stands undoubled (each product of two of its limbs comes up twice), against
            // those above it doubled; those below have met it already and are zero by now.
            if let Some(own) = operand.get_mut(MARGIN + place..MARGIN + place + GROUP) {
                own.copy_from_slice(digits);
            }
            let window = columns.get_mut(place..(place + len + GROUP) / 2);
            let source = operand.get(MARGIN - 3 + place..MARGIN + len + GROUP);
            if let (Some(window), Some(source)) = (window, source) {
                add_products(window, source, *digits);
            }
            if let Some(own) = operand.get_mut(MARGIN + place..MARGIN + place + GROUP) {
                own.fill(0);
            }
        }
        self.reduce(columns, out);
    }

    /// `out` becomes a number congruent to the columns' sum / R mod n.
    fn reduce(&self, columns: &mut [ColumnPair], out: &mut [u32]) {
        let len = self.modulus.len();
        if len > MAX_UNSETTLED_LIMBS {
            settle(columns.get_mut(..len).unwrap_or_default());
        }
        let [m0, m1] = match self.multiple.get(MARGIN..) {
            Some([m0, m1, ..]) => [u64::from(*m0), u64::from(*m1)],
            _ => return,
        };
        let Some(multiple) = self.multiple.get(MARGIN - 1..MARGIN + 2 + len) else { return };
        for place in (0..len).step_by(GROUP) {
            let Some([low, high, above @ ..]) = columns.get_mut(place / 2..(place + len + GROUP) / 2) else { return };
            let ([c0, c1], [c2, c3]) = (sums(*low), sums(*high));
            // Four digits of the quotient. Two are the lowest limbs themselves; two more wait for the products of the
            // first two, which come in two limbs further up.
            let q0 = c0 & MASK;
            let t1 = c1 + (c0 >> LIMB_BITS);
            let q1 = t1 & MASK;
            let t2 = c2 + (t1 >> LIMB_BITS) + q0 * m0;
            let q2 = t2 & MASK;
            let t3 = c3 + (t2 >> LIMB_BITS) + q0 * m1 + q1 * m0;
            let q3 = t3 & MASK;
            if let Some(next) = above.first_mut() {
                let [c4, c5] = sums(*next);
                *next = pair([c4 + (t3 >> LIMB_BITS), c5]);
            }
            add_products(above, multiple, [low_32(q0), low_32(q1), low_32(q2), low_32(q3)]);
        }
        let mut carry = 0;
        let above = columns.get(len / 2..).unwrap_or_default();
        for ([even, odd], columns) in out.as_chunks_mut::<2>().0.iter_mut().zip(above) {
            let [first, second] = sums(*columns);
            let first = first + carry;
            let second = second + (first >> LIMB_BITS);
            (*even, *odd) = (low_32(first & MASK), low_32(second & MASK));
            carry = second >> LIMB_BITS;
        }
    }

    /// Whether `x`, below 2^(b + 57), is congruent to `expected`, below n.
    fn is_congruent(&self, x: &[u32], expected: &[u32]) -> bool {
        let quotient = lowest_64_bits(x).wrapping_sub(lowest_64_bits(expected)).wrapping_mul(self.inverse);
        let (q0, q1, q2) = (quotient & MASK, quotient >> LIMB_BITS & MASK, quotient >> (2 * LIMB_BITS));
        let (mut carry, mut below, mut below_that) = (0, 0, 0);
        let mut difference = 0;
        for ((x, expected), modulus) in x.iter().zip(expected).zip(&self.modulus) {
            let modulus = u64::from(*modulus);
            carry += u64::from(*expected) + q0 * modulus + q1 * below + q2 * below_that;
            difference |= u64::from(*x) ^ (carry & MASK);
            carry >>= LIMB_BITS;
            (below, below_that) = (modulus, below);
        }
        difference == 0 && carry == 0
    }
}

/// Takes the carries of all columns, so that each is below 2^28.
fn settle(columns: &mut [ColumnPair]) {
    let mut carry = 0;
    for columns in columns {
        let [first, second] = sums(*columns);
        let first = first + carry;
        let second = second + (first >> LIMB_BITS);
        *columns = pair([first & MASK, second & MASK]);
        carry = second >> LIMB_BITS;
    }
}

/// m = (c n + 1) / 2^56 with c = -1 / n mod 2^56, between margins.
fn multiple(modulus: &[u32], inverse: u64) -> Vec<u32> {
    let c = inverse.wrapping_neg();
    let (c0, c1) = (c & MASK, c >> LIMB_BITS & MASK);
    let mut multiple = alloc::vec![0; modulus.len() + 2 * MARGIN];
    let (mut carry, mut below) = (1, 0);
    // The two lowest limbs of c n + 1 are zero, and so may be written into the margin; the third is the first of m.
    for (at, to) in multiple.iter_mut().skip(MARGIN - 2).enumerate() {
        let limb = modulus.get(at).map_or(0, |limb| u64::from(*limb));
        carry += c0 * limb + c1 * below;
        below = limb;
        *to = low_32(carry & MASK);
        carry >>= LIMB_BITS;
    }
    multiple
}

/// 1 / `odd` mod 2^64 by Newton's iteration: right in 3 bits at first, twice as many each round.
fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse
}

/// The number modulo 2^64.
fn lowest_64_bits(limbs: &[u32]) -> u64 {
    match limbs {
        [l0, l1, l2, ..] => u64::from(*l0) | u64::from(*l1) << LIMB_BITS | u64::from(*l2) << (2 * LIMB_BITS),
        _ => 0,
    }
}

/// Big-endian bytes into limbs; `limbs` has room for them.
fn read(bytes: &[u8], limbs: &mut [u32]) {
    let (mut buffer, mut bits) = (0_u64, 0);
    let mut bytes = bytes.iter().rev();
    for limb in limbs {
        while bits < LIMB_BITS {
            buffer |= u64::from(bytes.next().copied().unwrap_or(0)) << bits;
            bits += 8;
        }
        *limb = low_32(buffer & MASK);
        buffer >>= LIMB_BITS;
        bits -= LIMB_BITS;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "what is passed is below 2^28")]
const fn low_32(value: u64) -> u32 {
    value as u32
}
