//! The vectors of [`limbs52`](super) in AVX-512 IFMA: the only module with these instructions.

#![expect(unsafe_code, reason = "instructions that not every processor has")]

use super::Multiply;
use super::product::{self, LANES, Number, Vector};
use core::arch::x86_64::{
    __m512i, _mm_cvtsi128_si64, _mm_unpackhi_epi64, _mm512_alignr_epi64, _mm512_castsi512_si128,
    _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_set1_epi64,
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

/// Only the function above uses it, so the processor has the instructions. The methods must be
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
    fn second(self) -> u64 {
        // SAFETY: the processor has AVX-512 F.
        let pair = unsafe { _mm512_castsi512_si128(self.0) };
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { _mm_cvtsi128_si64(_mm_unpackhi_epi64(pair, pair)).cast_unsigned() }
    }
}
