//! 64-bit limbs with 128-bit products: for machines that multiply two 64-bit words in one instruction.
//!
//! Numbers are little-endian arrays of L limbs, L = 32, 48 or 64 for moduli of up to 2048, 3072 and 4096 bits; a length
//! that is known when compiling is worth a third of the time. With R = 2^(64 L), the Montgomery form of x is x R mod n.
//!
//! Bounds. Every number between steps is below n, so a product is below n^2 < n R. Reducing it adds at most (R - 1) n
//! and divides by R, which leaves less than (n R + n R) / R = 2 n; one subtraction brings that below n again. Carries
//! are exact: each limb step stays within 128 bits, as noted where it is taken.

use super::Kernel;
use alloc::boxed::Box;

/// The kernel for 64-bit machines.
#[derive(Clone, Debug)]
pub(in crate::rs256) enum Limbs64 {
    UpTo2048(Box<Modulus<32>>),
    UpTo3072(Box<Modulus<48>>),
    UpTo4096(Box<Modulus<64>>),
}

impl Kernel for Limbs64 {
    fn new(modulus: &[u8]) -> Self {
        match modulus.len() {
            0..=256 => Self::UpTo2048(Box::new(Modulus::new(modulus))),
            257..=384 => Self::UpTo3072(Box::new(Modulus::new(modulus))),
            _ => Self::UpTo4096(Box::new(Modulus::new(modulus))),
        }
    }

    fn power_is(&self, base: &[u8], exponent: u32, expected: &[u8]) -> bool {
        match self {
            Self::UpTo2048(modulus) => modulus.power(base, exponent) == read(expected),
            Self::UpTo3072(modulus) => modulus.power(base, exponent) == read(expected),
            Self::UpTo4096(modulus) => modulus.power(base, exponent) == read(expected),
        }
    }
}

/// A number of L limbs, the lowest first.
type Number<const L: usize> = [u64; L];

/// A product: the lower and the upper L limbs.
type Product<const L: usize> = [Number<L>; 2];

/// An odd modulus with the constants of its Montgomery form.
#[derive(Clone, Debug)]
pub(in crate::rs256) struct Modulus<const L: usize> {
    limbs: Number<L>,
    /// -1 / n mod 2^64.
    negative_inverse: u64,
    /// R^2 mod n: a product with it takes a number into Montgomery form.
    r_squared: Number<L>,
}

impl<const L: usize> Modulus<L> {
    fn new(bytes: &[u8]) -> Self {
        let limbs = read(bytes);
        let lowest = limbs.first().copied().unwrap_or(1);
        let mut modulus = Self { limbs, negative_inverse: inverse(lowest).wrapping_neg(), r_squared: [0; L] };
        modulus.r_squared = modulus.compute_r_squared();
        modulus
    }

    /// `base`^`exponent` mod n; the exponent is odd and at least 3.
    fn power(&self, base: &[u8], exponent: u32) -> Number<L> {
        let plain = read(base);
        let montgomery = self.multiply(&plain, &self.r_squared);
        let mut power = montgomery;
        // Left to right over the bits below the highest. The lowest is one; its product takes the plain base, which
        // leaves Montgomery form on the way: (x R) s / R = x s.
        for bit in (1..exponent.checked_ilog2().unwrap_or(0)).rev() {
            power = self.square(&power);
            if exponent >> bit & 1 == 1 {
                power = self.multiply(&power, &montgomery);
            }
        }
        self.multiply(&self.square(&power), &plain)
    }

    /// R^2 mod n: one, doubled 2 x 64 L times, reduced each time.
    fn compute_r_squared(&self) -> Number<L> {
        let mut value = [0; L];
        if let Some(lowest) = value.first_mut() {
            *lowest = 1;
        }
        for _ in 0..2 * 64 * L {
            let carry = double(&mut value);
            if carry || !is_less(&value, &self.limbs) {
                subtract(&mut value, &self.limbs);
            }
        }
        value
    }

    /// a b / R mod n.
    fn multiply(&self, a: &Number<L>, b: &Number<L>) -> Number<L> {
        let mut product = [[0; L]; 2];
        let limbs = product.as_flattened_mut();
        for (offset, digit) in a.iter().enumerate() {
            let Some((low, [carry, ..])) = limbs.get_mut(offset..).and_then(|p| p.split_first_chunk_mut()) else {
                break;
            };
            *carry = add_product::<L>(low, b, *digit);
        }
        self.reduce(product)
    }

    /// a a / R mod n, with the products of two different limbs taken once and doubled.
    fn square(&self, a: &Number<L>) -> Number<L> {
        let mut product = [[0; L]; 2];
        let limbs = product.as_flattened_mut();
        let mut rest = a.as_slice();
        // The product of limbs i and j stands at i + j; round i begins with j = i + 1.
        let mut offset = 1;
        while let [digit, higher @ ..] = rest {
            let Some((low, high)) = limbs.get_mut(offset..).and_then(|p| p.split_at_mut_checked(higher.len())) else {
                break;
            };
            let carry = add_product_of_slices(low, higher, *digit);
            if let Some(next) = high.first_mut() {
                *next = carry;
            }
            rest = higher;
            offset += 2;
        }
        double_and_add_squares(product.as_flattened_mut(), a);
        self.reduce(product)
    }

    /// `product` / R mod n, for a product below n R.
    fn reduce(&self, mut product: Product<L>) -> Number<L> {
        let limbs = product.as_flattened_mut();
        let mut top = 0;
        for offset in 0..L {
            let Some((low, [next, ..])) = limbs.get_mut(offset..).and_then(|p| p.split_first_chunk_mut()) else {
                break;
            };
            let digit = low.first().map_or(0, |limb| limb.wrapping_mul(self.negative_inverse));
            let carry = add_product::<L>(low, &self.limbs, digit);
            // At most 2 (2^64 - 1) + 1 = 2^65 - 1, so `top` is 0 or 1.
            let sum = u128::from(*next) + u128::from(carry) + u128::from(top);
            *next = low_half(sum);
            top = high_half(sum);
        }
        let [_, mut quotient] = product;
        if top != 0 || !is_less(&quotient, &self.limbs) {
            subtract(&mut quotient, &self.limbs);
        }
        quotient
    }
}

/// 1 / `odd` mod 2^64 by Newton's iteration: right in 3 bits at first, twice as many each round.
fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    inverse
}

/// `sum` becomes `sum` + `factor` x `digit`; returns the carry.
#[inline(always)]
fn add_product<const L: usize>(sum: &mut Number<L>, factor: &Number<L>, digit: u64) -> u64 {
    add_product_of_slices(sum, factor, digit)
}

/// As [`add_product`], for slices of the same length.
///
/// No step overflows: (2^64 - 1)^2 + 2 (2^64 - 1) = 2^128 - 1.
#[inline(always)]
fn add_product_of_slices(sum: &mut [u64], factor: &[u64], digit: u64) -> u64 {
    let mut carry = 0;
    for (limb, factor) in sum.iter_mut().zip(factor) {
        let value = u128::from(digit) * u128::from(*factor) + u128::from(*limb) + u128::from(carry);
        *limb = low_half(value);
        carry = high_half(value);
    }
    carry
}

/// `product` becomes 2 `product` + the sum of the squares of `digits` at twice their places.
fn double_and_add_squares(product: &mut [u64], digits: &[u64]) {
    let mut carry = 0;
    let mut shifted_out = 0;
    for ([low, high], digit) in product.as_chunks_mut::<2>().0.iter_mut().zip(digits) {
        let square = u128::from(*digit) * u128::from(*digit);
        let sum = u128::from(*low << 1 | shifted_out) + u128::from(low_half(square)) + u128::from(carry);
        let doubled_high = *high << 1 | *low >> 63;
        shifted_out = *high >> 63;
        *low = low_half(sum);
        let sum = u128::from(doubled_high) + u128::from(high_half(square)) + u128::from(high_half(sum));
        *high = low_half(sum);
        carry = high_half(sum);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn low_half(value: u128) -> u64 {
    value as u64
}

const fn high_half(value: u128) -> u64 {
    (value >> 64) as u64
}

/// `value` becomes 2 `value`; returns the bit that was shifted out.
fn double(value: &mut [u64]) -> bool {
    let mut carry = 0;
    for limb in value {
        let next = *limb >> 63;
        *limb = *limb << 1 | carry;
        carry = next;
    }
    carry != 0
}

/// `a` becomes `a` - `b`, modulo 2^(64 L).
fn subtract(a: &mut [u64], b: &[u64]) {
    let mut borrow = false;
    for (a, b) in a.iter_mut().zip(b) {
        let (difference, under) = a.overflowing_sub(*b);
        let (difference, under_again) = difference.overflowing_sub(u64::from(borrow));
        *a = difference;
        borrow = under | under_again;
    }
}

fn is_less<const L: usize>(a: &Number<L>, b: &Number<L>) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// Big-endian bytes as a number; there are at most 8 L of them.
fn read<const L: usize>(bytes: &[u8]) -> Number<L> {
    let mut limbs = [0; L];
    for (limb, bytes) in limbs.iter_mut().zip(bytes.rchunks(8)) {
        *limb = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    }
    limbs
}
