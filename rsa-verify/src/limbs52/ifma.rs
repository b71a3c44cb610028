//! The vectors of [`limbs52`](super) in AVX-512 IFMA: the only module with these instructions.

#![expect(unsafe_code, reason = "instructions that not every processor has")]

use super::Multiply;
use super::product::{self, LANES, Number, Vector};
use core::arch::x86_64::{
    __m512i, _mm_cvtsi128_si64, _mm_unpackhi_epi64, _mm512_add_epi64, _mm512_alignr_epi64,
    _mm512_and_si512, _mm512_castsi512_si128, _mm512_cmpeq_epi64_mask, _mm512_cmpgt_epu64_mask,
    _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_add_epi64, _mm512_mask_set1_epi64,
    _mm512_set1_epi64, _mm512_srli_epi64,
};
use core::mem::transmute;

cpufeatures::new!(processor, "avx512f", "avx512ifma", "avx512vl", "bmi2");

/// Returns whether the processor has the instructions, and the operating system saves the vectors.
pub(crate) fn is_available() -> bool {
    processor::get()
}

/// The instructions. Only selected where [`is_available`] is true.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ifma;

impl Multiply for Ifma {
    fn multiply<const V: usize>(
        digits: &[u64],
        number: &Number<V>,
        modulus: &Number<V>,
        negative_inverse: u64,
    ) -> Number<V> {
        assert!(is_available(), "the processor has AVX-512 IFMA");
        // SAFETY: the processor has the instructions.
        unsafe { multiply(digits, number, modulus, negative_inverse) }
    }

    fn raise<const V: usize>(
        base: &Number<V>,
        exponent: u32,
        len: usize,
        modulus: &Number<V>,
        negative_inverse: u64,
    ) -> Number<V> {
        assert!(is_available(), "the processor has AVX-512 IFMA");
        // SAFETY: the processor has the instructions.
        unsafe { raise(base, exponent, len, modulus, negative_inverse) }
    }
}

#[target_feature(enable = "avx512f,avx512ifma,avx512vl,bmi2")]
fn multiply<const V: usize>(
    digits: &[u64],
    number: &Number<V>,
    modulus: &Number<V>,
    negative_inverse: u64,
) -> Number<V> {
    product::multiply::<Lanes, V>(digits, number, modulus, negative_inverse)
}

#[target_feature(enable = "avx512f,avx512ifma,avx512vl,bmi2")]
fn raise<const V: usize>(
    base: &Number<V>,
    exponent: u32,
    len: usize,
    modulus: &Number<V>,
    negative_inverse: u64,
) -> Number<V> {
    product::raise::<Lanes, V>(base, exponent, len, modulus, negative_inverse)
}

/// Only the two functions above use it, so the processor has the instructions. The methods must be
/// inlined there: on their own they would be compiled without them.
#[derive(Clone, Copy)]
struct Lanes(__m512i);

impl Vector for Lanes {
    #[inline(always)]
    fn load(lanes: &[u64; LANES]) -> Self {
        // SAFETY: both types have 64 bytes, and all bits are valid.
        Self(unsafe { transmute::<[u64; LANES], __m512i>(*lanes) })
    }

    #[inline(always)]
    fn store(self) -> [u64; LANES] {
        // SAFETY: both types have 64 bytes, and all bits are valid.
        unsafe { transmute::<__m512i, [u64; LANES]>(self.0) }
    }

    #[inline(always)]
    fn splat(number: u64) -> Self {
        // SAFETY: the processor has AVX-512 F.
        Self(unsafe { _mm512_set1_epi64(number.cast_signed()) })
    }

    #[inline(always)]
    fn add_low(self, a: Self, b: Self) -> Self {
        // SAFETY: the processor has AVX-512 IFMA.
        Self(unsafe { _mm512_madd52lo_epu64(self.0, a.0, b.0) })
    }

    #[inline(always)]
    fn add_high(self, a: Self, b: Self) -> Self {
        // SAFETY: the processor has AVX-512 IFMA.
        Self(unsafe { _mm512_madd52hi_epu64(self.0, a.0, b.0) })
    }

    #[inline(always)]
    fn moved_down(self, above: Self) -> Self {
        // SAFETY: the processor has AVX-512 F.
        Self(unsafe { _mm512_alignr_epi64::<1>(above.0, self.0) })
    }

    #[inline(always)]
    fn moved_up(self, below: Self) -> Self {
        // SAFETY: the processor has AVX-512 F.
        Self(unsafe { _mm512_alignr_epi64::<7>(self.0, below.0) })
    }

    #[inline(always)]
    fn with_first(self, number: u64) -> Self {
        // SAFETY: the processor has AVX-512 F.
        Self(unsafe { _mm512_mask_set1_epi64(self.0, 1, number.cast_signed()) })
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: the processor has AVX-512 F.
        Self(unsafe { _mm512_add_epi64(self.0, other.0) })
    }

    #[inline(always)]
    fn split(self) -> (Self, Self) {
        // SAFETY: the processor has AVX-512 F.
        let upper = unsafe { _mm512_srli_epi64::<{ super::LIMB_BITS }>(self.0) };
        (self.lower(), Self(upper))
    }

    #[inline(always)]
    fn over_and_full(self) -> (u8, u8) {
        let Self(mask) = Self::splat(super::MASK);
        // SAFETY: the processor has AVX-512 F.
        let over = unsafe { _mm512_cmpgt_epu64_mask(self.0, mask) };
        // SAFETY: the processor has AVX-512 F.
        let full = unsafe { _mm512_cmpeq_epi64_mask(self.0, mask) };
        (over, full)
    }

    #[inline(always)]
    fn incremented(self, lanes: u8) -> Self {
        let Self(one) = Self::splat(1);
        // SAFETY: the processor has AVX-512 F.
        Self(unsafe { _mm512_mask_add_epi64(self.0, lanes, self.0, one) }).lower()
    }

    #[inline(always)]
    fn second(self) -> u64 {
        // SAFETY: the processor has AVX-512 F.
        let pair = unsafe { _mm512_castsi512_si128(self.0) };
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { _mm_cvtsi128_si64(_mm_unpackhi_epi64(pair, pair)).cast_unsigned() }
    }
}

impl Lanes {
    /// Returns the lower 52 bits of each lane.
    #[inline(always)]
    fn lower(self) -> Self {
        let Self(mask) = Self::splat(super::MASK);
        // SAFETY: the processor has AVX-512 F.
        Self(unsafe { _mm512_and_si512(self.0, mask) })
    }
}
