//! The inner loop of [`limbs28`](super), where nearly all of its time goes: once for any machine,
//! once for wasm with vectors of 128 bits. Both do the same sums in the same columns, so the
//! bounds written there hold for either.

/// Limbs and columns that are worked on together.
pub(super) const GROUP: usize = 4;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(super) use scalar::{ColumnPair, add_products, pair, sums};
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use simd::{ColumnPair, add_products, pair, sums};

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod scalar {
    use super::GROUP;

    /// Two neighbouring columns.
    pub(in super::super) type ColumnPair = [u64; 2];

    /// Two columns with these sums.
    pub(in super::super) const fn pair(sums: [u64; 2]) -> ColumnPair {
        sums
    }

    /// The sums in two columns.
    pub(in super::super) const fn sums(columns: ColumnPair) -> [u64; 2] {
        columns
    }

    /// Adds the products of four digits with a run of limbs to a run of columns: column i gets d0
    /// s(i) + d1 s(i - 1) + d2 s(i - 2) + d3 s(i - 3). `source` begins with s(-3) and is three
    /// limbs longer than there are columns.
    #[inline(never)]
    pub(in super::super) fn add_products(
        columns: &mut [ColumnPair],
        source: &[u32],
        digits: [u32; GROUP],
    ) {
        let Some((&[s3, s2, s1], source)) = source.split_first_chunk::<3>() else { return };
        let (mut s3, mut s2, mut s1) = (u64::from(s3), u64::from(s2), u64::from(s1));
        let [d0, d1, d2, d3] = digits;
        let (d0, d1, d2, d3) = (u64::from(d0), u64::from(d1), u64::from(d2), u64::from(d3));
        for (columns, source) in
            columns.as_chunks_mut::<2>().0.iter_mut().zip(source.as_chunks::<GROUP>().0)
        {
            let [[c0, c1], [c2, c3]] = columns;
            let [a, b, c, d] = *source;
            let (a, b, c, d) = (u64::from(a), u64::from(b), u64::from(c), u64::from(d));
            *c0 += (d0 * a + d1 * s1) + (d2 * s2 + d3 * s3);
            *c1 += (d0 * b + d1 * a) + (d2 * s1 + d3 * s2);
            *c2 += (d0 * c + d1 * b) + (d2 * a + d3 * s1);
            *c3 += (d0 * d + d1 * c) + (d2 * b + d3 * a);
            (s1, s2, s3) = (d, c, b);
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd {
    use super::GROUP;
    use core::arch::wasm32::{
        i64x2_add, u32x4_splat, u64x2, u64x2_extmul_high_u32x4, u64x2_extmul_low_u32x4,
        u64x2_extract_lane, v128, v128_load,
    };

    /// Two neighbouring columns.
    pub(in super::super) type ColumnPair = v128;

    /// Two columns with these sums.
    pub(in super::super) const fn pair([first, second]: [u64; 2]) -> ColumnPair {
        u64x2(first, second)
    }

    /// The sums in two columns.
    pub(in super::super) fn sums(columns: ColumnPair) -> [u64; 2] {
        [u64x2_extract_lane::<0>(columns), u64x2_extract_lane::<1>(columns)]
    }

    /// As the scalar one: four limbs are multiplied by a digit in two instructions (`extmul`).
    #[inline(never)]
    pub(in super::super) fn add_products(
        columns: &mut [ColumnPair],
        source: &[u32],
        [d0, d1, d2, d3]: [u32; GROUP],
    ) {
        let digits = [u32x4_splat(d0), u32x4_splat(d1), u32x4_splat(d2), u32x4_splat(d3)];
        let sources = source.windows(GROUP + 3).step_by(GROUP);
        for (columns, source) in columns.as_chunks_mut::<2>().0.iter_mut().zip(sources) {
            // A vector that the compiler sees to be the same in every round becomes a general
            // 64-bit multiplication, which takes twice as long; one that it has to read again
            // stays an `extmul`.
            let [d0, d1, d2, d3] = *core::hint::black_box(&digits);
            let (Some(s3), Some(s2), Some(s1), Some(s0)) =
                (limbs(source, 0), limbs(source, 1), limbs(source, 2), limbs(source, 3))
            else {
                return;
            };
            let [low, high] = columns;
            *low = i64x2_add(
                *low,
                i64x2_add(
                    i64x2_add(u64x2_extmul_low_u32x4(s0, d0), u64x2_extmul_low_u32x4(s1, d1)),
                    i64x2_add(u64x2_extmul_low_u32x4(s2, d2), u64x2_extmul_low_u32x4(s3, d3)),
                ),
            );
            *high = i64x2_add(
                *high,
                i64x2_add(
                    i64x2_add(u64x2_extmul_high_u32x4(s0, d0), u64x2_extmul_high_u32x4(s1, d1)),
                    i64x2_add(u64x2_extmul_high_u32x4(s2, d2), u64x2_extmul_high_u32x4(s3, d3)),
                ),
            );
        }
    }

    /// Four limbs from here on.
    #[expect(
        unsafe_code,
        reason = "made of its four words, a vector becomes four loads in some compilers' hands"
    )]
    fn limbs(source: &[u32], at: usize) -> Option<v128> {
        let four: &[u32; 4] = source.get(at..)?.first_chunk()?;
        // SAFETY: four words are the 16 bytes that are read, any bytes are a vector, and no
        // alignment is asked for.
        Some(unsafe { v128_load(core::ptr::from_ref(four).cast()) })
    }
}
