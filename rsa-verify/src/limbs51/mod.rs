//! 51-bit limbs held as doubles, whose products two fused multiply-adds split exactly (see
//! [`lanes`]): for wasm engines with relaxed SIMD on machines that fuse, where a product of 51 bits
//! costs little more than one of 28 otherwise.
//!
//! [`crate::derivation`] proves the technique, with w = 51 and u = 153: three digits of the
//! quotient are the number's own lowest limbs, and a fourth is one product away. K is the smallest
//! multiple of 4 with 51 K >= b + 158. Limbs lie in pairs.
//!
//! A column c is two sums that the final carries join: entry c holds one of column c and one of
//! column c + 1. So a pair of limbs is always read as it lies in memory: an even digit sums to the
//! entries of one parity, an odd digit to those of the other, and the upper half h of a product
//! goes one entry further than its lower half l.
//!
//! Bounds, with b the bits of n.
//! - Products: a limb is below 2^51, in a square's operand doubled, so at most 2^52; a digit is
//!   below 2^51. `lanes` requires that.
//! - Columns: a product adds |l| <= 2^50 to one sum and h <= 2^52 to the next. Each group of four
//!   digits adds two of either to a sum; there are K / 4 groups in a product and K / 4 in its
//!   reduction, so for K <= 84 a sum is below 42 x 2 x (2^52 + 2^50) < 2^59, and a column with its
//!   carry below 2^61: they fit signed 64 bits.
//! - Target: v with 2^155 n, below 2^(b + 156), lies in the columns before the products of a digest
//!   are added, where it adds less than 2^54 to each. A digest has six limbs, and eight columns are
//!   cleared.

mod lanes;

use crate::buffer::Buffer;
use crate::integers;
use crate::kernel::{DIGEST_BYTES, Kernel};
use lanes::{
    Columns, HIGH_BITS, LIMB_BITS, LOW_BITS, Pair, add, columns, numbers, pair, splats, split,
    splitters, sums,
};

const MASK: i64 = (1 << LIMB_BITS) - 1;

/// Digits that are worked on together: the sums of four fit into sixteen registers.
const GROUP: usize = 4;

/// The most pairs of limbs: K = 84, b = 4096.
const MAX_PAIRS: usize = 42;

/// Pairs of limbs of a digest, 256 bits, as whole groups.
const DIGEST_PAIRS: usize = 4;

/// Entries of zero before column 0, so that the first group has predecessors as all others have.
const BEFORE: usize = 2;

/// Entries beyond the limbs of a product: those before, and two groups that the highest digits
/// reach into.
const AROUND: usize = BEFORE + 2 * GROUP;

const ZERO: Pair = pair([0.0, 0.0]);
const EMPTY: Columns = columns([0, 0]);

/// The limbs of a number.
type Number = Buffer<Pair, MAX_PAIRS>;

/// The most initial columns.
const MAX_COLUMNS: usize = 4 * MAX_PAIRS + AROUND;

/// Four limbs, or four digits.
type Group = [Pair; 2];

/// Buffers of one multiplication after another.
struct Scratch {
    columns: [Columns; MAX_COLUMNS],
    operand: [Pair; MAX_PAIRS + 2],
}

/// The kernel of 51-bit limbs.
#[derive(Clone, Debug)]
pub(crate) struct Limbs51 {
    exponent: u32,
    /// n, K limbs and four zeros.
    modulus: Buffer<Pair, { MAX_PAIRS + 2 }>,
    /// -1 / n mod 2^204.
    inverse: Group,
    /// m = (N + 1) / 2^153, K limbs.
    multiple: Number,
    /// Congruent to w = R^-(e - 1), K limbs.
    scale: Number,
    /// Initial columns of each kind of product, which cancel the bits of `lanes` that are not part
    /// of a sum. Those of a digest include v and 2^155 n.
    starts: [Buffer<Columns, MAX_COLUMNS>; 3],
}

/// The kinds of products, which differ in their initial columns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Product {
    /// Of two numbers.
    Plain,
    /// Of a number with itself; the operand is the doubled number: products of two different limbs
    /// are computed once.
    Square,
    /// Of the scale and a digest, whose limbs beyond [`DIGEST_PAIRS`] are ignored.
    Digest,
}

impl Product {
    const ALL: [Self; 3] = [Self::Plain, Self::Square, Self::Digest];
}

impl Kernel for Limbs51 {
    fn new(modulus: &[u8], exponent: u32, template: &[u8]) -> Self {
        let bits =
            modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        let pairs = ((bits + 158).div_ceil(LIMB_BITS).next_multiple_of(GROUP) / 2).min(MAX_PAIRS);
        let mut kernel = Self {
            exponent,
            modulus: Buffer::filled(ZERO, pairs + 2),
            inverse: [ZERO; 2],
            // While it is zero, a product of zeros yields exactly the bits to cancel.
            multiple: Buffer::filled(ZERO, pairs),
            scale: Buffer::filled(ZERO, pairs),
            starts: [Buffer::filled(EMPTY, 4 * pairs + AROUND); 3],
        };
        read(modulus, &mut kernel.modulus);
        let scratch = &mut Scratch::new();
        for product in Product::ALL {
            let mut zero = [ZERO; MAX_PAIRS];
            kernel.multiply(zero.get_mut(..pairs).unwrap_or_default(), None, product, scratch);
            let Some(start) = kernel.starts.get_mut(product as usize) else { continue };
            for (to, left) in start.iter_mut().zip(&scratch.columns) {
                let [first, second] = sums(*left);
                *to = columns([first.wrapping_neg(), second.wrapping_neg()]);
            }
        }
        kernel.inverse = kernel.compute_inverse();
        kernel.compute_multiple(scratch);
        kernel.compute_scale(template, scratch);
        kernel
    }

    fn power_matches(&self, base: &[u8], digest: &[u8; DIGEST_BYTES]) -> bool {
        let pairs = self.scale.len();
        let (mut number, mut power) = ([ZERO; MAX_PAIRS], [ZERO; MAX_PAIRS]);
        let (Some(number), Some(power)) = (number.get_mut(..pairs), power.get_mut(..pairs)) else {
            return false;
        };
        let scratch = &mut Scratch::new();
        read(base, number);
        self.raise(number, self.exponent, power, scratch);
        // The target minus x, plus h w.
        self.start(Product::Digest, scratch);
        add_limbs(scratch.columns.get_mut(BEFORE..).unwrap_or_default(), power, -1.0);
        read(digest, number);
        scratch.set_operand(&self.scale, 1.0);
        self.reduced_product(number, Product::Digest, scratch);
        self.is_multiple(number, scratch)
    }
}

impl Limbs51 {
    /// Computes -1 / n mod 2^204 by Newton's iteration: correct in 51 bits at first, in twice as
    /// many after each round.
    fn compute_inverse(&self) -> Group {
        let Some(&modulus) = self.modulus.first_chunk::<2>() else { return [ZERO; 2] };
        let lowest = numbers(modulus[0])[0] as i64;
        let limb = integers::inverse(lowest.cast_unsigned()).cast_signed().wrapping_neg();
        let mut inverse = [pair([(limb & MASK) as f64, 0.0]), ZERO];
        for _ in 0..2 {
            let [low, high] = low_product(&modulus, inverse);
            // Two more than a limb may be, and within the bounds of `split`.
            let [first, second] = numbers(low);
            inverse = low_product(&[pair([first + 2.0, second]), high], inverse);
        }
        inverse
    }

    /// Computes m = (c n + 1) / 2^153 with c = -1 / n mod 2^153.
    fn compute_multiple(&mut self, Scratch { columns: products, .. }: &mut Scratch) {
        let [low, high] = self.inverse;
        products.fill(EMPTY);
        products[0] = columns([1, 0]);
        start_products(products);
        add_products(products, &self.modulus, [low, pair([numbers(high)[0], 0.0])]);
        let [c0, c1, c2, above @ ..] = products;
        // Three limbs that are zero.
        let carry = column(EMPTY, *c0) >> LIMB_BITS;
        let carry = column(*c0, *c1).wrapping_add(carry) >> LIMB_BITS;
        let carry = column(*c1, *c2).wrapping_add(carry) >> LIMB_BITS;
        settle(*c2, carry, above, &mut self.multiple);
    }

    /// Computes w and v. The power of 1 with an exponent less by one is R^-(e - 2): its product
    /// with 1 is w, that with p is v = p w. v and 2^155 n, which is 4 n three limbs further up, are
    /// initial columns of a digest.
    fn compute_scale(&mut self, template: &[u8], scratch: &mut Scratch) {
        let pairs = self.scale.len();
        let [mut one, mut target] = [Number::filled(ZERO, pairs); 2];
        one.iter_mut().take(1).for_each(|lowest| *lowest = pair([1.0, 0.0]));
        let mut scale = self.scale;
        self.raise(&one, self.exponent - 1, &mut scale, scratch);
        read(template, &mut target);
        self.multiply(&mut target, Some(&scale), Product::Plain, scratch);
        self.multiply(&mut scale, Some(&one), Product::Plain, scratch);
        self.scale = scale;
        let [.., start] = &mut self.starts;
        add_limbs(start.get_mut(BEFORE..).unwrap_or_default(), &target, 1.0);
        add_limbs(start.get_mut(BEFORE + 3..).unwrap_or_default(), &self.modulus, 4.0);
    }

    /// Sets `power` to a number congruent to `base`^`exponent` / R^(`exponent` - 1).
    fn raise(&self, base: &[Pair], exponent: u32, power: &mut [Pair], scratch: &mut Scratch) {
        power.iter_mut().zip(base).for_each(|(to, from)| *to = *from);
        for bit in integers::bits_below_highest(exponent) {
            self.multiply(power, None, Product::Square, scratch);
            if bit {
                self.multiply(power, Some(base), Product::Plain, scratch);
            }
        }
    }

    /// Sets `number` to one congruent to itself times `by`, or to its square, divided by R.
    fn multiply(
        &self,
        number: &mut [Pair],
        by: Option<&[Pair]>,
        product: Product,
        scratch: &mut Scratch,
    ) {
        self.start(product, scratch);
        match by {
            Some(by) => scratch.set_operand(by, 1.0),
            None => scratch.set_operand(number, 2.0),
        }
        self.reduced_product(number, product, scratch);
    }

    /// Sets the columns to the initial ones of a product.
    fn start(&self, product: Product, scratch: &mut Scratch) {
        let Some(start) = self.starts.get(product as usize) else { return };
        for (to, from) in scratch.columns.iter_mut().zip(&**start) {
            *to = *from;
        }
    }

    /// Sets `number` to one congruent to the sum of the columns and its product with the operand,
    /// divided by R, or by 2^408 for a digest. The initial columns that cancel other bits are not
    /// part of the sum.
    #[inline(never)]
    fn reduced_product(
        &self,
        number: &mut [Pair],
        product: Product,
        Scratch { columns, operand }: &mut Scratch,
    ) {
        let pairs = number.len();
        let cleared = if product == Product::Digest { DIGEST_PAIRS } else { pairs };
        let squared = product == Product::Square;
        let m0 = self.multiple.first().map_or(0, |pair| numbers(*pair)[0] as i64);
        let (mut quotient, mut carry) = ([ZERO; 2], 0);
        for (index, digits) in number.as_chunks::<2>().0.iter().take(cleared / 2).enumerate() {
            let offset = GROUP * index;
            let mut above = 0;
            if squared {
                // A group meets itself undoubled (each product of two of its limbs occurs twice)
                // and the groups above doubled; those below have met it already.
                above = 2 * index;
                if let Some(own) = operand.get_mut(above..above + 2) {
                    own.copy_from_slice(digits);
                }
            }
            if let (Some(window), Some(source)) =
                (columns.get_mut(BEFORE + offset + 2 * above..), operand.get(above..pairs))
            {
                add_products(window, source, *digits);
            }
            // The processor computes these digits of the quotient during the products above, which
            // do not depend on them.
            if index > 0 {
                self.add_multiples(columns, offset - GROUP, quotient);
            }
            let Some(&[e2, e1, c0, c1, c2, c3]) =
                columns.get(offset..).and_then(<[Columns]>::first_chunk)
            else {
                return;
            };
            // Only now is the highest column of the group below complete, and has a carry.
            let t0 = column(e1, c0).wrapping_add(column(e2, e1).wrapping_add(carry) >> LIMB_BITS);
            let t1 = column(c0, c1).wrapping_add(t0 >> LIMB_BITS);
            let t2 = column(c1, c2).wrapping_add(t1 >> LIMB_BITS);
            carry = t2 >> LIMB_BITS;
            // The column of the fourth digit still lacks the bits that cancel those of the first
            // product of this group: a multiple of 2^51, which does not change the digit.
            let t3 = column(c2, c3).wrapping_add(carry).wrapping_add((t0 & MASK).wrapping_mul(m0));
            quotient = [limbs(t0, t1), limbs(t2, t3)];
        }
        self.add_multiples(columns, 2 * cleared - GROUP, quotient);
        if let Some([e2, e1, above @ ..]) = columns.get(2 * cleared..) {
            settle(*e1, column(*e2, *e1).wrapping_add(carry) >> LIMB_BITS, above, number);
        }
    }

    /// Adds the multiple of N that clears the digits of the quotient at `offset`; the cleared
    /// columns are not written.
    fn add_multiples(&self, columns: &mut [Columns], offset: usize, quotient: Group) {
        if let Some(window) = columns.get_mut(BEFORE + offset + 3..) {
            add_products(window, &self.multiple, quotient);
        }
    }

    /// Returns whether `x`, below 2^(b + 154), is a multiple of n. Zero never occurs in a valid
    /// computation, so it is rejected.
    fn is_multiple(
        &self,
        x: &[Pair],
        Scratch { columns: difference, operand }: &mut Scratch,
    ) -> bool {
        // q n - x must be zero.
        difference.fill(EMPTY);
        add_limbs(difference, x, -1.0);
        let mut lowest = [ZERO; 2];
        settle(EMPTY, 0, difference, &mut lowest);
        let quotient = low_product(&self.inverse, lowest);
        start_products(difference);
        add_products(difference, &self.modulus, quotient);
        let left = operand.get_mut(..self.modulus.len()).unwrap_or_default();
        settle(EMPTY, 0, difference, left);
        let is_zero = |limbs: &Pair| numbers(*limbs) == [0.0, 0.0];
        !quotient.iter().all(is_zero) && left.iter().all(is_zero)
    }
}

impl Scratch {
    const fn new() -> Self {
        Self { columns: [EMPTY; MAX_COLUMNS], operand: [ZERO; MAX_PAIRS + 2] }
    }

    /// Sets the operand to `times` a number.
    fn set_operand(&mut self, number: &[Pair], times: f64) {
        for (to, from) in self.operand.iter_mut().zip(number) {
            let [first, second] = numbers(*from);
            *to = pair([times * first, times * second]);
        }
    }
}

/// Adds the products of four digits with a run of limbs to the columns, beginning with that of the
/// lowest product. It also adds bits to each sum that are not part of it; how many times depends
/// only on its index and the length of `source`.
#[inline(never)]
fn add_products(columns: &mut [Columns], source: &[Pair], digits: Group) {
    let digits = (splats(digits[0]), splats(digits[1]), splitters());
    let mut entries = columns.as_chunks_mut::<4>().0.iter_mut();
    let Some(mut here) = entries.next() else { return };
    // The sums of the entries that wait for the products of the next pair of limbs.
    let [mut s0, mut s1, mut s2, _] = *here;
    for ([first, second], after) in source.as_chunks::<2>().0.iter().zip(entries) {
        let [e0, e1, e2, e3, e4] = sums_with(*first, digits, [s0, s1, s2, here[3], after[0]]);
        let [e2, e3, e4, e5, e6] = sums_with(*second, digits, [e2, e3, e4, after[1], after[2]]);
        *here = [e0, e1, e2, e3];
        (s0, s1, s2) = (e4, e5, e6);
        here = after;
    }
    [here[0], here[1], here[2]] = [s0, s1, s2];
}

/// Returns the sums of five neighbouring entries with the products of one pair of limbs.
#[inline(always)]
fn sums_with(
    limbs: Pair,
    ([d0, d1], [d2, d3], splitters): ([Pair; 2], [Pair; 2], [Pair; 2]),
    [s0, s1, s2, s3, s4]: [Columns; 5],
) -> [Columns; 5] {
    let (low0, high0) = split(limbs, d0, splitters);
    let (low1, high1) = split(limbs, d1, splitters);
    let (low2, high2) = split(limbs, d2, splitters);
    let (low3, high3) = split(limbs, d3, splitters);
    [
        add(s0, low0),
        add(s1, add(high0, low1)),
        add(s2, add(high1, low2)),
        add(s3, add(high2, low3)),
        add(s4, high3),
    ]
}

/// Cancels the bits of one `add_products` that are not part of a sum, as far as the limbs of its
/// source reach: the first column gets one lower half, the next one of both, the third two lower
/// halves and one upper, all others two of both.
fn start_products(entries: &mut [Columns]) {
    let mut bits = LOW_BITS;
    for (index, entry) in entries.iter_mut().enumerate() {
        *entry = add(*entry, columns([bits.wrapping_neg(), bits.wrapping_neg()]));
        if index < 3 {
            bits = bits.wrapping_add(if index == 1 { LOW_BITS } else { HIGH_BITS });
        }
    }
}

/// Adds `times` a number to the columns, beginning with its lowest limb.
fn add_limbs(entries: &mut [Columns], number: &[Pair], times: f64) {
    for ([even, odd], limbs) in entries.as_chunks_mut::<2>().0.iter_mut().zip(number) {
        let [first, second] = numbers(*limbs);
        *even = add(*even, columns([(times * first) as i64, 0]));
        *odd = add(*odd, columns([(times * second) as i64, 0]));
    }
}

/// Returns a product mod 2^204.
fn low_product(source: &Group, digits: Group) -> Group {
    let mut columns = [EMPTY; 2 * GROUP];
    start_products(&mut columns);
    add_products(&mut columns, source, digits);
    let mut product = [ZERO; 2];
    settle(EMPTY, 0, &columns, &mut product);
    product
}

/// Returns the column whose first half is in the entry `here` and whose second half is in `below`.
fn column(below: Columns, here: Columns) -> i64 {
    let ([_, end], [beginning, _]) = (sums(below), sums(here));
    end.wrapping_add(beginning)
}

/// Returns the lowest limbs of two sums.
fn limbs(first: i64, second: i64) -> Pair {
    pair([(first & MASK) as f64, (second & MASK) as f64])
}

/// Propagates the carries of columns into as many limbs as `number` has, and returns the carry out
/// of the last.
fn settle(mut below: Columns, mut carry: i64, columns: &[Columns], number: &mut [Pair]) -> i64 {
    for (to, [even, odd]) in number.iter_mut().zip(columns.as_chunks::<2>().0) {
        let first = column(below, *even).wrapping_add(carry);
        let second = column(*even, *odd).wrapping_add(first >> LIMB_BITS);
        carry = second >> LIMB_BITS;
        below = *odd;
        *to = limbs(first, second);
    }
    carry
}

/// Reads big-endian bytes into limbs, which have enough bits for them.
fn read(bytes: &[u8], number: &mut [Pair]) {
    let mut source = integers::limbs::<{ LIMB_BITS as u32 }>(bytes);
    let mut limb = || source.next().unwrap_or(0) as f64;
    for to in number {
        *to = pair([limb(), limb()]);
    }
}
