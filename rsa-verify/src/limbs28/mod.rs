//! 28-bit limbs and 64-bit columns, for machines without a wider product: wasm.
//!
//! [`crate::derivation`] proves the technique, with w = 28 and u = 56. K is the smallest multiple
//! of 4 with 28 K >= b + 58.
//!
//! Bounds of columns: a column of a product sums at most K products of limbs, each below 2^56, in a
//! square as well (half as many, doubled), and the reduction adds at most K products and two
//! carries of less than 2^36. K <= 112 gives less than 224 x 2^56 + 2^37 < 2^64. For a larger K, up
//! to 152, carries are propagated between the two (`settle`): less than 152 x 2^56 before, and less
//! than 153 x 2^56 after.

mod products;

use crate::columns::{self, GROUP, MARGIN};
use crate::integers;
use crate::kernel::{DIGEST_BYTES, Kernel};
use products::{ColumnPair, add_products, pair, sums};

const LIMB_BITS: u32 = 28;
const MASK: u64 = (1 << LIMB_BITS) - 1;
const MASK_OF_TWO: u64 = (1 << (2 * LIMB_BITS)) - 1;

/// The most limbs: b = 4096.
const MAX_LIMBS: usize = 152;

/// Most limbs whose columns hold a product and its reduction without propagating carries in
/// between.
const MAX_UNSETTLED_LIMBS: usize = 112;

/// A buffer for K limbs.
type Limbs = [u32; MAX_LIMBS];

/// A buffer for K limbs between margins of zeros.
type Operand = [u32; MAX_LIMBS + 2 * MARGIN];

const EMPTY: Operand = [0; MAX_LIMBS + 2 * MARGIN];

/// Buffers of one multiplication after another: clearing the used part is less work than creating
/// them.
struct Scratch {
    columns: [ColumnPair; MAX_LIMBS + GROUP / 2],
    operand: Operand,
}

impl Scratch {
    const fn new() -> Self {
        Self { columns: [pair([0; 2]); MAX_LIMBS + GROUP / 2], operand: EMPTY }
    }

    /// Clears the columns of a product of K limbs.
    fn clear(&mut self, limbs: usize) {
        self.columns.get_mut(..limbs + GROUP / 2).unwrap_or_default().fill(pair([0; 2]));
    }
}

/// Limbs of a digest, 256 bits, as whole groups.
const DIGEST_LIMBS: usize = 12;

/// The kernel of 28-bit limbs.
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
    fn new(modulus: &[u8], exponent: u32, template: &[u8]) -> Self {
        let bits =
            modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        let len = (bits + 58).div_ceil(LIMB_BITS as usize).next_multiple_of(GROUP).min(MAX_LIMBS);
        let mut limbs = [0; MAX_LIMBS];
        read(modulus, &mut limbs);
        let inverse = integers::inverse(lowest_64_bits(&limbs));
        let mut kernel = Self {
            exponent,
            len,
            modulus: limbs,
            inverse,
            multiple: EMPTY,
            scale: EMPTY,
            target: [0; MAX_LIMBS],
        };
        kernel.compute_multiple();
        kernel.compute_scale(template);
        kernel
    }

    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
        let (mut plain, mut power) = ([0; MAX_LIMBS], [0; MAX_LIMBS]);
        let len = self.len;
        let (Some(plain), Some(power)) = (plain.get_mut(..len), power.get_mut(..len)) else {
            return false;
        };
        let scratch = &mut Scratch::new();
        read(base, plain);
        self.raise(plain, self.exponent, power, scratch);
        // The target minus x, in limbs of 28 bits, except that the highest may have 29.
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
        let mut limbs = [0; DIGEST_LIMBS];
        read(digest, &mut limbs);
        columns::add_product(&mut scratch.columns, &self.scale, &limbs, len, add_products);
        self.reduce(&mut scratch.columns, DIGEST_LIMBS, power);
        self.is_multiple(power)
    }
}

impl Limbs28 {
    /// Sets `power` to a number congruent to `base`^e / R^(e - 1).
    fn raise(&self, base: &[u32], exponent: u32, power: &mut [u32], scratch: &mut Scratch) {
        copy(power, base);
        for bit in integers::bits_below_highest(exponent) {
            self.square(power, scratch);
            if bit {
                self.multiply(power, base, scratch);
            }
        }
    }

    /// Computes m = (c n + 1) / 2^56 with c = -1 / n mod 2^56.
    fn compute_multiple(&mut self) {
        // The two lowest limbs of c n + 1 are zero, so they may lie in the margin.
        if let Some(lowest) = self.multiple.get_mut(MARGIN - 2) {
            *lowest = 1;
        }
        let c = self.inverse.wrapping_neg() & MASK_OF_TWO;
        add_multiple(self.multiple.get_mut(MARGIN - 2..).unwrap_or_default(), c, &self.modulus);
    }

    /// Computes w and v. The power of 1 with an exponent less by one is R^-(e - 2): its product
    /// with 1 is w, that with p is v = p w.
    fn compute_scale(&mut self, template: &[u8]) {
        let scratch = &mut Scratch::new();
        let (mut one, mut scale, mut target) = ([0; MAX_LIMBS], [0; MAX_LIMBS], [0; MAX_LIMBS]);
        one[0] = 1;
        let (Some(one), Some(scale), Some(target)) =
            (one.get(..self.len), scale.get_mut(..self.len), target.get_mut(..self.len))
        else {
            return;
        };
        self.raise(one, self.exponent - 1, scale, scratch);
        read(template, target);
        self.multiply(target, scale, scratch);
        self.multiply(scale, one, scratch);
        let carry = add_multiple(target, 1 << 58, &self.modulus);
        if let Some(highest) = target.last_mut() {
            *highest |= low_32(carry << LIMB_BITS);
        }
        copy(&mut self.target, target);
        copy(self.scale.get_mut(MARGIN..).unwrap_or_default(), scale);
    }

    /// Sets `value` to a number congruent to `value` `by` / R mod n.
    fn multiply(&self, value: &mut [u32], by: &[u32], scratch: &mut Scratch) {
        let len = by.len();
        scratch.clear(len);
        let Scratch { columns, operand } = scratch;
        if let Some(inside) = operand.get_mut(MARGIN..MARGIN + len) {
            inside.copy_from_slice(by);
        }
        columns::add_product(columns, operand, value, len, add_products);
        self.reduce(columns, len, value);
    }

    /// Sets `value` to a number congruent to its square / R mod n.
    fn square(&self, value: &mut [u32], scratch: &mut Scratch) {
        let len = value.len();
        scratch.clear(len);
        let Scratch { columns, operand } = scratch;
        if let Some(inside) = operand.get_mut(MARGIN..MARGIN + len) {
            inside.iter_mut().zip(&*value).for_each(|(to, from)| *to = 2 * from);
        }
        columns::add_square(columns, operand, value, add_products);
        self.reduce(columns, len, value);
    }

    /// Sets `out` to a number congruent to the columns' sum divided by 2^(28 `cleared`) mod n, for
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
        for offset in (0..cleared).step_by(GROUP) {
            let Some([low, high, above @ ..]) =
                columns.get_mut(offset / 2..(offset + len + GROUP) / 2)
            else {
                return;
            };
            let ([c0, c1], [c2, c3]) = (sums(*low), sums(*high));
            // Four digits of the quotient. Two are the lowest limbs themselves; the other two wait
            // for the products of the first two, which arrive two limbs further up.
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
            add_products(above, multiple, &[q0, q1, q2, q3].map(low_32));
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

    /// Returns whether a value is a multiple of n. Zero never occurs in a valid computation, so it
    /// is rejected.
    fn is_multiple(&self, value: &[u32]) -> bool {
        let quotient = lowest_64_bits(value).wrapping_mul(self.inverse);
        let mut product = [0; MAX_LIMBS];
        let Some(product) = product.get_mut(..value.len()) else { return false };
        let carry = add_multiple(product, quotient, &self.modulus);
        quotient != 0 && carry == 0 && product == value
    }
}

/// Propagates the carries of all columns, so that each is below 2^28.
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

/// Adds `times` the modulus to a number, and returns the carry out of its limbs. Three products, of
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

/// Copies as many limbs as both slices have.
fn copy(to: &mut [u32], from: &[u32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

/// Returns the number modulo 2^64.
fn lowest_64_bits(limbs: &[u32]) -> u64 {
    match limbs {
        [l0, l1, l2, ..] => {
            u64::from(*l0) | u64::from(*l1) << LIMB_BITS | u64::from(*l2) << (2 * LIMB_BITS)
        }
        _ => 0,
    }
}

/// Reads big-endian bytes into limbs, which have enough bits for them.
fn read(bytes: &[u8], limbs: &mut [u32]) {
    limbs
        .iter_mut()
        .zip(integers::limbs::<LIMB_BITS>(bytes))
        .for_each(|(to, limb)| *to = low_32(limb));
}

#[expect(clippy::cast_possible_truncation, reason = "the argument is below 2^32")]
const fn low_32(value: u64) -> u32 {
    value as u32
}
