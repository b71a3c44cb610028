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
//!   2^(b + 154) again, and below R, so that K limbs hold it and the last carry is zero. m is at most N / 2^153 + 1, at most
//!   2^b, and 51 (K - 3) >= b + 5: K - 2 limbs hold it.
//! - Products: a limb is below 2^51, in a square's operand doubled, so at most 2^52; a digit is below 2^51. That is what
//!   `lanes` asks for.
//! - Columns: a product adds |l| <= 2^50 to one sum and h <= 2^52 to the next. Each group of four digits adds two of either to a
//!   sum; there are K / 4 groups in a product and K / 4 in its reduction, so for K <= 84 a sum is below 42 x 2 x (2^52 + 2^50)
//!   < 2^59, and a column with its carry below 2^61: they fit the signed 64 bits in which they are.
//! - At the end x = e + q n is tested by exact division for the expected e: q < 2^(b + 154) / 2^(b - 1) = 2^155 fits four limbs,
//!   so it is (x - e) / n modulo 2^204, and multiplying it back settles the question column by column.

use super::Kernel;
use super::lanes::{Columns, LIMB_BITS, Pair, add, columns, numbers, pair, split, subtract, sums};
use alloc::vec::Vec;

const MASK: i64 = (1 << LIMB_BITS) - 1;

/// Digits that are worked on together: as many as leave room for their sums in sixteen registers.
const GROUP: usize = 4;

/// The most limbs: b = 4096.
const MAX_LIMBS: usize = 84;

/// Entries before column 0, so that the first group has some before it as all others have; they stay zero.
const BEFORE: usize = 2;

/// Entries for which no product has limbs: those before, and one group that the highest digits reach into.
const AROUND: usize = BEFORE + GROUP;

const ZERO: Pair = pair([0.0; 2]);
const EMPTY: Columns = columns([0; 2]);

/// Four limbs, or four digits.
type Group = [f64; GROUP];

/// Room for one multiplication after another.
struct Scratch {
    columns: [Columns; 2 * MAX_LIMBS + AROUND],
    operand: [Pair; MAX_LIMBS / 2],
}

impl Scratch {
    const fn new() -> Self {
        Self { columns: [EMPTY; 2 * MAX_LIMBS + AROUND], operand: [ZERO; MAX_LIMBS / 2] }
    }
}

/// What a number is multiplied by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Another,
    /// Products of two different limbs are taken once, doubled.
    Itself,
}

/// The kernel for machines that multiply and add doubles in one instruction.
#[derive(Clone, Debug)]
pub(crate) struct Limbs51 {
    /// n, K limbs.
    modulus: Vec<Pair>,
    /// 1 / n mod 2^204.
    inverse: Group,
    /// m = (N + 1) / 2^153, K - 2 limbs.
    multiple: Vec<Pair>,
    /// R^2 mod n, K limbs: a product with it takes a number into Montgomery form.
    r_squared: Vec<Pair>,
    /// What the columns of a product begin with, so that in the end they hold sums alone.
    product_start: Vec<Columns>,
    /// Likewise for a square.
    square_start: Vec<Columns>,
}

impl Kernel for Limbs51 {
    fn new(modulus: &[u8]) -> Self {
        let bits = modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        let len = (bits + 158).div_ceil(LIMB_BITS).next_multiple_of(GROUP).min(MAX_LIMBS);
        let limbs: Vec<i64> = limbs_of(modulus).take(len).collect();
        let mut kernel = Self {
            modulus: pairs(len, limbs.iter().copied()),
            inverse: inverse(&limbs),
            // With nothing but zeros, products leave behind what is no sum.
            multiple: pairs(len - 2, core::iter::empty()),
            r_squared: Vec::new(),
            product_start: alloc::vec![EMPTY; 2 * len + AROUND],
            square_start: alloc::vec![EMPTY; 2 * len + AROUND],
        };
        kernel.product_start = kernel.start(By::Another);
        kernel.square_start = kernel.start(By::Itself);
        kernel.multiple = kernel.compute_multiple();
        kernel.r_squared = kernel.compute_r_squared(&limbs, bits);
        kernel
    }

    fn power_is(&self, base: &[u8], exponent: u32, expected: &[u8]) -> bool {
        let len = self.modulus.len();
        let (mut plain, mut montgomery, mut power) =
            ([ZERO; MAX_LIMBS / 2], [ZERO; MAX_LIMBS / 2], [ZERO; MAX_LIMBS / 2]);
        let (Some(plain), Some(montgomery), Some(power)) =
            (plain.get_mut(..len), montgomery.get_mut(..len), power.get_mut(..len))
        else {
            return false;
        };
        let scratch = &mut Scratch::new();
        fill(plain, limbs_of(base));
        montgomery.copy_from_slice(plain);
        self.multiply(montgomery, &self.r_squared, scratch);
        power.copy_from_slice(montgomery);
        self.raise(power, exponent, montgomery, plain, scratch);
        self.is_congruent(power, expected)
    }
}

impl Limbs51 {
    /// m = (c n + 1) / 2^153 with c = -1 / n mod 2^153.
    fn compute_multiple(&self) -> Vec<Pair> {
        let [c0, c1, c2, _] = normalised(self.inverse.map(|limb| -(limb as i64)));
        let len = 2 * self.modulus.len();
        let mut products = alloc::vec![EMPTY; len + GROUP];
        if let Some(lowest) = products.first_mut() {
            *lowest = columns([1, 0]);
        }
        add_exact_products(&mut products, &self.modulus, [c0, c1, c2, 0.0]);
        // The three lowest limbs of c n + 1 are zero.
        pairs(len - 2, limbs_in(EMPTY, 0, &products).skip(3))
    }

    /// R^2 mod n: 2 to the power of 51 K, in Montgomery form both. Doubling takes 2^(b - 1), which is below n, to 2 R mod n.
    fn compute_r_squared(&self, modulus: &[i64], bits: usize) -> Vec<Pair> {
        let r_bits = LIMB_BITS * modulus.len();
        let mut value = alloc::vec![0; modulus.len()];
        let top = bits - 1;
        if let Some(limb) = value.get_mut(top / LIMB_BITS) {
            *limb = 1 << (top % LIMB_BITS);
        }
        for _ in top..=r_bits {
            double(&mut value, modulus);
        }
        let two = pairs(value.len(), value.into_iter());
        let mut power = two.clone();
        // An even exponent takes no other base at its end.
        self.raise(&mut power, u32::try_from(r_bits).unwrap_or(0), &two, &two, &mut Scratch::new());
        power
    }

    /// `power`, which is `base`, becomes its power. All is in Montgomery form except `last`, the base that the lowest bit takes
    /// if it is one: left out there, the form is left on the way, (x R) s / R = x s.
    fn raise(&self, power: &mut [Pair], exponent: u32, base: &[Pair], last: &[Pair], scratch: &mut Scratch) {
        // Left to right over the bits below the highest.
        for bit in (0..exponent.checked_ilog2().unwrap_or(0)).rev() {
            self.square(power, scratch);
            if exponent >> bit & 1 == 1 {
                self.multiply(power, if bit == 0 { last } else { base }, scratch);
            }
        }
    }

    /// `number` becomes one congruent to itself times `by` / R mod n.
    fn multiply(&self, number: &mut [Pair], by: &[Pair], scratch: &mut Scratch) {
        scratch.operand.iter_mut().zip(by).for_each(|(to, from)| *to = *from);
        self.reduced_product(number, By::Another, scratch);
    }

    /// `number` becomes one congruent to its square / R mod n.
    fn square(&self, number: &mut [Pair], scratch: &mut Scratch) {
        for (to, from) in scratch.operand.iter_mut().zip(&*number) {
            *to = pair(numbers(*from).map(|limb| 2.0 * limb));
        }
        self.reduced_product(number, By::Itself, scratch);
    }

    /// `number` becomes one congruent to itself times the operand / R mod n.
    fn reduced_product(&self, number: &mut [Pair], by: By, Scratch { columns, operand }: &mut Scratch) {
        let len = number.len();
        let start = if by == By::Itself { &self.square_start } else { &self.product_start };
        columns.iter_mut().zip(start).for_each(|(to, from)| *to = *from);
        let m0 = self.multiple.first().map_or(0, |pair| numbers(*pair)[0] as i64);
        let (mut quotient, mut carry) = ([0.0; GROUP], 0);
        for (index, digits) in number.as_chunks::<2>().0.iter().enumerate() {
            let place = GROUP * index;
            let mut above = 0;
            if by == By::Itself {
                // Against itself the group stands undoubled (each product of two of its limbs comes up twice), against those
                // above it doubled; those below have met it already.
                above = 2 * index;
                if let Some(own) = operand.get_mut(above..above + 2) {
                    own.copy_from_slice(digits);
                }
            }
            if let (Some(window), Some(source)) =
                (columns.get_mut(BEFORE + place + 2 * above..), operand.get(above..len))
            {
                add_products(window, source, group(digits));
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
            let t3 = column(c2, c3).wrapping_add(carry).wrapping_add((t0 & MASK).wrapping_mul(m0));
            quotient = [t0, t1, t2, t3].map(|sum| (sum & MASK) as f64);
        }
        self.add_multiples(columns, 2 * len - GROUP, quotient);
        if let Some([e2, e1, above @ ..]) = columns.get(2 * len..) {
            let carry = column(*e2, *e1).wrapping_add(carry) >> LIMB_BITS;
            fill(number, limbs_in(*e1, carry, above));
        }
    }

    /// Adds the multiple of N that takes the digits of the quotient at `place` away, which it leaves as they are.
    fn add_multiples(&self, columns: &mut [Columns], place: usize, quotient: Group) {
        if let Some(window) = columns.get_mut(BEFORE + place + 3..) {
            add_products(window, &self.multiple, quotient);
        }
    }

    /// What cancels that which a product of zeros leaves behind: bits that are no sums.
    fn start(&self, by: By) -> Vec<Columns> {
        let scratch = &mut Scratch::new();
        let mut zero = self.modulus.clone();
        zero.fill(ZERO);
        self.reduced_product(&mut zero, by, scratch);
        self.product_start.iter().zip(&scratch.columns).map(|(_, left)| subtract(EMPTY, *left)).collect()
    }

    /// Whether `x`, below 2^(b + 154), is congruent to `expected`, below n.
    fn is_congruent(&self, x: &[Pair], expected: &[u8]) -> bool {
        // What is to become zero: e - x + q n.
        let mut difference = [EMPTY; MAX_LIMBS + GROUP];
        let Some(difference) = difference.get_mut(..2 * x.len() + GROUP) else { return false };
        let x = x.iter().flat_map(|pair| numbers(*pair));
        for ((to, x), expected) in difference.iter_mut().zip(x).zip(limbs_of(expected)) {
            *to = columns([expected - x as i64, 0]);
        }
        let Some(&[c0, c1, c2, c3]) = difference.first_chunk() else { return false };
        let low = normalised([c0, c1, c2, c3].map(|entry| -column(EMPTY, entry)));
        let quotient = low_product(low, self.inverse).map(|limb| limb as f64);
        add_exact_products(difference, &self.modulus, quotient);
        limbs_in(EMPTY, 0, difference).all(|limb| limb == 0)
    }
}

/// Adds the products of four digits with a run of limbs to the columns that begin where the lowest of either meet. To each
/// sum it also adds bits that are no part of it; how many times depends on its place and on the length of `source` alone.
#[inline(never)]
fn add_products(columns: &mut [Columns], source: &[Pair], digits: Group) {
    let [d0, d1, d2, d3] = digits.map(|digit| pair([digit; 2]));
    let mut chunks = columns.as_chunks_mut::<2>().0.iter_mut();
    let (Some(mut here), Some(mut next)) = (chunks.next(), chunks.next()) else { return };
    // The sums of the entries that one pair of limbs has not been multiplied for yet.
    let ([mut s0, mut s1], [mut s2, _]) = (*here, *next);
    for (limbs, after) in source.iter().zip(chunks) {
        let (low0, high0) = split(*limbs, d0);
        let (low1, high1) = split(*limbs, d1);
        let (low2, high2) = split(*limbs, d2);
        let (low3, high3) = split(*limbs, d3);
        *here = [add(s0, low0), add(s1, add(high0, low1))];
        s0 = add(s2, add(high1, low2));
        s1 = add(next[1], add(high2, low3));
        s2 = add(after[0], high3);
        (here, next) = (next, after);
    }
    *here = [s0, s1];
    next[0] = s2;
}

/// As [`add_products`], but only the sums.
fn add_exact_products(columns: &mut [Columns], source: &[Pair], digits: Group) {
    let mut no_sums = [EMPTY; MAX_LIMBS + GROUP];
    add_products(&mut no_sums, source, [0.0; GROUP]);
    add_products(columns, source, digits);
    columns.iter_mut().zip(no_sums).for_each(|(column, bits)| *column = subtract(*column, bits));
}

/// a b mod 2^204.
fn low_product(a: Group, [b0, b1, b2, b3]: Group) -> [i64; GROUP] {
    let mut columns = [EMPTY; 2 * GROUP];
    add_exact_products(&mut columns, &[pair([b0, b1]), pair([b2, b3])], a);
    let mut limbs = limbs_in(EMPTY, 0, &columns);
    [0; GROUP].map(|_| limbs.next().unwrap_or(0))
}

/// 1 / `odd` mod 2^204 by Newton's iteration: right in 3 bits at first, twice as many each round.
fn inverse(odd: &[i64]) -> Group {
    let Some(low) = odd.first_chunk::<GROUP>() else { return [0.0; GROUP] };
    let [lowest, ..] = *low;
    let limb = (0..5).fold(lowest, |inverse, _| inverse.wrapping_mul(2_i64.wrapping_sub(lowest.wrapping_mul(inverse))));
    let low = low.map(|limb| limb as f64);
    (0..2).fold([(limb & MASK) as f64, 0.0, 0.0, 0.0], |inverse, _| {
        let [p0, p1, p2, p3] = low_product(low, inverse);
        low_product(inverse, normalised([2 - p0, -p1, -p2, -p3])).map(|limb| limb as f64)
    })
}

/// A number of four limbs, which may be too large or negative, mod 2^204.
fn normalised(limbs: [i64; GROUP]) -> Group {
    let mut carry = 0;
    limbs.map(|limb| {
        let sum = limb + carry;
        carry = sum >> LIMB_BITS;
        (sum & MASK) as f64
    })
}

/// `value` becomes 2 `value` mod n, for a value below n.
fn double(value: &mut [i64], modulus: &[i64]) {
    let mut carry = 0;
    for limb in value.iter_mut() {
        let doubled = *limb << 1 | carry;
        carry = doubled >> LIMB_BITS;
        *limb = doubled & MASK;
    }
    if value.iter().rev().ge(modulus.iter().rev()) {
        let mut borrow = 0;
        for (limb, modulus) in value.iter_mut().zip(modulus) {
            let difference = *limb - modulus + borrow;
            borrow = difference >> LIMB_BITS;
            *limb = difference & MASK;
        }
    }
}

/// The column that begins the entry `here`: its other half ends the one `below`.
fn column(below: Columns, here: Columns) -> i64 {
    let ([_, end], [beginning, _]) = (sums(below), sums(here));
    end.wrapping_add(beginning)
}

/// The limbs of the number in the columns, without the last carry.
fn limbs_in(mut below: Columns, mut carry: i64, columns: &[Columns]) -> impl Iterator<Item = i64> {
    columns.iter().map(move |here| {
        let sum = column(below, *here).wrapping_add(carry);
        carry = sum >> LIMB_BITS;
        below = *here;
        sum & MASK
    })
}

/// The limbs of a big-endian number, and zeros for ever.
fn limbs_of(bytes: &[u8]) -> impl Iterator<Item = i64> {
    let mut bytes = bytes.iter().rev();
    let (mut buffer, mut bits) = (0_i64, 0);
    core::iter::repeat_with(move || {
        while bits < LIMB_BITS {
            buffer |= i64::from(bytes.next().copied().unwrap_or(0)) << bits;
            bits += 8;
        }
        let limb = buffer & MASK;
        buffer >>= LIMB_BITS;
        bits -= LIMB_BITS;
        limb
    })
}

/// Takes as many limbs as there is room for, or zeros.
fn fill(number: &mut [Pair], mut limbs: impl Iterator<Item = i64>) {
    let mut limb = || limbs.next().unwrap_or(0) as f64;
    number.iter_mut().for_each(|to| *to = pair([limb(), limb()]));
}

/// A number of `len` limbs.
fn pairs(len: usize, limbs: impl Iterator<Item = i64>) -> Vec<Pair> {
    let mut pairs = alloc::vec![ZERO; len / 2];
    fill(&mut pairs, limbs);
    pairs
}

fn group([low, high]: &[Pair; 2]) -> Group {
    let ([d0, d1], [d2, d3]) = (numbers(*low), numbers(*high));
    [d0, d1, d2, d3]
}
