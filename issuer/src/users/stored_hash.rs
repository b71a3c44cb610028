//! The formats of stored password hashes: PHC strings and Django's.

use std::num::NonZeroU32;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Far above Django's setting. More would block a core for a minute, so such a record is a mistake.
const MAX_PBKDF2_ITERATIONS: u32 = 20_000_000;
/// 256 MiB of memory, far above Django's setting.
const MAX_ARGON2_MEMORY_KIB: u32 = 256 * 1024;
/// Memory times passes: 4 GiB, twenty times Django's setting.
const MAX_ARGON2_WORK_KIB: u64 = 4 * 1024 * 1024;
/// Binary logarithm of the rounds, far above Django's setting.
const MAX_BCRYPT_COST: u32 = 16;

/// A parsed password hash.
pub(super) enum StoredHash {
    /// A PHC string of the issuer; or Django's `argon2`, which prefixes one with its name.
    Argon2 { hash: Box<Argon2Hash>, is_ours: bool },
    /// Django's `pbkdf2_sha256`.
    Pbkdf2Sha256 { iterations: NonZeroU32, salt: String, hash: Vec<u8> },
    /// Django's `bcrypt_sha256`: bcrypt over the hex digits of the SHA-256 digest.
    BcryptSha256(String),
}

/// An argon2 hash with its parameters and salt.
pub(super) struct Argon2Hash {
    argon2: Argon2<'static>,
    salt: phc::Salt,
    output: phc::Output,
}

impl StoredHash {
    /// Parses an encoded hash; `None` for other formats, and for Django's unusable passwords, which
    /// begin with `!`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.starts_with('$') {
            return argon2_hash(text, true);
        }
        let (scheme, rest) = text.split_once('$')?;
        match scheme {
            "argon2" => argon2_hash(text.strip_prefix("argon2")?, false),
            "bcrypt_sha256" => {
                let cost = rest.split('$').nth(2)?.parse::<u32>().ok()?;
                (cost <= MAX_BCRYPT_COST).then(|| Self::BcryptSha256(rest.to_owned()))
            }
            "pbkdf2_sha256" => {
                let mut parts = rest.split('$');
                let (iterations, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
                let iterations: NonZeroU32 = iterations.parse().ok()?;
                let hash = STANDARD.decode(hash).ok()?;
                let is_plausible = parts.next().is_none()
                    && iterations.get() <= MAX_PBKDF2_ITERATIONS
                    && hash.len() == SHA256_OUTPUT_LEN;
                is_plausible.then(|| Self::Pbkdf2Sha256 { iterations, salt: salt.to_owned(), hash })
            }
            _ => None,
        }
    }

    /// Returns whether the next login should replace the hash, because Django made it.
    pub(super) const fn needs_rehash(&self) -> bool {
        !matches!(self, Self::Argon2 { is_ours: true, .. })
    }

    /// Returns whether this is the hash of `password`. Argon2 runs in `memory`; a hash that needs
    /// more allocates its own.
    pub(super) fn matches(&self, password: &[u8], memory: &mut [Block]) -> bool {
        match self {
            Self::Argon2 { hash, .. } => hash.matches(password, memory),
            Self::Pbkdf2Sha256 { iterations, salt, hash } => pbkdf2::verify(
                pbkdf2::PBKDF2_HMAC_SHA256,
                *iterations,
                salt.as_bytes(),
                password,
                hash,
            )
            .is_ok(),
            Self::BcryptSha256(hash) => {
                let mut digits = Zeroizing::new(String::with_capacity(2 * SHA256_OUTPUT_LEN));
                for byte in digest(&SHA256, password).as_ref() {
                    digits.push_str(&format!("{byte:02x}"));
                }
                bcrypt::verify(digits.as_bytes(), hash).unwrap_or(false)
            }
        }
    }
}

impl Argon2Hash {
    fn matches(&self, password: &[u8], memory: &mut [Block]) -> bool {
        let mut output = Zeroizing::new([0; phc::Output::MAX_LENGTH]);
        let Some(output) = output.get_mut(..self.output.len()) else { return false };
        let computed = if self.argon2.params().block_count() <= memory.len() {
            self.argon2.hash_password_into_with_memory(password, &self.salt, output, memory)
        } else {
            self.argon2.hash_password_into(password, &self.salt, output)
        };
        // `Output` compares in constant time.
        computed.is_ok() && phc::Output::new(output).is_ok_and(|output| output == self.output)
    }
}

fn argon2_hash(text: &str, is_ours: bool) -> Option<StoredHash> {
    let hash = phc::PasswordHash::new(text).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map_or(Ok(Version::V0x13), Version::try_from).ok()?;
    let params = Params::try_from(&hash).ok()?;
    // The lanes divide the memory and add no work.
    let work = u64::from(params.m_cost()) * u64::from(params.t_cost());
    if params.m_cost() > MAX_ARGON2_MEMORY_KIB || work > MAX_ARGON2_WORK_KIB {
        return None;
    }
    let (argon2, salt, output) = (Argon2::new(algorithm, version, params), hash.salt?, hash.hash?);
    Some(StoredHash::Argon2 { hash: Box::new(Argon2Hash { argon2, salt, output }), is_ours })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Django 5.2: `make_password("testpass123", salt, hasher)`, with cheap settings.
    const DJANGO: [&str; 3] = [
        "pbkdf2_sha256$1000$somesalt$y25i8LPk4pDmXiu8ZX5zK4+sHeDu2HUuZ9T+sb5Ynzo=",
        "argon2$argon2id$v=19$m=64,t=1,p=2$c29tZXNhbHQ$Ar1pmI11yswcvAvVtjmUzzuMWag8HmltyU++5kbs5Pw",
        "bcrypt_sha256$$2b$04$qNmzX6FMVhzSW10peb9J3e4Za9mxlDU0bBZ/QdCjWiCZz2MILQVH6",
    ];

    #[test]
    fn djangos_hashes_are_verified() {
        // More memory than any of them needs, with the content of the hash before; and less.
        let mut memories = [vec![Block::new(); 80], vec![Block::new(); 8]];
        for text in DJANGO {
            let hash = StoredHash::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert!(hash.needs_rehash(), "{text}");
            for memory in &mut memories {
                for wrong in [&b"testpass124"[..], b"", b"testpass123 "] {
                    assert!(!hash.matches(wrong, memory), "{text}");
                }
                assert!(hash.matches(b"testpass123", memory), "{text}");
            }
        }
    }

    #[test]
    fn other_texts_are_not_hashes() {
        for text in [
            "",
            "!",
            "!unusable",
            "testpass123",
            "md5$salt$0123",
            "pbkdf2_sha256$0$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "pbkdf2_sha256$99999999$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "pbkdf2_sha256$1$salt$AAAA",
            "pbkdf2_sha256$1$salt",
            "bcrypt_sha256$$2b$31$abcdefghijklmnopqrstuu",
            "argon2$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(StoredHash::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_argon2_hash_that_would_block_a_core_is_not_parsed() {
        let is_parsed = |memory: u32, passes: u32, lanes: u32| {
            let rest = "$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
            let phc = format!("$argon2id$v=19$m={memory},t={passes},p={lanes}{rest}");
            let django = StoredHash::parse(&format!("argon2{phc}")).is_some();
            assert_eq!(StoredHash::parse(&phc).is_some(), django, "{phc}");
            django
        };
        for (memory, passes, lanes) in
            [(102_400, 2, 8), (262_144, 16, 4), (65_536, 3, 4), (64, 65_536, 1)]
        {
            assert!(is_parsed(memory, passes, lanes), "m={memory},t={passes},p={lanes}");
        }
        for (memory, passes, lanes) in
            [(262_144, 17, 4), (102_400, 4_294_967_295, 8), (8, 4_294_967_295, 1)]
        {
            assert!(!is_parsed(memory, passes, lanes), "m={memory},t={passes},p={lanes}");
        }
    }
}
