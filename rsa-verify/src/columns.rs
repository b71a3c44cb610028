//! Products of integers in columns, for the kernels whose limbs are integers.
//!
//! Limbs are worked on in groups of four: as many as leave room for their sums in the registers of
//! x86-64. Columns lie in pairs, because vectors of 128 bits hold two of 64.

/// Limbs that are worked on together.
pub(crate) const GROUP: usize = 4;

/// Zero limbs before and behind an operand, for the groups that reach beyond its ends.
pub(crate) const MARGIN: usize = GROUP;

/// Adds the product of `digits` with the `len` limbs between the margins of `operand` to columns.
///
/// `add_products` takes its digits by reference: wasm would copy an array that is passed by value
/// before each call, and a token would take 1.13 times as long in wasmtime.
pub(crate) fn add_product<P, L: Copy>(
    columns: &mut [P],
    operand: &[L],
    digits: &[L],
    len: usize,
    add_products: impl Fn(&mut [P], &[L], &[L; GROUP]),
) {
    for (index, digits) in digits.as_chunks::<GROUP>().0.iter().enumerate() {
        let offset = index * GROUP;
        let window = columns.get_mut(offset / 2..(offset + len + GROUP) / 2);
        let source = operand.get(MARGIN - 3..MARGIN + len + GROUP);
        if let (Some(window), Some(source)) = (window, source) {
            add_products(window, source, digits);
        }
    }
}

/// Adds the square of `digits` to columns. `doubled` holds the doubled digits between margins, and
/// zeros afterwards: products of two different limbs are computed once.
pub(crate) fn add_square<P, L: Copy + Default>(
    columns: &mut [P],
    doubled: &mut [L],
    digits: &[L],
    add_products: impl Fn(&mut [P], &[L], &[L; GROUP]),
) {
    let len = digits.len();
    for (index, digits) in digits.as_chunks::<GROUP>().0.iter().enumerate() {
        let offset = index * GROUP;
        // A group meets itself undoubled (each product of two of its limbs occurs twice) and the
        // groups above doubled; those below have met it already and are zero by now.
        if let Some(own) = group_mut(doubled, MARGIN + offset) {
            *own = *digits;
        }
        let window = columns.get_mut(offset..(offset + len + GROUP) / 2);
        let source = doubled.get(MARGIN - 3 + offset..MARGIN + len + GROUP);
        if let (Some(window), Some(source)) = (window, source) {
            add_products(window, source, digits);
        }
        if let Some(own) = group_mut(doubled, MARGIN + offset) {
            *own = [L::default(); GROUP];
        }
    }
}

/// Returns the group at an index.
fn group_mut<L>(limbs: &mut [L], index: usize) -> Option<&mut [L; GROUP]> {
    limbs.get_mut(index..)?.first_chunk_mut()
}

/// Adds the products of four digits with a run of limbs to a run of columns: column i gets the sum
/// of d0 s(i), d1 s(i - 1), d2 s(i - 2) and d3 s(i - 3). `source` begins with s(-3) and is three
/// limbs longer than there are columns.
///
/// `widen` converts each limb once for its four products: with a conversion of each factor, a token
/// takes 1.16 times as long in wasmtime, where limbs have 28 bits.
// With SIMD, the kernel of 28-bit limbs has its own vector code.
#[cfg(any(
    target_pointer_width = "64",
    feature = "wide-arithmetic",
    not(all(target_arch = "wasm32", target_feature = "simd128"))
))]
#[inline(always)]
pub(crate) fn add_products<
    L: Copy,
    W: Copy,
    C: core::ops::AddAssign + core::ops::Add<Output = C>,
>(
    columns: &mut [[C; 2]],
    source: &[L],
    digits: [L; GROUP],
    widen: impl Fn(L) -> W,
    product: impl Fn(W, W) -> C,
) {
    let Some((before, source)) = source.split_first_chunk::<3>() else { return };
    let [mut s3, mut s2, mut s1] = before.map(&widen);
    let [d0, d1, d2, d3] = digits.map(&widen);
    for (columns, source) in
        columns.as_chunks_mut::<2>().0.iter_mut().zip(source.as_chunks::<GROUP>().0)
    {
        let [[c0, c1], [c2, c3]] = columns;
        let [a, b, c, d] = *source;
        let (a, b, c, d) = (widen(a), widen(b), widen(c), widen(d));
        *c0 += (product(d0, a) + product(d1, s1)) + (product(d2, s2) + product(d3, s3));
        *c1 += (product(d0, b) + product(d1, a)) + (product(d2, s1) + product(d3, s2));
        *c2 += (product(d0, c) + product(d1, b)) + (product(d2, a) + product(d3, s1));
        *c3 += (product(d0, d) + product(d1, c)) + (product(d2, b) + product(d3, a));
        (s1, s2, s3) = (d, c, b);
    }
}
