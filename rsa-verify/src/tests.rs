//! Compares every kernel with an independent library, on random numbers and on numbers that carry.

extern crate std;

use crate::kernel::{DIGEST_BYTES, Kernel};
use crate::limbs52::Limbs52;
#[cfg(target_arch = "x86_64")]
use crate::{limbs52::ifma, limbs60_adx};
use alloc::vec;
use alloc::vec::Vec;
use num_bigint::BigUint;
use proptest::prelude::*;
use std::io::Write as _;

/// A power of 4096 bits is slow under Miri.
const CASES: u32 = if cfg!(miri) { 1 } else { 128 };

fn left_padded(number: &BigUint, size: usize) -> Vec<u8> {
    let number = number.to_bytes_be();
    let mut padded = vec![0; size - number.len()];
    padded.extend(number);
    padded
}

/// Limbs that carry: mostly all ones, all zeros, or one off.
fn limb() -> impl Strategy<Value = u64> {
    prop_oneof![4 => Just(u64::MAX), 4 => Just(0), 1 => Just(1), 1 => Just(u64::MAX - 1), 1 => Just(1 << 63), 4 => any::<u64>()]
}

fn number(bits: u64) -> impl Strategy<Value = BigUint> {
    let limbs = usize::try_from(bits.div_ceil(64)).expect("the number of limbs fits");
    prop::collection::vec(limb(), limbs).prop_map(move |limbs| {
        let bytes: Vec<u8> = limbs.into_iter().flat_map(u64::to_le_bytes).collect();
        BigUint::from_bytes_le(&bytes) % (BigUint::from(1_u8) << bits)
    })
}

/// Lengths for which the target of a modulus near a power of two has one bit more than all limbs
/// of 28 bits: 28 K - 58.
const FULL: [u64; 3] = [2070, 2742, 4086];

/// A modulus just below a power of two, where that bit is set.
fn full_modulus() -> impl Strategy<Value = BigUint> {
    (prop::sample::select(&FULL), any::<u16>()).prop_map(|(bits, below)| {
        (BigUint::from(1_u8) << bits) - BigUint::from(u32::from(below) * 2 + 1)
    })
}

fn odd_modulus() -> impl Strategy<Value = BigUint> {
    prop_oneof![
        Just(2048_u64),
        Just(2049),
        Just(2111),
        Just(3072),
        Just(4095),
        Just(4096),
        2048..=4096_u64
    ]
    .prop_flat_map(|bits| {
        number(bits)
            .prop_map(move |n| n | BigUint::from(1_u8) | (BigUint::from(1_u8) << (bits - 1)))
    })
}

/// Returns whether a kernel accepts this number as the power.
fn power_is<K: Kernel>(modulus: &[u8], base: &[u8], exponent: u32, mut expected: Vec<u8>) -> bool {
    let tail: &mut [u8; DIGEST_BYTES] = expected.last_chunk_mut().expect("256 bytes or more");
    let digest = core::mem::replace(tail, [0; DIGEST_BYTES]);
    K::new(modulus, exponent, &expected).power_matches(base, &digest)
}

/// Asserts that the correct power is accepted, and one with a flipped bit is not.
fn check<K: Kernel>(
    modulus: &BigUint,
    base: &BigUint,
    exponent: u32,
    flip: u64,
) -> Result<(), TestCaseError> {
    let modulus_bytes = modulus.to_bytes_be();
    let size = modulus_bytes.len();
    let power = base.modpow(&BigUint::from(exponent), modulus);
    let base_bytes = left_padded(base, size);
    prop_assert!(power_is::<K>(&modulus_bytes, &base_bytes, exponent, left_padded(&power, size)));
    let mut wrong = power;
    let bit = flip % modulus.bits();
    wrong.set_bit(bit, !wrong.bit(bit));
    prop_assert!(!power_is::<K>(&modulus_bytes, &base_bytes, exponent, left_padded(&wrong, size)));
    Ok(())
}

/// Passes a case of a kernel that the processor cannot run; another test prints that.
macro_rules! prop_assume_available {
    ($is_available:expr) => {
        if !$is_available {
            return Ok(());
        }
    };
}

macro_rules! kernel_tests {
    ($($name:ident: $kernel:ty, $is_available:expr;)+) => {$(
        mod $name {
            use super::*;

            #[test]
            fn the_processor_has_the_instructions() {
                if !$is_available {
                    let what = stringify!($name);
                    let why = "the processor lacks its instructions";
                    let _ = writeln!(std::io::stderr(), "skipped: {what}: {why}");
                }
            }

            proptest! {
                #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

                #[test]
                fn powers_agree_with_an_independent_library(
                    modulus in odd_modulus(),
                    base in number(4096),
                    exponent in prop_oneof![Just(3_u32), Just(65_537), Just(u32::MAX), any::<u32>().prop_map(|e| e | 3)],
                    flip in any::<u64>(),
                ) {
                    prop_assume_available!($is_available);
                    check::<$kernel>(&modulus, &(base % &modulus), exponent, flip)?;
                }

                #[test]
                fn so_do_those_that_fill_all_limbs(modulus in full_modulus(), base in number(4096), flip in any::<u64>()) {
                    prop_assume_available!($is_available);
                    check::<$kernel>(&modulus, &(base % &modulus), 3, flip)?;
                }

                #[test]
                fn the_ends_of_the_range_agree_too(modulus in odd_modulus(), flip in any::<u64>()) {
                    prop_assume_available!($is_available);
                    let one = BigUint::from(1_u8);
                    for base in [BigUint::ZERO, one.clone(), &modulus - &one, &modulus - BigUint::from(2_u8), &modulus >> 1] {
                        check::<$kernel>(&modulus, &base, 65_537, flip)?;
                    }
                }
            }
        }
    )+};
}

kernel_tests! {
    on_28_bit_limbs: crate::limbs28::Limbs28, true;
    on_51_bit_limbs: crate::limbs51::Limbs51, true;
    on_52_bit_limbs: Limbs52<crate::limbs52::Model>, true;
    on_60_bit_limbs: crate::limbs60::Limbs60, true;
}

#[cfg(target_arch = "x86_64")]
kernel_tests! {
    with_avx_512_ifma: Limbs52<ifma::Ifma>, ifma::is_available();
    with_bmi2_and_adx: limbs60_adx::Limbs60Adx, limbs60_adx::is_available();
}
