//! 28-bit limbs whose products are summed in 64 bits, with carries taken late: for wasm, which has
//! no wider product.
//!
//! Numbers are little-endian slices of K limbs below 2^28, where K is the smallest multiple of 4
//! with 28 K >= b + 58 for a modulus n of b bits: 76, 112 and 152 for 2048, 3072 and 4096 bits. R
//! is 2^(28 K).
//!
//! Instead of n the reduction adds multiples of N = c n, with c below 2^56 chosen so that N = -1
//! mod 2^56. Then the next two digits of the quotient are the number's own two lowest limbs: no
//! multiplication stands between a digit and the next. As N + 1 is a multiple of 2^56, only m = (N
//! + 1) / 2^56 is kept; adding q N is adding q m two limbs further up and taking q away, which is
//! what clears the two limbs.
//!
//! Bounds.
//! - Values: every value between steps is below 2^(b + 57). A product of two is below 2^(2 b +
//!   114); divided by R, which is at least 2^(b + 58), that is below 2^(b + 56). The reduction
//!   adds less than R N / R = N < 2^(b + 56). The sum is below 2^(b + 57) again, and below R, so
//!   that K limbs hold it and the last carry is zero.
//! - Columns: a column of a product sums at most K products of limbs, each below 2^56, in a square
//!   as well (half as many, doubled), and the reduction adds at most K products and two carries of
//!   less than 2^36. K <= 112 gives less than 224 x 2^56 + 2^37 < 2^64. For a larger K, up to 152,
//!   carries are taken between the two (`settle`): less than 152 x 2^56 before, and less than 153
//!   x 2^56 after.
//!
//! No number is taken into Montgomery form. Each product divides by R, so the power of s comes out
//! as x = s^e w, where w is the power of 1: R^-(e - 1). It is compared with (p + h) w, where p is
//! what is expected but for its ending h of 256 bits. v = p w and w are kept, so that v + h w - x
//! is left to be a multiple of n, at the price of twelve rows of products, and twelve of reducing
//! them, instead of 2 K:
//! - v is below 2^(b + 57), and 2^58 n, which is not below 2^(b + 57) > x and below 2^(b + 58), is
//!   added to it: what is kept is below 2^(b + 59), or 2^(28 K + 1), and its highest limb may have
//!   29 bits.
//! - h has ten limbs, and twelve are taken: 12 columns are cleared, so the sum v - x + h w, below
//!   2^(b + 59) + 2^(b + 313), becomes one below (2^(b + 314) + 2^336 2^(b + 56)) / 2^336 < 2^(b +
//!   57), in columns of at most 24 products.
//! - That is q n, if it is a multiple: q < 2^(b + 57) / 2^(b - 1) = 2^58 fits 64 bits, so it is
//!   the value / n modulo 2^64, and multiplying it back settles the question limb by limb.

mod products;

use super::{ENDING_BYTES, Kernel};
use products::{ColumnPair, GROUP, add_products, pair, sums};

const LIMB_BITS: usize = 28;
const MASK: u64 = (1 << LIMB_BITS) - 1;
const MASK_OF_TWO: u64 = (1 << (2 * LIMB_BITS)) - 1;

/// The most limbs: b = 4096.
const MAX_LIMBS: usize = 152;

/// Zero limbs before and behind an operand, for the groups that reach over its ends.
const MARGIN: usize = GROUP;

/// So many limbs, and a few more, have columns that hold a product and its reduction without
/// taking carries in between.
const MAX_UNSETTLED_LIMBS: usize = 112;

/// Room for K limbs.
type Limbs = [u32; MAX_LIMBS];

/// Room for K limbs between margins; zero outside of them.
type Operand = [u32; MAX_LIMBS + 2 * MARGIN];

const NOTHING: Operand = [0; MAX_LIMBS + 2 * MARGIN];

/// Room for one multiplication after another: clearing what the last one used is less work than a
/// new one.
struct Scratch {
    columns: [ColumnPair; MAX_LIMBS + GROUP / 2],
    operand: Operand,
}

impl Scratch {
    const fn new() -> Self {
        Self { columns: [pair([0; 2]); MAX_LIMBS + GROUP / 2], operand: NOTHING }
    }

    /// The columns of a product of K limbs, cleared.
    fn clear(&mut self, limbs: usize) {
        self.columns.get_mut(..limbs + GROUP / 2).unwrap_or_default().fill(pair([0; 2]));
    }
}

/// Limbs of an ending, 256 bits, as whole groups.
const ENDING_LIMBS: usize = 12;

/// The kernel for machines whose widest product has 64 bits.
#[derive(Clone, Debug)]
pub(crate) struct Limbs28 {
    exponent: u32,
    /// K.
    len: usize,
    /// n, K limbs.
    modulus: Limbs,
    /// 1 / n mod 2^64.
    inverse: u64,
    /// m = (N + 1) / 2^56, K limbs between margins.
    multiple: Operand,
    /// Congruent to w = R^-(e - 1), K limbs between margins.
    scale: Operand,
    /// Congruent to v = p w, and larger than any power: K limbs, of which the highest may have 29
    /// bits.
    target: Limbs,
}

impl Kernel for Limbs28 {
    fn new(modulus: &[u8], exponent: u32, expected: &[u8]) -> Self {
        let bits =
            modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        let len = (bits + 58).div_ceil(LIMB_BITS).next_multiple_of(GROUP).min(MAX_LIMBS);
        let mut limbs = [0; MAX_LIMBS];
        read(modulus, &mut limbs);
        let inverse = inverse(lowest_64_bits(&limbs));
        let mut kernel = Self {
            exponent,
            len,
            modulus: limbs,
            inverse,
            multiple: NOTHING,
            scale: NOTHING,
            target: [0; MAX_LIMBS],
        };
        kernel.compute_multiple();
        kernel.compute_scale(expected);
        kernel
    }

    fn power_is_expected(&self, base: &[u8], ending: &[u8; ENDING_BYTES]) -> bool {
        let (mut plain, mut power) = ([0; MAX_LIMBS], [0; MAX_LIMBS]);
        let len = self.len;
        let (Some(plain), Some(power)) = (plain.get_mut(..len), power.get_mut(..len)) else {
            return false;
        };
        let scratch = &mut Scratch::new();
        read(base, plain);
        self.raise(plain, self.exponent, power, scratch);
        // v - x, in limbs of 28 bits but for the highest; then h w is added, and twelve columns
        // are cleared.
        let mut carry = 0;
        for ((difference, target), power) in plain.iter_mut().zip(&self.target).zip(&*power) {
            carry += i64::from(*target) - i64::from(*power);
            *difference = low_32(carry.cast_unsigned() & MASK);
            carry >>= LIMB_BITS;
        }
        if let Some(highest) = plain.last_mut() {
            *highest |= low_32(carry.cast_unsigned() << LIMB_BITS);
        }
        scratch.clear(len);
        for (columns, [even, odd]) in scratch.columns.iter_mut().zip(plain.as_chunks::<2>().0) {
            *columns = pair([u64::from(*even), u64::from(*odd)]);
        }
        let mut limbs = [0; ENDING_LIMBS];
        read(ending, &mut limbs);
        add_product(&mut scratch.columns, &self.scale, &limbs, len);
        self.reduce(&mut scratch.columns, ENDING_LIMBS, power);
        self.is_multiple(power)
    }
}

impl Limbs28 {
    /// `power` becomes a number congruent to `base`^e / R^(e - 1), left to right over the bits of
    /// e below the highest.
    fn raise(&self, base: &[u32], exponent: u32, power: &mut [u32], scratch: &mut Scratch) {
        copy(power, base);
        for bit in (0..exponent.checked_ilog2().unwrap_or(0)).rev() {
            self.square(power, scratch);
            if exponent >> bit & 1 == 1 {
                self.multiply(power, base, scratch);
            }
        }
    }

    /// m = (c n + 1) / 2^56 with c = -1 / n mod 2^56.
    fn compute_multiple(&mut self) {
        // The two lowest limbs of c n + 1 are zero, and so may be written into the margin; the
        // third is the first of m.
        if let Some([lowest, ..]) = self.multiple.get_mut(MARGIN - 2..) {
            *lowest = 1;
        }
        let c = self.inverse.wrapping_neg() & MASK_OF_TWO;
        add_multiple(self.multiple.get_mut(MARGIN - 2..).unwrap_or_default(), c, &self.modulus);
    }

    /// The power of one with an exponent less by one is R^-(e - 2): its product with one is w,
    /// that with p is v = p w.
    fn compute_scale(&mut self, expected: &[u8]) {
        let scratch = &mut Scratch::new();
        let (mut one, mut scale, mut target) = ([0; MAX_LIMBS], [0; MAX_LIMBS], [0; MAX_LIMBS]);
        one[0] = 1;
        let (Some(one), Some(scale), Some(target)) =
            (one.get(..self.len), scale.get_mut(..self.len), target.get_mut(..self.len))
        else {
            return;
        };
        self.raise(one, self.exponent - 1, scale, scratch);
        read(expected, target);
        self.multiply(target, scale, scratch);
        self.multiply(scale, one, scratch);
        let carry = add_multiple(target, 1 << 58, &self.modulus);
        if let Some(highest) = target.last_mut() {
            *highest |= low_32(carry << LIMB_BITS);
        }
        copy(&mut self.target, target);
        copy(self.scale.get_mut(MARGIN..).unwrap_or_default(), scale);
    }

    /// `value` becomes a number congruent to `value` `by` / R mod n.
    fn multiply(&self, value: &mut [u32], by: &[u32], scratch: &mut Scratch) {
        let len = by.len();
        scratch.clear(len);
        let Scratch { columns, operand } = scratch;
        if let Some(inside) = operand.get_mut(MARGIN..MARGIN + len) {
            inside.copy_from_slice(by);
        }
        add_product(columns, operand, value, len);
        self.reduce(columns, len, value);
    }

    /// `value` becomes a number congruent to its square / R mod n; products of two different limbs
    /// are taken once, doubled.
    fn square(&self, value: &mut [u32], scratch: &mut Scratch) {
        let len = value.len();
        scratch.clear(len);
        let Scratch { columns, operand } = scratch;
        if let Some(inside) = operand.get_mut(MARGIN..MARGIN + len) {
            inside.iter_mut().zip(&*value).for_each(|(to, from)| *to = 2 * from);
        }
        for (index, digits) in value.as_chunks::<GROUP>().0.iter().enumerate() {
            let place = index * GROUP;
            // Against itself the group stands undoubled (each product of two of its limbs comes up
            // twice), against those above it doubled; those below have met it already and are zero
            // by now.
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
        self.reduce(columns, len, value);
    }

    /// `out` becomes a number congruent to the columns' sum divided by 2^(28 `cleared`) mod n, for
    /// a multiple of [`GROUP`].
    fn reduce(&self, columns: &mut [ColumnPair], cleared: usize, out: &mut [u32]) {
        let len = self.len;
        if len > MAX_UNSETTLED_LIMBS {
            settle(columns.get_mut(..len).unwrap_or_default());
        }
        let [m0, m1] = match self.multiple.get(MARGIN..) {
            Some([m0, m1, ..]) => [u64::from(*m0), u64::from(*m1)],
            _ => return,
        };
        let Some(multiple) = self.multiple.get(MARGIN - 1..MARGIN + 2 + len) else { return };
        for place in (0..cleared).step_by(GROUP) {
            let Some([low, high, above @ ..]) =
                columns.get_mut(place / 2..(place + len + GROUP) / 2)
            else {
                return;
            };
            let ([c0, c1], [c2, c3]) = (sums(*low), sums(*high));
            // Four digits of the quotient. Two are the lowest limbs themselves; two more wait for
            // the products of the first two, which come in two limbs further up.
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
        let above = columns.get(cleared / 2..).unwrap_or_default();
        for ([even, odd], columns) in out.as_chunks_mut::<2>().0.iter_mut().zip(above) {
            let [first, second] = sums(*columns);
            let first = first + carry;
            let second = second + (first >> LIMB_BITS);
            (*even, *odd) = (low_32(first & MASK), low_32(second & MASK));
            carry = second >> LIMB_BITS;
        }
    }

    /// Whether a value is a multiple of n, and not zero: what is asked never is, and an answer of
    /// zeros would be one that was not computed.
    fn is_multiple(&self, value: &[u32]) -> bool {
        let quotient = lowest_64_bits(value).wrapping_mul(self.inverse);
        let mut product = [0; MAX_LIMBS];
        let Some(product) = product.get_mut(..value.len()) else { return false };
        let carry = add_multiple(product, quotient, &self.modulus);
        quotient != 0 && carry == 0 && product == value
    }
}

/// Adds the product of digits with the `len` limbs between the margins of an operand to columns.
fn add_product(columns: &mut [ColumnPair], operand: &[u32], digits: &[u32], len: usize) {
    for (index, digits) in digits.as_chunks::<GROUP>().0.iter().enumerate() {
        let place = index * GROUP;
        let window = columns.get_mut(place / 2..(place + len + GROUP) / 2);
        let source = operand.get(MARGIN - 3..MARGIN + len + GROUP);
        if let (Some(window), Some(source)) = (window, source) {
            add_products(window, source, *digits);
        }
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

/// Adds `times` the modulus to a number; returns what its limbs do not hold. Three products, of
/// 56, 56 and 36 bits, a limb and a carry are below 2^58.
fn add_multiple(number: &mut [u32], times: u64, modulus: &[u32]) -> u64 {
    let (t0, t1, t2) = (times & MASK, times >> LIMB_BITS & MASK, times >> (2 * LIMB_BITS));
    let (mut carry, mut below, mut below_that) = (0, 0, 0);
    let mut modulus = modulus.iter();
    for limb in number {
        let here = modulus.next().map_or(0, |limb| u64::from(*limb));
        carry += u64::from(*limb) + t0 * here + t1 * below + t2 * below_that;
        *limb = low_32(carry & MASK);
        carry >>= LIMB_BITS;
        (below, below_that) = (here, below);
    }
    carry
}

/// As many limbs as there are and there is room for.
fn copy(to: &mut [u32], from: &[u32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
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
        [l0, l1, l2, ..] => {
            u64::from(*l0) | u64::from(*l1) << LIMB_BITS | u64::from(*l2) << (2 * LIMB_BITS)
        }
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

#[expect(clippy::cast_possible_truncation, reason = "what is passed is below 2^32")]
const fn low_32(value: u64) -> u32 {
    value as u32
}
