//! Compares every kernel of this build with `num-bigint`, and for one power of 16 with `rsa`: powers
//! modulo random and adversarial numbers, each correct and with one flipped bit. `--emit` writes
//! the cases to standard output, for kernels that run elsewhere; `cargo xtask kernels` connects the
//! two.
//!
//! `cargo run --release -p rsa-verify --example kernel_cases -- [--cases N] [--seed N] [--emit]`

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufWriter, Write};

use num_bigint::BigUint;
use rsa::BoxedUint;
use rsa_verify::kernels::{self, Kernels};

/// Powers computed with one modulus.
const POWERS: u64 = 16;

/// Slow operations compute one power of this many.
const SHARE: u64 = 16;

/// The raw operation of the library `rsa`.
fn power_by_rsa(
    modulus: &BigUint,
    base: &BigUint,
    exponent: u32,
) -> Result<BigUint, Box<dyn Error>> {
    let number = |number: &BigUint| BoxedUint::from_be_slice(&bytes(number, 512), 4096);
    let key = rsa::PublicKey::new(number(modulus)?, BoxedUint::from(exponent))?;
    Ok(BigUint::from_bytes_be(&rsa::hazmat::rsa_encrypt(&key, &number(base)?)?.to_be_bytes()))
}

/// SplitMix64: the same cases from the same seed, everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).expect("an index")]
    }

    fn number(&mut self, bits: u64) -> BigUint {
        let words: Vec<u32> = (0..bits.div_ceil(32)).map(|_| self.next() as u32).collect();
        BigUint::new(words) % (one() << bits)
    }

    /// Limbs of every width that are all ones, all zeros or one off: what makes carries.
    fn carrying(&mut self, bits: u64) -> BigUint {
        let width = self.pick(&[28, 32, 51, 52, 60, 64]);
        let mut number = BigUint::ZERO;
        for _ in 0..bits.div_ceil(width) {
            let ones = (one() << width) - one();
            let limb = match self.below(6) {
                0 | 1 => ones,
                2 | 3 => BigUint::ZERO,
                4 => ones - one(),
                _ => one(),
            };
            number = (number << width) + limb;
        }
        number % (one() << bits)
    }

    fn sparse(&mut self, bits: u64) -> BigUint {
        (0..3).fold(BigUint::ZERO, |number, _| number | one() << self.below(bits))
    }
}

fn one() -> BigUint {
    BigUint::from(1_u8)
}

/// An odd modulus of exactly `bits` bits, and the name of its class.
fn modulus(random: &mut Random, bits: u64) -> (&'static str, BigUint) {
    let small = BigUint::from(random.below(1 << 16));
    let top = one() << (bits - 1);
    let (class, number) = match random.below(6) {
        0 | 1 => ("random modulus", random.number(bits)),
        2 => ("modulus that carries", random.carrying(bits)),
        3 => ("modulus just below a power of two", (one() << bits) - one() - small),
        4 => ("modulus just above a power of two", &top + small),
        // Quotient digits of nothing but ones or zeros, for digits of any width.
        _ => {
            let high = random.number(bits) >> 192 << 192;
            (
                "modulus of 1 or -1 at its low end",
                if random.below(2) == 0 { high | one() } else { high + (one() << 192) - one() },
            )
        }
    };
    (class, (number | one() | top) % (one() << bits))
}

fn base(random: &mut Random, modulus: &BigUint) -> (&'static str, BigUint) {
    let bits = modulus.bits();
    let (class, number) = match random.below(8) {
        0..=2 => ("random base", random.number(bits)),
        3 | 4 => ("base that carries", random.carrying(bits)),
        5 => ("sparse base", random.sparse(bits)),
        6 => ("base at the low end", BigUint::from(random.below(4))),
        _ => ("base at the high end", modulus - (one() << random.pick(&[0, 1, bits - 1]))),
    };
    (class, number % modulus)
}

fn bytes(number: &BigUint, size: usize) -> Vec<u8> {
    let number = number.to_bytes_be();
    let mut padded = vec![0; size - number.len()];
    padded.extend(number);
    padded
}

fn argument(name: &str, default: u64) -> Result<u64, Box<dyn Error>> {
    let given = std::env::args().skip_while(|argument| argument != name).nth(1);
    Ok(given.map_or(Ok(default), |text| text.parse())?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let (cases, seed) = (argument("--cases", 100_000)?, argument("--seed", 1)?);
    let emit = std::env::args().any(|argument| argument == "--emit");
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut random = Random(seed);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut done = 0;
    while done < cases {
        let bits = match random.below(8) {
            0..=3 => 2048,
            4 => 3072,
            5 => 4096,
            // Those that may take a bit more than limbs of 28 bits have.
            6 => 2070 + 112 * random.below(19),
            _ => 2048 + random.below(2049),
        };
        let (modulus_class, modulus) = modulus(&mut random, bits);
        let size = usize::try_from(bits.div_ceil(8))?;
        let modulus_bytes = bytes(&modulus, size);
        let powers = POWERS.min(cases - done);
        if emit {
            out.write_all(&u32::try_from(size)?.to_le_bytes())?;
            out.write_all(&u32::try_from(powers)?.to_le_bytes())?;
            out.write_all(&modulus_bytes)?;
        }
        for _ in 0..powers {
            let (base_class, base) = base(&mut random, &modulus);
            let exponent = match random.below(16) {
                0 => u32::MAX,
                1 => (random.next() as u32) | 3,
                2..=4 => 17,
                5..=8 => 65_537,
                _ => 3,
            };
            let power = base.modpow(&BigUint::from(exponent), &modulus);
            if random.0.is_multiple_of(SHARE) && power_by_rsa(&modulus, &base, exponent)? != power {
                return Err(format!(
                    "rsa and num-bigint differ: n {modulus:x} base {base:x} e {exponent}"
                )
                .into());
            }
            let mut wrong = power.clone();
            // Mostly in the digest, for which a kernel need not be prepared again.
            let among = if random.below(8) == 0 { bits } else { 256 };
            let bit = random.below(among);
            wrong.set_bit(bit, !wrong.bit(bit));
            let [base, power, wrong] = [base, power, wrong].map(|number| bytes(&number, size));
            let with_models = random.0.is_multiple_of(SHARE);
            let mut kernels = Kernels::new(&modulus_bytes, exponent, &power, with_models)
                .ok_or("a modulus is too short")?;
            for (expected, verdict) in [(&power, true), (&wrong, false)] {
                if !kernels.expects(expected) {
                    kernels = Kernels::new(&modulus_bytes, exponent, expected, with_models)
                        .ok_or("a modulus is too short")?;
                }
                if !kernels.all_return(verdict, &base, expected) {
                    return Err(format!(
                        "a kernel does not return {verdict}: n {modulus:x} base {base:02x?} e \
                         {exponent} expected {expected:02x?}"
                    )
                    .into());
                }
            }
            if emit {
                out.write_all(&exponent.to_le_bytes())?;
                [&base, &power, &wrong].into_iter().try_for_each(|number| out.write_all(number))?;
            }
            for class in [modulus_class, base_class, &format!("exponent {}", name(exponent))] {
                *counts.entry(class.to_owned()).or_default() += 1;
            }
        }
        done += powers;
    }
    out.flush()?;
    for (class, count) in counts {
        eprintln!("{count:>9}  {class}");
    }
    let names: Vec<String> = kernels::names()
        .map(|(name, is_model)| name.to_owned() + if is_model { " (one of 16)" } else { "" })
        .collect();
    for name in kernels::unavailable() {
        eprintln!("skipped: this processor does not have the instructions of {name}");
    }
    eprintln!(
        "{done} powers agree in {}, num-bigint and rsa (one of {SHARE}), each with a wrong one \
         beside it",
        names.join(", ")
    );
    Ok(())
}

fn name(exponent: u32) -> String {
    match exponent {
        3 | 17 | 65_537 => exponent.to_string(),
        u32::MAX => "2^32 - 1".to_owned(),
        _ => "of 32 random bits".to_owned(),
    }
}
