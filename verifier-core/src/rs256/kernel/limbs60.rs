//! 60-bit limbs whose products are summed in 128 bits, with carries taken late: for machines that
//! multiply two 64-bit words in one instruction, natively and by wasm with wide arithmetic. Four
//! unused bits in a limb are worth a quarter more products: a product is added to its column in
//! two instructions, and no carry stands between a column and the next.
//!
//! Numbers are little-endian arrays of K limbs below 2^60: K is 36, 56 and 72 for moduli n of up
//! to 2048, 3072 and 4096 bits, lengths known when compiling. R is 2^(60 K), so R >= 2^(b + 112)
//! for every modulus of at most b bits: 2160, 3360 and 4320 are at least 2048 + 112, 3072 + 112
//! and 4096 + 112.
//!
//! Instead of n the reduction adds multiples of N = c n, with c below 2^60 chosen so that N = -1
//! mod 2^60: then a digit of the quotient is the number's own lowest limb. As N + 1 is a multiple
//! of 2^60, only m = (N + 1) / 2^60 is kept; adding q N is adding q m one limb further up and
//! taking q away, which is what clears the limb.
//!
//! Bounds, with b the bits of n.
//! - Values: every value between steps is below 2^(b + 61). A product of two is below 2^(2 b +
//!   122); divided by R, that is below 2^(b + 60). The reduction adds less than R N / R = N < 2^(b
//!   + 60). The sum is below 2^(b + 61) again, and below R, so that K limbs hold it and the last
//!   carry is zero. What is read is below n.
//! - Columns: a column of a product sums at most K products of limbs, each below 2^120, in a
//!   square as well (half as many, doubled). The reduction adds at most K products and, from the
//!   column below, a carry under 2^68. K <= 72 gives less than 144 x 2^120 + 2^68 < 2^128.
//!
//! No number is taken into Montgomery form. Each product divides by R, so the power of s comes out
//! as x = s^e w, where w is the power of 1: R^-(e - 1). It is compared with (p + h) w, where p is
//! what is expected but for its ending h of 256 bits. v = p w and w are kept, so that v + h w - x
//! is left to be a multiple of n, at the price of eight rows of products, and eight of reducing
//! them, instead of 2 K:
//! - v is below 2^(b + 61), and 2^62 n, which is not below 2^(b + 61) > x and below 2^(b + 62), is
//!   added to it: what is kept is below 2^(b + 63), and so below R.
//! - h has five limbs, and eight are taken: 8 columns are cleared, so the sum v - x + h w, below
//!   2^(b + 63) + 2^(b + 317), becomes one below (2^(b + 318) + 2^480 2^(b + 60)) / 2^480 < 2^(b +
//!   61), in columns of at most 16 products.
//! - That is q n, if it is a multiple: q < 2^(b + 61) / 2^(b - 1) = 2^62 fits 64 bits, so it is
//!   the value / n modulo 2^64, and multiplying it back settles the question limb by limb.

use super::{ENDING_BYTES, Kernel};
use alloc::boxed::Box;

const LIMB_BITS: usize = 60;
const MASK: u64 = (1 << LIMB_BITS) - 1;

/// Limbs that are worked on together: as many as leave room for their sums in the registers of
/// x86-64.
const GROUP: usize = 4;

/// Limbs of an ending, 256 bits, as whole groups.
const ENDING_LIMBS: usize = 8;

/// Zero limbs before and behind an operand, for the groups that reach over its ends.
const MARGIN: usize = GROUP;

/// The kernel for 64-bit machines.
#[derive(Clone, Debug)]
pub(crate) enum Limbs60 {
    UpTo2048(Box<Modulus<36, 44, 76>>),
    UpTo3072(Box<Modulus<56, 64, 116>>),
    UpTo4096(Box<Modulus<72, 80, 148>>),
}

impl Kernel for Limbs60 {
    fn new(modulus: &[u8], exponent: u32, expected: &[u8]) -> Self {
        match modulus.len() {
            0..=256 => Self::UpTo2048(Box::new(Modulus::new(modulus, exponent, expected))),
            257..=384 => Self::UpTo3072(Box::new(Modulus::new(modulus, exponent, expected))),
            _ => Self::UpTo4096(Box::new(Modulus::new(modulus, exponent, expected))),
        }
    }

    fn power_is_expected(&self, base: &[u8], ending: &[u8; ENDING_BYTES]) -> bool {
        match self {
            Self::UpTo2048(modulus) => modulus.power_is_expected(base, ending),
            Self::UpTo3072(modulus) => modulus.power_is_expected(base, ending),
            Self::UpTo4096(modulus) => modulus.power_is_expected(base, ending),
        }
    }
}

/// A number of K limbs, the lowest first.
type Number<const K: usize> = [u64; K];

/// An odd modulus with what is computed once for its powers and what they are compared with;
/// OPERAND is K + 2 [`MARGIN`], COLUMNS is 2 K + [`GROUP`].
#[derive(Clone, Debug)]
pub(crate) struct Modulus<const K: usize, const OPERAND: usize, const COLUMNS: usize> {
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

impl<const K: usize, const OPERAND: usize, const COLUMNS: usize> Modulus<K, OPERAND, COLUMNS> {
    fn new(bytes: &[u8], exponent: u32, expected: &[u8]) -> Self {
        let limbs = read(bytes);
        let inverse = inverse(lowest_64_bits(&limbs));
        let multiple = multiple(&limbs, inverse);
        let mut modulus =
            Self { exponent, limbs, inverse, multiple, scale: [0; OPERAND], target: [0; K] };
        let mut one = [0; K];
        one.iter_mut().take(1).for_each(|limb| *limb = 1);
        // The power of one with an exponent less by one, R^-(e - 2): its product with one is w,
        // that with p is p w.
        let power = modulus.raise(&one, exponent - 1);
        modulus.target = modulus.multiply(&power, &read(expected));
        modulus.scale = between_margins(modulus.multiply(&power, &one).iter().copied());
        modulus.enlarge_target();
        modulus
    }

    fn power_is_expected(&self, base: &[u8], ending: &[u8; ENDING_BYTES]) -> bool {
        let power = self.raise(&read(base), self.exponent);
        // v - x, which is not negative; then h w is added, and eight columns are cleared.
        let mut columns = [0; COLUMNS];
        let mut carry = 0;
        for ((column, target), power) in columns.iter_mut().zip(&self.target).zip(&power) {
            carry += i128::from(*target) - i128::from(*power);
            *column = carry.cast_unsigned() & u128::from(MASK);
            carry >>= LIMB_BITS;
        }
        debug_assert_eq!(carry, 0, "R is larger, and nothing is negative");
        let limbs: Number<ENDING_LIMBS> = read(ending);
        self.add_product(&mut columns, &self.scale, &limbs);
        self.is_multiple(&self.reduce(&mut columns, ENDING_LIMBS))
    }

    /// A number congruent to `base`^e / R^(e - 1), left to right over the bits of e below the
    /// highest.
    fn raise(&self, base: &Number<K>, exponent: u32) -> Number<K> {
        let mut power = *base;
        for bit in (0..exponent.checked_ilog2().unwrap_or(0)).rev() {
            power = self.square(&power);
            if exponent >> bit & 1 == 1 {
                power = self.multiply(&power, base);
            }
        }
        power
    }

    /// Adds 2^62 n: 62 bits are a limb and two bits.
    fn enlarge_target(&mut self) {
        let (mut carry, mut below) = (0, 0);
        for (limb, modulus) in self.target.iter_mut().zip(&self.limbs) {
            carry += u128::from(*limb) + (u128::from(below) << 2);
            *limb = low_half(carry) & MASK;
            carry >>= LIMB_BITS;
            below = *modulus;
        }
        debug_assert_eq!(carry, 0, "R is larger");
    }

    /// A number congruent to a b / R mod n.
    fn multiply(&self, a: &Number<K>, b: &Number<K>) -> Number<K> {
        let mut columns = [0; COLUMNS];
        self.add_product(&mut columns, &between_margins(b.iter().copied()), a);
        self.reduce(&mut columns, K)
    }

    /// Adds the product of digits with the limbs between the margins of an operand to columns.
    fn add_product(&self, columns: &mut [u128; COLUMNS], operand: &[u64; OPERAND], digits: &[u64]) {
        for (index, digits) in digits.as_chunks::<GROUP>().0.iter().enumerate() {
            let place = index * GROUP;
            let window = columns.get_mut(place..place + K + GROUP);
            let source = operand.get(MARGIN - 3..MARGIN + K + GROUP);
            if let (Some(window), Some(source)) = (window, source) {
                add_products(window, source, *digits);
            }
        }
    }

    /// A number congruent to a a / R mod n; products of two different limbs are taken once,
    /// doubled.
    fn square(&self, a: &Number<K>) -> Number<K> {
        let mut columns = [0; COLUMNS];
        let mut operand = between_margins::<OPERAND>(a.iter().map(|limb| 2 * limb));
        for (index, digits) in a.as_chunks::<GROUP>().0.iter().enumerate() {
            let place = index * GROUP;
            // Against itself the group stands undoubled (each product of two of its limbs comes up
            // twice), against those above it doubled; those below have met it already and are zero
            // by now.
            if let Some(own) = operand.get_mut(MARGIN + place..MARGIN + place + GROUP) {
                own.copy_from_slice(digits);
            }
            let window = columns.get_mut(2 * place..place + K + GROUP);
            let source = operand.get(MARGIN - 3 + place..MARGIN + K + GROUP);
            if let (Some(window), Some(source)) = (window, source) {
                add_products(window, source, *digits);
            }
            if let Some(own) = operand.get_mut(MARGIN + place..MARGIN + place + GROUP) {
                own.fill(0);
            }
        }
        self.reduce(&mut columns, K)
    }

    /// A number congruent to the columns' sum divided by 2^(60 `cleared`) mod n, for a multiple of
    /// [`GROUP`].
    fn reduce(&self, columns: &mut [u128; COLUMNS], cleared: usize) -> Number<K> {
        let mut quotient = [0; K];
        let Some(multiple) = self.multiple.get(MARGIN..MARGIN + 3 + K) else { return quotient };
        let [m0, m1, m2, ..] = *multiple else { return quotient };
        for place in (0..cleared).step_by(GROUP) {
            let Some([c0, c1, c2, c3, above @ ..]) = columns.get_mut(place..place + K + GROUP)
            else {
                return quotient;
            };
            // Four digits of the quotient; the products of each come in one limb further up, where
            // the next one waits.
            let q0 = low_half(*c0) & MASK;
            let t1 = *c1 + (*c0 >> LIMB_BITS) + product(q0, m0);
            let q1 = low_half(t1) & MASK;
            let t2 = *c2 + (t1 >> LIMB_BITS) + (product(q0, m1) + product(q1, m0));
            let q2 = low_half(t2) & MASK;
            let t3 =
                *c3 + (t2 >> LIMB_BITS) + (product(q0, m2) + product(q1, m1) + product(q2, m0));
            let q3 = low_half(t3) & MASK;
            if let Some(next) = above.first_mut() {
                *next += t3 >> LIMB_BITS;
            }
            add_products(above, multiple, [q0, q1, q2, q3]);
        }
        let mut carry = 0;
        for (limb, column) in quotient.iter_mut().zip(columns.get(cleared..).unwrap_or_default()) {
            let sum = column + carry;
            *limb = low_half(sum) & MASK;
            carry = sum >> LIMB_BITS;
        }
        quotient
    }

    /// Whether a value is a multiple of n, and not zero: what is asked never is, and an answer of
    /// zeros would be one that was not computed.
    fn is_multiple(&self, value: &Number<K>) -> bool {
        let quotient = lowest_64_bits(value).wrapping_mul(self.inverse);
        let (q0, q1) = (quotient & MASK, quotient >> LIMB_BITS);
        let (mut carry, mut below) = (0, 0);
        let mut difference = 0;
        for (limb, modulus) in value.iter().zip(&self.limbs) {
            carry += product(q0, *modulus) + product(q1, below);
            difference |= limb ^ (low_half(carry) & MASK);
            carry >>= LIMB_BITS;
            below = *modulus;
        }
        quotient != 0 && difference == 0 && carry == 0
    }
}

/// Adds the products of four digits with a run of limbs to a run of columns: column i gets d0 s(i)
/// + d1 s(i - 1) + d2 s(i - 2) + d3 s(i - 3). `source` begins with s(-3) and is three limbs longer
/// than `columns`.
#[inline(always)]
fn add_products(columns: &mut [u128], source: &[u64], [d0, d1, d2, d3]: [u64; GROUP]) {
    let Some((&[mut s3, mut s2, mut s1], source)) = source.split_first_chunk::<3>() else { return };
    for (columns, source) in
        columns.as_chunks_mut::<GROUP>().0.iter_mut().zip(source.as_chunks::<GROUP>().0)
    {
        let [c0, c1, c2, c3] = columns;
        let [a, b, c, d] = *source;
        *c0 += product(d0, a) + product(d1, s1) + product(d2, s2) + product(d3, s3);
        *c1 += product(d0, b) + product(d1, a) + product(d2, s1) + product(d3, s2);
        *c2 += product(d0, c) + product(d1, b) + product(d2, a) + product(d3, s1);
        *c3 += product(d0, d) + product(d1, c) + product(d2, b) + product(d3, a);
        (s1, s2, s3) = (d, c, b);
    }
}

fn product(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

fn between_margins<const OPERAND: usize>(limbs: impl Iterator<Item = u64>) -> [u64; OPERAND] {
    let mut operand = [0; OPERAND];
    operand.iter_mut().skip(MARGIN).zip(limbs).for_each(|(to, from)| *to = from);
    operand
}

/// m = (c n + 1) / 2^60 with c = -1 / n mod 2^60, between margins.
fn multiple<const K: usize, const OPERAND: usize>(
    modulus: &Number<K>,
    inverse: u64,
) -> [u64; OPERAND] {
    let c = inverse.wrapping_neg() & MASK;
    let mut carry = 1;
    let mut products = modulus.iter().chain([&0]).map(|limb| {
        carry += product(c, *limb);
        let low = low_half(carry) & MASK;
        carry >>= LIMB_BITS;
        low
    });
    // The lowest limb of c n + 1 is zero; the next is the first that is kept.
    let cleared = products.next();
    debug_assert_eq!(cleared, Some(0));
    between_margins(products)
}

/// 1 / `odd` mod 2^64 by Newton's iteration: right in 3 bits at first, twice as many each round.
fn inverse(odd: u64) -> u64 {
    (0..5).fold(odd, |inverse: u64, _| {
        inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)))
    })
}

/// The number modulo 2^64.
const fn lowest_64_bits(limbs: &[u64]) -> u64 {
    match limbs {
        [l0, l1, ..] => *l0 | *l1 << LIMB_BITS,
        _ => 0,
    }
}

/// Big-endian bytes as a number; there are fewer bits than the limbs have.
fn read<const K: usize>(bytes: &[u8]) -> Number<K> {
    let mut limbs = [0; K];
    // Two limbs are fifteen bytes.
    for (pair, bytes) in limbs.chunks_mut(2).zip(bytes.rchunks(15)) {
        let value = bytes.iter().fold(0, |value: u128, byte| value << 8 | u128::from(*byte));
        for (limb, value) in pair.iter_mut().zip([value, value >> LIMB_BITS]) {
            *limb = low_half(value) & MASK;
        }
    }
    limbs
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn low_half(value: u128) -> u64 {
    value as u64
}
