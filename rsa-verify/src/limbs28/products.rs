//! The inner loop of [`limbs28`](super), where most of the time goes: portable, and for wasm with
//! vectors of 128 bits. Both compute the same sums in the same columns.

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(super) use scalar::{ColumnPair, add_products, pair, sums};
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use simd::{ColumnPair, add_products, pair, sums};

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod scalar {
    use crate::columns::{self, GROUP};

    /// Two neighbouring columns.
    pub(in super::super) type ColumnPair = [u64; 2];

    /// Creates two columns with these sums.
    pub(in super::super) const fn pair(sums: [u64; 2]) -> ColumnPair {
        sums
    }

    /// Returns the sums in two columns.
    pub(in super::super) const fn sums(columns: ColumnPair) -> [u64; 2] {
        columns
    }

    /// As [`columns::add_products`].
    #[inline(never)]
    pub(in super::super) fn add_products(
        columns: &mut [ColumnPair],
        source: &[u32],
        digits: &[u32; GROUP],
    ) {
        columns::add_products(columns, source, *digits, u64::from, |a, b| a * b);
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd {
    use crate::columns::GROUP;
    use core::arch::wasm32::{
        i64x2_add, u32x4_splat, u64x2, u64x2_extmul_high_u32x4, u64x2_extmul_low_u32x4,
        u64x2_extract_lane, v128, v128_load,
    };

    /// Two neighbouring columns.
    pub(in super::super) type ColumnPair = v128;

    /// Creates two columns with these sums.
    pub(in super::super) const fn pair([first, second]: [u64; 2]) -> ColumnPair {
        u64x2(first, second)
    }

    /// Returns the sums in two columns.
    pub(in super::super) fn sums(columns: ColumnPair) -> [u64; 2] {
        [u64x2_extract_lane::<0>(columns), u64x2_extract_lane::<1>(columns)]
    }

    /// As the scalar function: two instructions (`extmul`) multiply four limbs by a digit.
    #[inline(never)]
    pub(in super::super) fn add_products(
        columns: &mut [ColumnPair],
        source: &[u32],
        &[d0, d1, d2, d3]: &[u32; GROUP],
    ) {
        let digits = [u32x4_splat(d0), u32x4_splat(d1), u32x4_splat(d2), u32x4_splat(d3)];
        let sources = source.windows(GROUP + 3).step_by(GROUP);
        for (columns, source) in columns.as_chunks_mut::<2>().0.iter_mut().zip(sources) {
            // The compiler turns the product with a loop-invariant vector into a general 64-bit
            // multiplication, which takes twice as long. Reading it again keeps the `extmul`.
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

    /// Loads four limbs from an index on.
    #[expect(
        unsafe_code,
        reason = "some compilers make four loads of a vector that is built from four words"
    )]
    fn limbs(source: &[u32], at: usize) -> Option<v128> {
        let four: &[u32; 4] = source.get(at..)?.first_chunk()?;
        // SAFETY: four words are the 16 bytes that are read, any bytes are a valid vector, and the
        // load needs no alignment.
        Some(unsafe { v128_load(core::ptr::from_ref(four).cast()) })
    }
}
