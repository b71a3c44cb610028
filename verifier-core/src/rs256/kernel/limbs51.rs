//! 51-bit limbs held as doubles, whose products two fused multiply-adds split exactly (see [`lanes`](super::lanes)): for wasm
//! engines with relaxed SIMD on machines that fuse, where a product of 51 bits costs little more than one of 28 otherwise.
//!
//! Numbers are little-endian slices of K limbs below 2^51, two in a pair, where K is the smallest multiple of 4 with
//! 51 K >= b + 158 for a modulus n of b bits: 44, 64 and 84 for 2048, 3072 and 4096 bits. R is 2^(51 K).
//!
//! Instead of n the reduction adds multiples of N = c n, with c below 2^153 chosen so that N = -1 mod 2^153. Then the next
//! three digits of the quotient are the number's own three lowest limbs, and a fourth is one product away. As N + 1 is a
//! multiple of 2^153, only m = (N + 1) / 2^153 is kept; adding q N is adding q m three limbs further up and taking q away,
//! which is what clears the limbs.
//!
//! A column c is two sums that carries will join: entry c of the columns holds one of column c and one of column c + 1. So a
//! pair of limbs is always read as it lies in memory: an even digit sums to the entries of one parity, an odd digit to
//! those of the other, and the upper half h of a product goes one entry further than its lower half l.
//!
//! Bounds, with b the bits of n.
//! - Values: every value between steps is below 2^(b + 154). A product of two is below 2^(2 b + 308); divided by R, which is
//!   at least 2^(b + 158), that is below 2^(b + 150). The reduction adds less than R N / R = N < 2^(b + 153). The sum is below
//!   2^(b + 154) again, and below R, so that K limbs hold it and the last carry is zero. m is at most N / 2^153 + 1, which
//!   is far less.
//! - Products: a limb is below 2^51, in a square's operand doubled, so at most 2^52; a digit is below 2^51. That is what
//!   `lanes` asks for.
//! - Columns: a product adds |l| <= 2^50 to one sum and h <= 2^52 to the next. Each group of four digits adds two of either to a
//!   sum; there are K / 4 groups in a product and K / 4 in its reduction, so for K <= 84 a sum is below 42 x 2 x (2^52 + 2^50)
//!   < 2^59, and a column with its carry below 2^61: they fit the signed 64 bits in which they are.
//! - At the end x = e + q n is tested by exact division for the expected e: q < 2^(b + 154) / 2^(b - 1) = 2^155 fits four limbs,
//!   so it is (x - e) / n modulo 2^204, and multiplying it back settles the question column by column.

use super::lanes::{Columns, HIGH_BITS, LIMB_BITS, LOW_BITS, Pair, add, columns, numbers, pair, splats, split, sums};
use super::{ENDING_BYTES, Kernel};
use alloc::vec::Vec;

const MASK: i64 = (1 << LIMB_BITS) - 1;

/// Digits that are worked on together: as many as leave room for their sums in sixteen registers.
const GROUP: usize = 4;

/// The most pairs of limbs: K = 84, b = 4096.
const MAX_PAIRS: usize = 42;

/// Of an ending, 256 bits.
const ENDING_PAIRS: usize = 3;

/// Entries before column 0, so that the first group has some before it as all others have; they stay zero.
const BEFORE: usize = 2;

/// Entries for which no product has limbs: those before, and two groups that the highest digits reach into.
const AROUND: usize = BEFORE + 2 * GROUP;

const ZERO: Pair = pair([0.0, 0.0]);
const EMPTY: Columns = columns([0, 0]);

/// Four limbs, or four digits.
type Group = [Pair; 2];

/// Room for one multiplication after another.
struct Scratch {
    columns: [Columns; 4 * MAX_PAIRS + AROUND],
    operand: [Pair; MAX_PAIRS + 2],
}

/// The kernel for machines that multiply and add doubles in one instruction.
#[derive(Clone, Debug)]
pub(crate) struct Limbs51 {
    exponent: u32,
    /// What powers are compared with, its ending zero, K limbs.
    expected: Vec<Pair>,
    /// n, K limbs and four zeros.
    modulus: Vec<Pair>,
    /// -1 / n mod 2^204.
    inverse: Group,
    /// m = (N + 1) / 2^153, K limbs.
    multiple: Vec<Pair>,
    /// R^2 mod n, K limbs: a product with it takes a number into Montgomery form.
    r_squared: Vec<Pair>,
    /// What the columns of a product and of a square begin with, so that in the end they hold sums alone.
    starts: [Vec<Columns>; 2],
}

impl Kernel for Limbs51 {
    fn new(modulus: &[u8], exponent: u32, expected: &[u8]) -> Self {
        let bits = modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        let pairs = ((bits + 158).div_ceil(LIMB_BITS).next_multiple_of(GROUP) / 2).min(MAX_PAIRS);
        let mut kernel = Self {
            exponent,
            expected: alloc::vec![ZERO; pairs],
            modulus: alloc::vec![ZERO; pairs + 2],
            inverse: [ZERO; 2],
            // While it is zero, a product of zeros leaves behind what is no sum.
            multiple: alloc::vec![ZERO; pairs],
            r_squared: alloc::vec![ZERO; pairs],
            starts: [alloc::vec![EMPTY; 4 * pairs + AROUND], alloc::vec![EMPTY; 4 * pairs + AROUND]],
        };
        read(modulus, &mut kernel.modulus);
        let mut scratch = Scratch::new();
        for squared in [false, true] {
            let mut zero = [ZERO; MAX_PAIRS];
            kernel.reduced_product(zero.get_mut(..pairs).unwrap_or_default(), squared, &mut scratch);
            let [product, square] = &mut kernel.starts;
            let start = if squared { square } else { product };
            for (to, left) in start.iter_mut().zip(&scratch.columns) {
                let [first, second] = sums(*left);
                *to = columns([first.wrapping_neg(), second.wrapping_neg()]);
            }
        }
        read(expected, &mut kernel.expected);
        kernel.inverse = kernel.compute_inverse();
        kernel.compute_multiple(&mut scratch);
        kernel.compute_r_squared(bits, &mut scratch);
        kernel
    }

    fn power_is_expected(&self, base: &[u8], ending: &[u8; ENDING_BYTES]) -> bool {
        let pairs = self.r_squared.len();
        let (mut plain, mut montgomery, mut power) = ([ZERO; MAX_PAIRS], [ZERO; MAX_PAIRS], [ZERO; MAX_PAIRS]);
        let (Some(plain), Some(montgomery), Some(power)) =
            (plain.get_mut(..pairs), montgomery.get_mut(..pairs), power.get_mut(..pairs))
        else {
            return false;
        };
        let scratch = &mut Scratch::new();
        read(base, plain);
        montgomery.copy_from_slice(plain);
        self.multiply(montgomery, &self.r_squared, scratch);
        power.copy_from_slice(montgomery);
        self.raise(power, self.exponent, montgomery, plain, scratch);
        // Where one has bits, the other has none.
        let mut limbs = [ZERO; ENDING_PAIRS];
        read(ending, &mut limbs);
        montgomery.iter_mut().zip(&self.expected).for_each(|(to, from)| *to = *from);
        for (to, limbs) in montgomery.iter_mut().zip(limbs) {
            let ([first, second], [low, high]) = (numbers(*to), numbers(limbs));
            *to = pair([first + low, second + high]);
        }
        self.is_congruent(power, montgomery, scratch)
    }
}

impl Limbs51 {
    /// -1 / n mod 2^204 by Newton's iteration: right in 3 bits at first, twice as many each round.
    fn compute_inverse(&self) -> Group {
        let Some(&modulus) = self.modulus.first_chunk::<2>() else { return [ZERO; 2] };
        let lowest = numbers(modulus[0])[0] as i64;
        let mut limb = lowest.wrapping_neg();
        for _ in 0..5 {
            limb = limb.wrapping_mul(lowest.wrapping_mul(limb).wrapping_add(2));
        }
        let mut inverse = [pair([(limb & MASK) as f64, 0.0]), ZERO];
        for _ in 0..2 {
            let [low, high] = low_product(&modulus, inverse);
            // Two more than a limb may be, and no more than `split` takes.
            let [first, second] = numbers(low);
            inverse = low_product(&[pair([first + 2.0, second]), high], inverse);
        }
        inverse
    }

    /// m = (c n + 1) / 2^153 with c = -1 / n mod 2^153.
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

    /// R^2 mod n: 2 to the power of 51 K, in Montgomery form both.
    fn compute_r_squared(&mut self, bits: usize, scratch: &mut Scratch) {
        let mut two = [ZERO; MAX_PAIRS];
        let Some(two) = two.get_mut(..self.r_squared.len()) else { return };
        let r_bits = LIMB_BITS * 2 * two.len();
        // Doubling takes 2^(b - 1), which is below n, to 2 R mod n. Of n it is taken off or added what keeps the number
        // between -n and n; a negative one lacks R.
        let top = bits - 1;
        if let Some(limbs) = two.get_mut(top / LIMB_BITS / 2) {
            let limb = (1_u64 << (top % LIMB_BITS)) as f64;
            *limbs = pair(if (top / LIMB_BITS).is_multiple_of(2) { [limb, 0.0] } else { [0.0, limb] });
        }
        let mut missing = 0;
        for _ in top..=r_bits {
            missing = self.add_modulus(two, 2.0, if missing < 0 { 1.0 } else { -1.0 }, scratch) + 2 * missing;
        }
        if missing < 0 {
            self.add_modulus(two, 1.0, 1.0, scratch);
        }
        let mut power = core::mem::take(&mut self.r_squared);
        power.copy_from_slice(two);
        // An even exponent takes no other base at its end.
        self.raise(&mut power, u32::try_from(r_bits).unwrap_or(0), two, two, scratch);
        self.r_squared = power;
    }

    /// `number` becomes `times` itself plus `moduli` times n, without the multiple of R that is returned.
    fn add_modulus(&self, number: &mut [Pair], times: f64, moduli: f64, scratch: &mut Scratch) -> i64 {
        let entries = scratch.columns.as_chunks_mut::<2>().0.iter_mut();
        for ((entries, number), modulus) in entries.zip(&*number).zip(&self.modulus) {
            let ([x0, x1], [n0, n1]) = (numbers(*number), numbers(*modulus));
            *entries =
                [columns([(times * x0 + moduli * n0) as i64, 0]), columns([(times * x1 + moduli * n1) as i64, 0])];
        }
        settle(EMPTY, 0, &scratch.columns, number)
    }

    /// `power`, which is `base`, becomes its power. All is in Montgomery form except `last`, the base that the lowest bit takes
    /// if it is one: left out there, the form is left on the way, (x R) s / R = x s.
    fn raise(&self, power: &mut [Pair], exponent: u32, base: &[Pair], last: &[Pair], scratch: &mut Scratch) {
        // Left to right over the bits below the highest.
        for bit in (0..exponent.checked_ilog2().unwrap_or(0)).rev() {
            for (to, from) in scratch.operand.iter_mut().zip(&*power) {
                let [first, second] = numbers(*from);
                *to = pair([2.0 * first, 2.0 * second]);
            }
            self.reduced_product(power, true, scratch);
            if exponent >> bit & 1 == 1 {
                self.multiply(power, if bit == 0 { last } else { base }, scratch);
            }
        }
    }

    /// `number` becomes one congruent to itself times `by` / R mod n.
    fn multiply(&self, number: &mut [Pair], by: &[Pair], scratch: &mut Scratch) {
        for (to, from) in scratch.operand.iter_mut().zip(by) {
            *to = *from;
        }
        self.reduced_product(number, false, scratch);
    }

    /// `number` becomes one congruent to itself times the operand / R mod n. If that is to be `squared`, the operand is
    /// the number doubled: products of two different limbs are taken once.
    #[inline(never)]
    fn reduced_product(&self, number: &mut [Pair], squared: bool, Scratch { columns, operand }: &mut Scratch) {
        let pairs = number.len();
        let [product, square] = &self.starts;
        let start = if squared { square } else { product };
        for (to, from) in columns.iter_mut().zip(start) {
            *to = *from;
        }
        let m0 = self.multiple.first().map_or(0, |pair| numbers(*pair)[0] as i64);
        let (mut quotient, mut carry) = ([ZERO; 2], 0);
        for (index, digits) in number.as_chunks::<2>().0.iter().enumerate() {
            let place = GROUP * index;
            let mut above = 0;
            if squared {
                // Against itself the group stands undoubled (each product of two of its limbs comes up twice), against those
                // above it doubled; those below have met it already.
                above = 2 * index;
                if let Some(own) = operand.get_mut(above..above + 2) {
                    own.copy_from_slice(digits);
                }
            }
            if let (Some(window), Some(source)) =
                (columns.get_mut(BEFORE + place + 2 * above..), operand.get(above..pairs))
            {
                add_products(window, source, *digits);
            }
            // The machine finds these digits of the quotient while it is at the products above, which do not wait for them.
            if index > 0 {
                self.add_multiples(columns, place - GROUP, quotient);
            }
            let Some(&[e2, e1, c0, c1, c2, c3]) = columns.get(place..).and_then(<[Columns]>::first_chunk) else {
                return;
            };
            // Only now the highest column of the group below has all that belongs to it, and a carry.
            let t0 = column(e1, c0).wrapping_add(column(e2, e1).wrapping_add(carry) >> LIMB_BITS);
            let t1 = column(c0, c1).wrapping_add(t0 >> LIMB_BITS);
            let t2 = column(c1, c2).wrapping_add(t1 >> LIMB_BITS);
            carry = t2 >> LIMB_BITS;
            // The column of the fourth digit has yet to get the bits that are no sum of the first product of this group:
            // a multiple of 2^51, which a digit does not see.
            let t3 = column(c2, c3).wrapping_add(carry).wrapping_add((t0 & MASK).wrapping_mul(m0));
            quotient = [limbs(t0, t1), limbs(t2, t3)];
        }
        self.add_multiples(columns, 2 * pairs - GROUP, quotient);
        if let Some([e2, e1, above @ ..]) = columns.get(2 * pairs..) {
            settle(*e1, column(*e2, *e1).wrapping_add(carry) >> LIMB_BITS, above, number);
        }
    }

    /// Adds the multiple of N that takes the digits of the quotient at `place` away, which it leaves as they are.
    fn add_multiples(&self, columns: &mut [Columns], place: usize, quotient: Group) {
        if let Some(window) = columns.get_mut(BEFORE + place + 3..) {
            add_products(window, &self.multiple, quotient);
        }
    }

    /// Whether `x`, below 2^(b + 154), is congruent to `expected`, below n.
    fn is_congruent(
        &self,
        x: &[Pair],
        expected: &[Pair],
        Scratch { columns: difference, operand }: &mut Scratch,
    ) -> bool {
        // e - x + q n is to become zero.
        difference.fill(EMPTY);
        for ((entries, x), e) in difference.as_chunks_mut::<2>().0.iter_mut().zip(x).zip(expected) {
            let ([x0, x1], [e0, e1]) = (numbers(*x), numbers(*e));
            *entries = [columns([(e0 - x0) as i64, 0]), columns([(e1 - x1) as i64, 0])];
        }
        let mut lowest = [ZERO; 2];
        settle(EMPTY, 0, difference, &mut lowest);
        let quotient = low_product(&self.inverse, lowest);
        start_products(difference);
        add_products(difference, &self.modulus, quotient);
        let left = operand.get_mut(..self.modulus.len()).unwrap_or_default();
        settle(EMPTY, 0, difference, left);
        left.iter().all(|limbs| numbers(*limbs) == [0.0, 0.0])
    }
}

impl Scratch {
    const fn new() -> Self {
        Self { columns: [EMPTY; 4 * MAX_PAIRS + AROUND], operand: [ZERO; MAX_PAIRS + 2] }
    }
}

/// Adds the products of four digits with a run of limbs to the columns that begin where the lowest of either meet. To each
/// sum it also adds bits that are no part of it; how many times depends on its place and on the length of `source` alone.
#[inline(never)]
fn add_products(columns: &mut [Columns], source: &[Pair], digits: Group) {
    let digits = (splats(digits[0]), splats(digits[1]));
    let mut entries = columns.as_chunks_mut::<4>().0.iter_mut();
    let Some(mut here) = entries.next() else { return };
    // The sums of the entries that one pair of limbs has not been multiplied for yet.
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

/// The sums of five neighbouring entries with the products of one pair of limbs.
#[inline(always)]
fn sums_with(
    limbs: Pair,
    ([d0, d1], [d2, d3]): ([Pair; 2], [Pair; 2]),
    [s0, s1, s2, s3, s4]: [Columns; 5],
) -> [Columns; 5] {
    let (low0, high0) = split(limbs, d0);
    let (low1, high1) = split(limbs, d1);
    let (low2, high2) = split(limbs, d2);
    let (low3, high3) = split(limbs, d3);
    [add(s0, low0), add(s1, add(high0, low1)), add(s2, add(high1, low2)), add(s3, add(high2, low3)), add(s4, high3)]
}

/// Makes up for the bits that are no sums of one `add_products`, as far as the limbs of its source reach: the first column
/// gets one lower half, the next one of both, the one after that two lower halves and one upper, all others two of both.
fn start_products(entries: &mut [Columns]) {
    let mut bits = LOW_BITS;
    for (index, entry) in entries.iter_mut().enumerate() {
        *entry = add(*entry, columns([bits.wrapping_neg(), bits.wrapping_neg()]));
        if index < 3 {
            bits = bits.wrapping_add(if index == 1 { LOW_BITS } else { HIGH_BITS });
        }
    }
}

/// A product mod 2^204.
fn low_product(source: &Group, digits: Group) -> Group {
    let mut columns = [EMPTY; 2 * GROUP];
    start_products(&mut columns);
    add_products(&mut columns, source, digits);
    let mut product = [ZERO; 2];
    settle(EMPTY, 0, &columns, &mut product);
    product
}

/// The column that begins the entry `here`: its other half ends the one `below`.
fn column(below: Columns, here: Columns) -> i64 {
    let ([_, end], [beginning, _]) = (sums(below), sums(here));
    end.wrapping_add(beginning)
}

/// The lowest limb of either sum.
fn limbs(first: i64, second: i64) -> Pair {
    pair([(first & MASK) as f64, (second & MASK) as f64])
}

/// Takes the limbs of the number in the columns, as many as there is room for, and returns the carry out of the last.
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

/// Big-endian bytes into limbs; `number` has room for them.
fn read(bytes: &[u8], number: &mut [Pair]) {
    let (mut buffer, mut bits) = (0_i64, 0);
    let mut bytes = bytes.iter().rev();
    let mut limb = || {
        while bits < LIMB_BITS {
            buffer |= i64::from(bytes.next().copied().unwrap_or(0)) << bits;
            bits += 8;
        }
        let limb = buffer & MASK;
        buffer >>= LIMB_BITS;
        bits -= LIMB_BITS;
        limb
    };
    for to in number {
        *to = limbs(limb(), limb());
    }
}
