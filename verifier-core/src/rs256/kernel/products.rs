//! The inner loop of [`limbs28`](super::limbs28), where all of its time goes: once for any machine, once for wasm with
//! vectors of 128 bits. Both do the same sums in the same columns, so the bounds written there hold for either.

/// Limbs and columns that are worked on together.
pub(super) const GROUP: usize = 4;

/// Adds the products of four digits with a run of limbs to a run of columns: column i gets d0 s(i) + d1 s(i - 1) +
/// d2 s(i - 2) + d3 s(i - 3). `source` begins with s(-3) and is three limbs longer than `columns`.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(never)]
pub(super) fn add_products(columns: &mut [u64], source: &[u32], digits: [u32; GROUP]) {
    let Some((&[s3, s2, s1], source)) = source.split_first_chunk::<3>() else { return };
    let (mut s3, mut s2, mut s1) = (u64::from(s3), u64::from(s2), u64::from(s1));
    let [d0, d1, d2, d3] = digits.map(u64::from);
    for (columns, source) in columns.as_chunks_mut::<GROUP>().0.iter_mut().zip(source.as_chunks::<GROUP>().0) {
        let [c0, c1, c2, c3] = columns;
        let [a, b, c, d] = source.map(u64::from);
        *c0 += (d0 * a + d1 * s1) + (d2 * s2 + d3 * s3);
        *c1 += (d0 * b + d1 * a) + (d2 * s1 + d3 * s2);
        *c2 += (d0 * c + d1 * b) + (d2 * a + d3 * s1);
        *c3 += (d0 * d + d1 * c) + (d2 * b + d3 * a);
        (s1, s2, s3) = (d, c, b);
    }
}

/// As the scalar one: two columns in a vector, four limbs multiplied by a digit in two instructions (`extmul`).
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(never)]
pub(super) fn add_products(columns: &mut [u64], source: &[u32], digits: [u32; GROUP]) {
    use core::arch::wasm32::{
        i64x2_add, u32x4, u32x4_splat, u64x2, u64x2_extmul_high_u32x4, u64x2_extmul_low_u32x4, u64x2_extract_lane, v128,
    };

    let [d0, d1, d2, d3] = digits;
    let digits = [u32x4_splat(d0), u32x4_splat(d1), u32x4_splat(d2), u32x4_splat(d3)];
    let limbs = |at: &[u32; GROUP]| -> v128 {
        let [a, b, c, d] = *at;
        u32x4(a, b, c, d)
    };
    let sources = source.windows(GROUP + 3).step_by(GROUP);
    for (columns, source) in columns.as_chunks_mut::<GROUP>().0.iter_mut().zip(sources) {
        // A vector that the compiler sees to be the same in every round becomes a general 64-bit multiplication, which
        // takes twice as long; one that it has to read again stays an `extmul`.
        let [d0, d1, d2, d3] = *core::hint::black_box(&digits);
        let (Some(at3), Some(at2), Some(at1), Some(at0)) = (
            source.first_chunk(),
            source.get(1..).and_then(|s| s.first_chunk()),
            source.get(2..).and_then(|s| s.first_chunk()),
            source.get(3..).and_then(|s| s.first_chunk()),
        ) else {
            return;
        };
        let (s0, s1, s2, s3) = (limbs(at0), limbs(at1), limbs(at2), limbs(at3));
        let [c0, c1, c2, c3] = *columns;
        let low = i64x2_add(
            i64x2_add(u64x2_extmul_low_u32x4(s0, d0), u64x2_extmul_low_u32x4(s1, d1)),
            i64x2_add(u64x2_extmul_low_u32x4(s2, d2), u64x2_extmul_low_u32x4(s3, d3)),
        );
        let high = i64x2_add(
            i64x2_add(u64x2_extmul_high_u32x4(s0, d0), u64x2_extmul_high_u32x4(s1, d1)),
            i64x2_add(u64x2_extmul_high_u32x4(s2, d2), u64x2_extmul_high_u32x4(s3, d3)),
        );
        let low = i64x2_add(low, u64x2(c0, c1));
        let high = i64x2_add(high, u64x2(c2, c3));
        *columns = [
            u64x2_extract_lane::<0>(low),
            u64x2_extract_lane::<1>(low),
            u64x2_extract_lane::<0>(high),
            u64x2_extract_lane::<1>(high),
        ];
    }
}
