//! Hashing passwords with argon2id, on blocking threads and within limits.

use std::error::Error;
use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use super::hashing_limiter::{Busy, HashingLimiter, HashingLoad};
use super::stored_hash::StoredHash;
use crate::model::PasswordHash;
use crate::random::{Random, RandomError};

/// Longest password that is hashed, in bytes. A login with a longer one fails.
pub const MAX_PASSWORD_BYTES: usize = 1024;

const SALT_BYTES: usize = 16;

/// Cost of one hash, and how many may run and wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingLimits {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Hashes computed at the same time; with `memory_kib` this bounds the memory.
    pub concurrent: usize,
    /// Hashes that may wait for a permit; further ones are refused.
    pub waiting: usize,
}

impl Default for HashingLimits {
    /// OWASP's argon2id setting (19 MiB, 2 passes, 1 lane); for each core, one hash running and 64
    /// waiting.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            memory_kib: Params::DEFAULT_M_COST,
            passes: Params::DEFAULT_T_COST,
            concurrent: cores,
            waiting: 64 * cores,
        }
    }
}

/// Result of verifying a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is not the password.
    Wrong,
    /// It is the password.
    Correct,
    /// It is the password, and Django made its hash: replace it by an argon2id hash.
    CorrectNeedsRehash,
}

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// The queue is full.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The random source failed, so that there is no salt.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// argon2 refused the parameters or ran out of memory.
    #[error("argon2 failed: {0}")]
    Argon2(#[source] Box<dyn Error + Send + Sync>),
}

/// Hashes and verifies passwords.
pub struct PasswordHasher {
    argon2: Argon2<'static>,
    random: Arc<dyn Random>,
    /// Verified in place of the hash of an unknown user, so that the response takes as long.
    decoy: PasswordHash,
    limiter: HashingLimiter,
}

impl PasswordHasher {
    /// Creates a hasher with these limits.
    ///
    /// # Errors
    /// When argon2 refuses the limits, or the random source fails.
    pub fn new(limits: HashingLimits, random: Arc<dyn Random>) -> Result<Self, HashingError> {
        let params =
            Params::new(limits.memory_kib, limits.passes, 1, None).map_err(argon2_error)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut password = Zeroizing::new([0; 32]);
        random.fill(&mut *password)?;
        let blocks = argon2.params().block_count();
        let decoy = hash(&argon2, &*random, &*password, &mut vec![Block::new(); blocks])?;
        Ok(Self {
            argon2,
            random,
            decoy,
            limiter: HashingLimiter::new(limits.concurrent, limits.waiting, blocks),
        })
    }

    /// Returns how many hashes are running and waiting.
    #[must_use]
    pub fn load(&self) -> HashingLoad {
        self.limiter.load()
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`HashingError::Busy`] when the queue is full.
    pub async fn hash(&self, password: Zeroizing<String>) -> Result<PasswordHash, HashingError> {
        let (argon2, random) = (self.argon2.clone(), Arc::clone(&self.random));
        let work = move |memory: &mut [Block]| hash(&argon2, &*random, password.as_bytes(), memory);
        self.limiter.run(work).await?
    }

    /// Verifies a password against a stored hash. Without a hash it is wrong, after the same work;
    /// a hash from Django takes the time of Django's parameters until a login replaces it.
    ///
    /// # Errors
    /// When the queue is full.
    pub async fn verify(
        &self,
        password: Zeroizing<String>,
        hash: Option<&PasswordHash>,
    ) -> Result<PasswordCheck, Busy> {
        let stored = hash.and_then(|hash| StoredHash::parse(hash.as_str()));
        let known = stored.is_some() && password.len() <= MAX_PASSWORD_BYTES;
        let Some(stored) = stored.or_else(|| StoredHash::parse(self.decoy.as_str())) else {
            return Ok(PasswordCheck::Wrong);
        };
        let work = move |memory: &mut [Block]| {
            let end = password.floor_char_boundary(MAX_PASSWORD_BYTES);
            let matches =
                stored.matches(password.as_bytes().get(..end).unwrap_or_default(), memory);
            match known && matches {
                false => PasswordCheck::Wrong,
                true if stored.needs_rehash() => PasswordCheck::CorrectNeedsRehash,
                true => PasswordCheck::Correct,
            }
        };
        self.limiter.run(work).await
    }
}

fn hash(
    argon2: &Argon2<'_>,
    random: &dyn Random,
    password: &[u8],
    memory: &mut [Block],
) -> Result<PasswordHash, HashingError> {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt)?;
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    argon2
        .hash_password_into_with_memory(password, &salt, &mut output, memory)
        .map_err(argon2_error)?;
    let hash = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: phc::ParamsString::try_from(argon2.params()).map_err(argon2_error)?,
        salt: Some(phc::Salt::new(&salt).map_err(argon2_error)?),
        hash: Some(phc::Output::new(&output).map_err(argon2_error)?),
    };
    Ok(PasswordHash::from_encoded(hash.to_string()))
}

fn argon2_error(error: impl Error + Send + Sync + 'static) -> HashingError {
    HashingError::Argon2(Box::new(error))
}

/// Generates a password of 20 characters with 100 random bits, without characters that look alike.
///
/// # Errors
/// When the random source fails.
pub fn generate_password(random: &dyn Random) -> Result<Zeroizing<String>, RandomError> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = Zeroizing::new([0_u8; 20]);
    random.fill(&mut *bytes)?;
    Ok(Zeroizing::new(
        bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn hasher(concurrent: usize, waiting: usize) -> PasswordHasher {
        let limits = HashingLimits { memory_kib: 256, passes: 1, concurrent, waiting };
        PasswordHasher::new(limits, Arc::new(SystemRandom)).expect("the limits are fine")
    }

    fn text(password: &str) -> Zeroizing<String> {
        Zeroizing::new(password.to_owned())
    }

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let hasher = hasher(1, 8);
        let hash = hasher.hash(text(" testpass123")).await.expect("not busy");
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=256,t=1,p=1$"), "{}", hash.as_str());
        for (password, good) in
            [(" testpass123", true), ("testpass123", false), (" testpass123 ", false), ("", false)]
        {
            assert_eq!(
                hasher.verify(text(password), Some(&hash)).await,
                Ok(if good { PasswordCheck::Correct } else { PasswordCheck::Wrong }),
                "{password:?}"
            );
        }
        assert_ne!(
            hash,
            hasher.hash(text(" testpass123")).await.expect("not busy"),
            "salts differ"
        );
        assert!(!format!("{hash:?}").contains("argon2"));
    }

    #[tokio::test]
    async fn without_a_hash_every_password_is_wrong() {
        let hasher = hasher(1, 8);
        assert_eq!(hasher.verify(text("anything"), None).await, Ok(PasswordCheck::Wrong));
        let damaged = PasswordHash::from_encoded("!".into());
        assert_eq!(hasher.verify(text("!"), Some(&damaged)).await, Ok(PasswordCheck::Wrong));
    }

    #[tokio::test]
    async fn an_overlong_password_is_wrong_even_if_it_begins_with_the_right_one() {
        let hasher = hasher(1, 8);
        let longest = "x".repeat(MAX_PASSWORD_BYTES);
        let hash = hasher.hash(text(&longest)).await.expect("not busy");
        assert_eq!(hasher.verify(text(&longest), Some(&hash)).await, Ok(PasswordCheck::Correct));
        assert_eq!(
            hasher.verify(text(&format!("{longest}y")), Some(&hash)).await,
            Ok(PasswordCheck::Wrong)
        );
    }

    #[test]
    fn generated_passwords_are_long_and_differ() {
        let one = generate_password(&SystemRandom).expect("randomness");
        assert_eq!(one.len(), 20);
        assert_ne!(one, generate_password(&SystemRandom).expect("randomness"));
    }
}
