//! 52-bit limbs in vectors of eight, for processors that multiply and add them in one instruction
//! (AVX-512 IFMA). A software model of the vectors runs everywhere, for the tests.
//!
//! The product of 52-bit limbs is added in two instructions, its lower and its upper 52 bits. One
//! digit after the other is multiplied with all limbs at once, and reduced at once (see
//! [`product`]), so the multiple N = -1 mod 2^u of the other kernels would only make numbers
//! longer: u is 0 here, and the digit of the quotient takes one more product, with -1 / n mod 2^52.
//!
//! [`crate::derivation`] proves the rest, with the differences below; n has b bits, numbers have K
//! limbs and R = 2^(52 K).
//!
//! - Values: a product is congruent to a b / R, and its value is (a b + q n) / R with q < R. For
//!   a, b < 2 n, it is below 4 n^2 / R + n <= 2 n, as R >= 4 n: K is the smallest with
//!   52 K >= b + 2 for the largest modulus of a size.
//! - Comparison: h is a number of five limbs, and its product with w 2^260 clears only these:
//!   (h w 2^260 + q n) / 2^260 with q < 2^260 is below 2^256 2 n / 2^260 + n < 2 n. With v < 2 n
//!   and the power x < 2 n, v + 2 n - x + h w is above 0 and below 6 n. It is congruent to zero if
//!   it equals q n for a q from 1 to 5, and this q is the number times 1 / n modulo 2^52.

#[cfg(target_arch = "x86_64")]
pub(crate) mod ifma;
mod product;

use crate::integers;
use crate::kernel::{DIGEST_BYTES, Kernel};
use alloc::boxed::Box;
use product::{LANES, Number};

const LIMB_BITS: u32 = 52;
const MASK: u64 = (1 << LIMB_BITS) - 1;

/// Limbs of a digest: 260 bits.
const DIGEST_LIMBS: usize = 5;

/// The operations that the kernel is built on. One call computes a whole power, so that the numbers
/// stay in the processor's vectors.
pub(crate) trait Multiply {
    /// Returns a number congruent to `digits` `number` / 2^(52 `digits.len()`) mod n.
    fn multiply<const V: usize>(
        digits: &[u64],
        number: &Number<V>,
        modulus: &Number<V>,
        negative_inverse: u64,
    ) -> Number<V>;

    /// Returns a number congruent to `base`^e / R^(e - 1), below 2 n, for R = 2^(52 `len`).
    fn raise<const V: usize>(
        base: &Number<V>,
        exponent: u32,
        len: usize,
        modulus: &Number<V>,
        negative_inverse: u64,
    ) -> Number<V>;
}

/// The software model.
#[cfg(any(test, feature = "kernels"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model;

#[cfg(any(test, feature = "kernels"))]
impl Multiply for Model {
    fn multiply<const V: usize>(
        digits: &[u64],
        number: &Number<V>,
        modulus: &Number<V>,
        negative_inverse: u64,
    ) -> Number<V> {
        product::multiply::<[u64; LANES], V>(digits, number, modulus, negative_inverse)
    }

    fn raise<const V: usize>(
        base: &Number<V>,
        exponent: u32,
        len: usize,
        modulus: &Number<V>,
        negative_inverse: u64,
    ) -> Number<V> {
        product::raise::<[u64; LANES], V>(base, exponent, len, modulus, negative_inverse)
    }
}

/// The kernel of 52-bit limbs, with the instructions or their model.
#[derive(Clone, Debug)]
pub(crate) enum Limbs52<M> {
    UpTo2048(Box<Modulus<M, 5>>),
    UpTo3072(Box<Modulus<M, 8>>),
    UpTo4096(Box<Modulus<M, 10>>),
}

impl<M: Multiply> Kernel for Limbs52<M> {
    fn new(modulus: &[u8], exponent: u32, template: &[u8]) -> Self {
        match modulus.len() {
            0..=256 => Self::UpTo2048(Box::new(Modulus::new(40, modulus, exponent, template))),
            257..=384 => Self::UpTo3072(Box::new(Modulus::new(60, modulus, exponent, template))),
            _ => Self::UpTo4096(Box::new(Modulus::new(79, modulus, exponent, template))),
        }
    }

    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
        match self {
            Self::UpTo2048(modulus) => modulus.power_matches(base, digest),
            Self::UpTo3072(modulus) => modulus.power_matches(base, digest),
            Self::UpTo4096(modulus) => modulus.power_matches(base, digest),
        }
    }
}

/// An odd modulus with its precomputed values, in V vectors.
#[derive(Clone, Debug)]
pub(crate) struct Modulus<M, const V: usize> {
    multiply: core::marker::PhantomData<M>,
    exponent: u32,
    /// K.
    len: usize,
    limbs: Number<V>,
    /// 1 / n mod 2^64.
    inverse: u64,
    /// Congruent to w 2^260 = 2^260 / R^(e - 1).
    scale: Number<V>,
    /// v + 2 n, where v is congruent to p w. Below 4 n.
    target: Number<V>,
}

impl<M: Multiply, const V: usize> Modulus<M, V> {
    fn new(len: usize, bytes: &[u8], exponent: u32, template: &[u8]) -> Self {
        let limbs = read(bytes);
        let inverse = integers::inverse(lowest_64_bits(&limbs));
        let mut modulus = Self {
            multiply: core::marker::PhantomData,
            exponent,
            len,
            limbs,
            inverse,
            scale: [[0; LANES]; V],
            target: [[0; LANES]; V],
        };
        // The power of 1 with an exponent less by one is R^-(e - 2): its product with 2^260 is
        // w 2^260, that with p is p w.
        let power = modulus.raise(&single_bit(0), exponent - 1);
        modulus.scale = modulus.multiply(&single_bit(DIGEST_LIMBS), &power);
        let target = modulus.multiply(&read(template), &power);
        let mut carry = 0;
        modulus.target = combined([&target, &limbs, &limbs], |[target, n, again]| {
            carry += target + n + again;
            let limb = carry & MASK;
            carry >>= LIMB_BITS;
            limb
        });
        modulus
    }

    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
        let power = self.raise(&read(base), self.exponent);
        let digest: Number<1> = read(digest);
        let digits = product::first(&digest, DIGEST_LIMBS);
        let scaled = M::multiply(digits, &self.scale, &self.limbs, self.negative_inverse());
        let mut carry = 0_i64;
        let difference = combined([&self.target, &scaled, &power], |[target, scaled, power]| {
            carry += (target + scaled).cast_signed() - power.cast_signed();
            let limb = carry.cast_unsigned() & MASK;
            carry >>= LIMB_BITS;
            limb
        });
        debug_assert_eq!(carry, 0, "nothing is negative, and 6 n fits the limbs");
        self.is_multiple(&difference)
    }

    /// Returns a number congruent to `base`^e / R^(e - 1), below 2 n.
    fn raise(&self, base: &Number<V>, exponent: u32) -> Number<V> {
        M::raise(base, exponent, self.len, &self.limbs, self.negative_inverse())
    }

    /// Returns a number congruent to a b / R mod n, below 2 n if both are.
    fn multiply(&self, a: &Number<V>, b: &Number<V>) -> Number<V> {
        M::multiply(product::first(a, self.len), b, &self.limbs, self.negative_inverse())
    }

    const fn negative_inverse(&self) -> u64 {
        self.inverse.wrapping_neg() & MASK
    }

    /// Returns whether a value below 8 n is a multiple of n. Zero never occurs in a valid
    /// computation, so it is rejected.
    fn is_multiple(&self, value: &Number<V>) -> bool {
        let quotient = lowest_64_bits(value).wrapping_mul(self.inverse) & MASK;
        let mut carry = 0;
        let product = combined([&self.limbs], |[limb]| {
            carry += (quotient & 7) * limb;
            let limb = carry & MASK;
            carry >>= LIMB_BITS;
            limb
        });
        (1..8).contains(&quotient) && product == *value
    }
}

/// Returns the limbs that a function makes of the limbs of other numbers, the lowest first.
fn combined<const N: usize, const V: usize>(
    numbers: [&Number<V>; N],
    mut limb: impl FnMut([u64; N]) -> u64,
) -> Number<V> {
    let mut result = [[0; LANES]; V];
    let mut sources = numbers.map(|number| number.as_flattened().iter());
    for to in result.as_flattened_mut() {
        *to = limb(sources.each_mut().map(|source| source.next().copied().unwrap_or(0)));
    }
    result
}

/// Returns 2^(52 `limb`).
fn single_bit<const V: usize>(limb: usize) -> Number<V> {
    let mut number = [[0; LANES]; V];
    number.as_flattened_mut().iter_mut().skip(limb).take(1).for_each(|to| *to = 1);
    number
}

/// Returns the number modulo 2^64.
fn lowest_64_bits<const V: usize>(number: &Number<V>) -> u64 {
    match number.as_flattened() {
        [l0, l1, ..] => *l0 | *l1 << LIMB_BITS,
        _ => 0,
    }
}

/// Reads big-endian bytes; there are fewer bits than the limbs have.
fn read<const V: usize>(bytes: &[u8]) -> Number<V> {
    let mut number = [[0; LANES]; V];
    let limbs = integers::limbs::<LIMB_BITS>(bytes);
    number.as_flattened_mut().iter_mut().zip(limbs).for_each(|(to, limb)| *to = limb);
    number
}
