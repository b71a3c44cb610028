//! 60-bit limbs and 128-bit columns, for machines that multiply two 64-bit words in one
//! instruction: natively, and in wasm with wide arithmetic.
//!
//! [`crate::derivation`] proves the technique, with w = 60 and u = 60. K is a constant for moduli
//! of up to 2048, 3072 and 4096 bits, so loops have lengths known to the compiler.
//!
//! Bounds of columns: a column of a product sums at most K products of limbs, each below 2^120, in
//! a square as well (half as many, doubled). The reduction adds at most K products and, from the
//! column below, a carry under 2^68. K <= 72 gives less than 144 x 2^120 + 2^68 < 2^128.

use crate::columns::{self, GROUP, MARGIN};
use crate::integers;
use crate::kernel::{DIGEST_BYTES, Kernel};
use alloc::boxed::Box;

const LIMB_BITS: u32 = 60;
const MASK: u64 = (1 << LIMB_BITS) - 1;

/// Limbs of a digest, 256 bits, as whole groups.
const DIGEST_LIMBS: usize = 8;

/// The kernel of 60-bit limbs.
#[derive(Clone, Debug)]
pub(crate) enum Limbs60 {
    UpTo2048(Box<Modulus<36, 44, 38>>),
    UpTo3072(Box<Modulus<56, 64, 58>>),
    UpTo4096(Box<Modulus<72, 80, 74>>),
}

impl Kernel for Limbs60 {
    #[cfg_attr(target_arch = "x86_64", inline(always))]
    fn new(modulus: &[u8], exponent: u32, template: &[u8]) -> Self {
        match modulus.len() {
            0..=256 => Self::UpTo2048(Box::new(Modulus::new(modulus, exponent, template))),
            257..=384 => Self::UpTo3072(Box::new(Modulus::new(modulus, exponent, template))),
            _ => Self::UpTo4096(Box::new(Modulus::new(modulus, exponent, template))),
        }
    }

    #[cfg_attr(target_arch = "x86_64", inline(always))]
    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
        match self {
            Self::UpTo2048(modulus) => modulus.power_matches(base, digest),
            Self::UpTo3072(modulus) => modulus.power_matches(base, digest),
            Self::UpTo4096(modulus) => modulus.power_matches(base, digest),
        }
    }
}

// What follows is inlined on x86-64, where `limbs60_adx` compiles it a second time.

/// A number of K limbs, the lowest first.
type Number<const K: usize> = [u64; K];

/// A pair of columns.
type Pair = [u128; 2];

/// An odd modulus with its precomputed values; OPERAND is K + 2 [`MARGIN`], PAIRS is K + [`GROUP`]
/// / 2.
#[derive(Clone, Debug)]
pub(crate) struct Modulus<const K: usize, const OPERAND: usize, const PAIRS: usize> {
    exponent: u32,
    limbs: Number<K>,
    /// 1 / n mod 2^64.
    inverse: u64,
    /// m = (N + 1) / 2^60, K limbs between margins.
    multiple: [u64; OPERAND],
    /// Congruent to w = R^-(e - 1), K limbs between margins.
    scale: [u64; OPERAND],
    /// Congruent to v = p w, and larger than any power.
    target: Number<K>,
}

impl<const K: usize, const OPERAND: usize, const PAIRS: usize> Modulus<K, OPERAND, PAIRS> {
    #[cfg_attr(target_arch = "x86_64", inline(always))]
    fn new(bytes: &[u8], exponent: u32, template: &[u8]) -> Self {
        let limbs = read(bytes);
        let inverse = integers::inverse(lowest_64_bits(&limbs));
        let multiple = multiple(&limbs, inverse);
        let mut modulus =
            Self { exponent, limbs, inverse, multiple, scale: [0; OPERAND], target: [0; K] };
        let mut one = [0; K];
        one.iter_mut().take(1).for_each(|limb| *limb = 1);
        // The power of 1 with an exponent less by one is R^-(e - 2): its product with 1 is w, that
        // with p is p w.
        let power = modulus.raise(&one, exponent - 1);
        modulus.scale = between_margins(modulus.multiply(&power, &one).iter().copied());
        modulus.target = modulus.multiply(&power, &read(template));
        let carry = add_multiple(&mut modulus.target, 1 << 62, &limbs);
        debug_assert_eq!(carry, 0, "R is larger");
        modulus
    }

    #[cfg_attr(target_arch = "x86_64", inline(always))]
    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
        let power = self.raise(&read(base), self.exponent);
        // The target minus x, which is not negative.
        let (mut columns, mut carry) = ([[0; 2]; PAIRS], 0);
        let pairs = self.target.as_chunks::<2>().0.iter().zip(power.as_chunks::<2>().0);
        for (columns, (target, power)) in columns.iter_mut().zip(pairs) {
            for ((column, target), power) in columns.iter_mut().zip(target).zip(power) {
                carry += i128::from(*target) - i128::from(*power);
                *column = carry.cast_unsigned() & u128::from(MASK);
                carry >>= LIMB_BITS;
            }
        }
        debug_assert_eq!(carry, 0, "R is larger, and nothing is negative");
        let digest: Number<DIGEST_LIMBS> = read(digest);
        columns::add_product(&mut columns, &self.scale, &digest, K, add_products);
        self.is_multiple(&self.reduce(&mut columns, DIGEST_LIMBS))
    }

    /// Returns a number congruent to `base`^e / R^(e - 1).
    #[cfg_attr(target_arch = "x86_64", inline(always))]
    fn raise(&self, base: &Number<K>, exponent: u32) -> Number<K> {
        let mut power = *base;
        for bit in integers::bits_below_highest(exponent) {
            power = self.square(&power);
            if bit {
                power = self.multiply(&power, base);
            }
        }
        power
    }

    /// Returns a number congruent to a b / R mod n.
    #[cfg_attr(target_arch = "x86_64", inline(always))]
    fn multiply(&self, a: &Number<K>, b: &Number<K>) -> Number<K> {
        let mut columns = [[0; 2]; PAIRS];
        let operand: [u64; OPERAND] = between_margins(b.iter().copied());
        columns::add_product(&mut columns, &operand, a, K, add_products);
        self.reduce(&mut columns, K)
    }

    /// Returns a number congruent to a a / R mod n.
    #[cfg_attr(target_arch = "x86_64", inline(always))]
    fn square(&self, a: &Number<K>) -> Number<K> {
        let mut columns = [[0; 2]; PAIRS];
        let mut doubled: [u64; OPERAND] = between_margins(a.iter().map(|limb| 2 * limb));
        columns::add_square(&mut columns, &mut doubled, a, add_products);
        self.reduce(&mut columns, K)
    }

    /// Returns a number congruent to the columns' sum divided by 2^(60 `cleared`) mod n, for a
    /// multiple of [`GROUP`].
    #[cfg_attr(target_arch = "x86_64", inline(always))]
    fn reduce(&self, columns: &mut [Pair; PAIRS], cleared: usize) -> Number<K> {
        let mut reduced = [0; K];
        let Some(multiple) = self.multiple.get(MARGIN..MARGIN + 3 + K) else { return reduced };
        let [m0, m1, m2, ..] = *multiple else { return reduced };
        for offset in (0..cleared).step_by(GROUP) {
            let window = columns.get_mut(offset / 2..(offset + K + GROUP) / 2);
            let Some([[c0, c1], [c2, c3], above @ ..]) = window else { return reduced };
            // Four digits of the quotient. The products of each arrive one limb further up, where
            // the next digit waits.
            let q0 = low_64(*c0) & MASK;
            let t1 = *c1 + (*c0 >> LIMB_BITS) + product(q0, m0);
            let q1 = low_64(t1) & MASK;
            let t2 = *c2 + (t1 >> LIMB_BITS) + (product(q0, m1) + product(q1, m0));
            let q2 = low_64(t2) & MASK;
            let t3 =
                *c3 + (t2 >> LIMB_BITS) + (product(q0, m2) + product(q1, m1) + product(q2, m0));
            let q3 = low_64(t3) & MASK;
            if let Some([next, _]) = above.first_mut() {
                *next += t3 >> LIMB_BITS;
            }
            add_products(above, multiple, &[q0, q1, q2, q3]);
        }
        let mut carry = 0;
        let above = columns.get(cleared / 2..).unwrap_or_default();
        for (limbs, columns) in reduced.as_chunks_mut::<2>().0.iter_mut().zip(above) {
            for (limb, column) in limbs.iter_mut().zip(columns) {
                let sum = column + carry;
                *limb = low_64(sum) & MASK;
                carry = sum >> LIMB_BITS;
            }
        }
        reduced
    }

    /// Returns whether a value is a multiple of n. Zero never occurs in a valid computation, so it
    /// is rejected.
    #[cfg_attr(target_arch = "x86_64", inline(always))]
    fn is_multiple(&self, value: &Number<K>) -> bool {
        let quotient = lowest_64_bits(value).wrapping_mul(self.inverse);
        let mut product = [0; K];
        let carry = add_multiple(&mut product, quotient, &self.limbs);
        quotient != 0 && carry == 0 && product == *value
    }
}

#[inline(always)]
fn add_products(columns: &mut [Pair], source: &[u64], digits: &[u64; GROUP]) {
    columns::add_products(columns, source, *digits, core::convert::identity, product);
}

fn product(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

/// Adds `times` the modulus to a number, and returns the carry out of its limbs. Two products, of
/// 120 and 64 bits, a limb and a carry are below 2^121.
fn add_multiple(number: &mut [u64], times: u64, modulus: &[u64]) -> u128 {
    let (low, high) = (times & MASK, times >> LIMB_BITS);
    let (mut carry, mut below) = (0, 0);
    let mut modulus = modulus.iter();
    for limb in number {
        let here = modulus.next().copied().unwrap_or(0);
        carry += u128::from(*limb) + product(low, here) + product(high, below);
        *limb = low_64(carry) & MASK;
        carry >>= LIMB_BITS;
        below = here;
    }
    carry
}

fn between_margins<const OPERAND: usize>(limbs: impl Iterator<Item = u64>) -> [u64; OPERAND] {
    let mut operand = [0; OPERAND];
    operand.iter_mut().skip(MARGIN).zip(limbs).for_each(|(to, from)| *to = from);
    operand
}

/// Returns m = (c n + 1) / 2^60 with c = -1 / n mod 2^60, between margins.
fn multiple<const OPERAND: usize>(modulus: &[u64], inverse: u64) -> [u64; OPERAND] {
    let mut multiple = [0; OPERAND];
    // The lowest limb of c n + 1 is zero, so it may lie in the margin.
    if let Some(lowest) = multiple.get_mut(MARGIN - 1) {
        *lowest = 1;
    }
    let c = inverse.wrapping_neg() & MASK;
    add_multiple(multiple.get_mut(MARGIN - 1..).unwrap_or_default(), c, modulus);
    multiple
}

/// Returns the number modulo 2^64.
const fn lowest_64_bits(limbs: &[u64]) -> u64 {
    match limbs {
        [l0, l1, ..] => *l0 | *l1 << LIMB_BITS,
        _ => 0,
    }
}

/// Reads big-endian bytes; there are fewer bits than the limbs have.
fn read<const K: usize>(bytes: &[u8]) -> Number<K> {
    let mut number = [0; K];
    number.iter_mut().zip(integers::limbs::<LIMB_BITS>(bytes)).for_each(|(to, limb)| *to = limb);
    number
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is wanted")]
const fn low_64(value: u128) -> u64 {
    value as u64
}
