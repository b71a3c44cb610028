//! Keeping passwords: argon2id, on threads of their own, a bounded number at a time.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::stored_hash::StoredHash;
use crate::random::{Random, RandomError};

/// Longest password that is ever hashed, in bytes. A longer one at a login is a wrong one.
pub const MAX_PASSWORD_BYTES: usize = 1024;

const SALT_BYTES: usize = 16;

/// A password hash: in PHC string format (`$argon2id$v=19$...`), or as Django writes it.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash from somewhere else, in a form that [`PasswordHasher::verify`] knows; any other text matches no password.
    #[must_use]
    pub fn from_elsewhere(text: String) -> Self {
        Self(text)
    }

    /// The text, for storage.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    /// Nothing of the hash can reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// How much one hash costs, and how many there may be at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingLimits {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Hashes computed at the same time; with `memory_kib` this bounds the memory.
    pub concurrent: usize,
    /// Hashes that may wait for their turn; more are turned away.
    pub waiting: usize,
}

impl Default for HashingLimits {
    /// OWASP's argon2id setting (19 MiB, 2 passes, 1 lane), one hash for each core, 64 waiting for each of them.
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

/// What came of comparing a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It is not the password.
    Wrong,
    /// It is the password.
    Right,
    /// It is the password, and its hash is Django's: to be replaced by one of ours.
    RightForNow,
}

/// As many passwords as may wait are waiting already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be checked")]
pub struct Busy;

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// Try again later.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// No salt without randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// argon2 refused the parameters or ran out of memory.
    #[error("argon2 failed: {0}")]
    Argon2(String),
}

/// What a [`PasswordHasher`] is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingLoad {
    /// Hashes being computed.
    pub running: usize,
    /// Hashes waiting for their turn.
    pub waiting: usize,
    /// How many may be computed at the same time.
    pub max_running: usize,
    /// How many may wait.
    pub max_waiting: usize,
}

/// Hashes and verifies passwords.
pub struct PasswordHasher {
    argon2: Argon2<'static>,
    random: Arc<dyn Random>,
    /// Stands in for the hash of a user who does not exist, so that the answer takes as long.
    decoy: PasswordHash,
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    max_running: usize,
    max_places: usize,
}

impl PasswordHasher {
    /// A hasher within these limits.
    ///
    /// # Errors
    /// When argon2 refuses the limits, or the random source fails.
    pub fn new(limits: HashingLimits, random: Arc<dyn Random>) -> Result<Self, HashingError> {
        let params = Params::new(limits.memory_kib, limits.passes, 1, None).map_err(argon2_error)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut nobody_knows = Zeroizing::new([0; 32]);
        random.fill(&mut *nobody_knows)?;
        let decoy = hash(&argon2, &*random, &*nobody_knows)?;
        let concurrent = limits.concurrent.clamp(1, Semaphore::MAX_PERMITS / 2);
        let places = concurrent.saturating_add(limits.waiting).min(Semaphore::MAX_PERMITS);
        let (max_running, max_places) = (concurrent, places);
        let (turns, places) = (Arc::new(Semaphore::new(concurrent)), Arc::new(Semaphore::new(places)));
        Ok(Self { argon2, random, decoy, turns, places, max_running, max_places })
    }

    /// What it is doing at this moment.
    #[must_use]
    pub fn load(&self) -> HashingLoad {
        let running = self.max_running.saturating_sub(self.turns.available_permits());
        let present = self.max_places.saturating_sub(self.places.available_permits());
        HashingLoad {
            running,
            waiting: present.saturating_sub(running),
            max_running: self.max_running,
            max_waiting: self.max_places.saturating_sub(self.max_running),
        }
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`HashingError::Busy`] when too many are waiting.
    pub async fn hash(&self, password: Zeroizing<String>) -> Result<PasswordHash, HashingError> {
        let (argon2, random) = (self.argon2.clone(), Arc::clone(&self.random));
        self.in_turn(move || hash(&argon2, &*random, password.as_bytes())).await?
    }

    /// Compares a password with a stored hash. Without a hash it is wrong, after the same work.
    ///
    /// A Django hash takes the time that Django gave it until a login replaces it.
    ///
    /// # Errors
    /// When too many are waiting.
    pub async fn verify(&self, password: Zeroizing<String>, hash: Option<&PasswordHash>) -> Result<Match, Busy> {
        let argon2 = self.argon2.clone();
        let stored = hash.and_then(|hash| StoredHash::parse(hash.as_str()));
        let known = stored.is_some() && password.len() <= MAX_PASSWORD_BYTES;
        let Some(stored) = stored.or_else(|| StoredHash::parse(self.decoy.as_str())) else {
            return Ok(Match::Wrong);
        };
        self.in_turn(move || {
            let end = password.floor_char_boundary(MAX_PASSWORD_BYTES);
            let matches = stored.matches(&argon2, password.as_bytes().get(..end).unwrap_or_default());
            match known && matches {
                false => Match::Wrong,
                true if stored.is_foreign() => Match::RightForNow,
                true => Match::Right,
            }
        })
        .await
    }

    /// Runs `work` on a blocking thread when its turn comes. The turn is given back when the work is done, not when the
    /// caller loses interest: an abandoned request cannot make room for more work than the limit.
    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Busy)?;
        let work = move || {
            let result = work();
            drop((turn, place));
            result
        };
        // The work cannot panic; should it ever, the one request is turned away.
        tokio::task::spawn_blocking(work).await.map_err(|_| Busy)
    }
}

fn hash(argon2: &Argon2<'_>, random: &dyn Random, password: &[u8]) -> Result<PasswordHash, HashingError> {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt)?;
    let hash: phc::PasswordHash = argon2.hash_password_with_salt(password, &salt).map_err(argon2_error)?;
    Ok(PasswordHash(hash.to_string()))
}

fn argon2_error(error: impl fmt::Display) -> HashingError {
    HashingError::Argon2(error.to_string())
}

/// A password of 20 characters, 100 random bits, without characters that look alike.
///
/// # Errors
/// When the random source fails.
pub fn generate_password(random: &dyn Random) -> Result<Zeroizing<String>, RandomError> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = Zeroizing::new([0_u8; 20]);
    random.fill(&mut *bytes)?;
    Ok(Zeroizing::new(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()))
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
        for (password, good) in [(" testpass123", true), ("testpass123", false), (" testpass123 ", false), ("", false)]
        {
            assert_eq!(
                hasher.verify(text(password), Some(&hash)).await,
                Ok(if good { Match::Right } else { Match::Wrong }),
                "{password:?}"
            );
        }
        assert_ne!(hash, hasher.hash(text(" testpass123")).await.expect("not busy"), "salts differ");
        assert!(!format!("{hash:?}").contains("argon2"));
    }

    #[tokio::test]
    async fn without_a_hash_no_password_is_right() {
        let hasher = hasher(1, 8);
        assert_eq!(hasher.verify(text("anything"), None).await, Ok(Match::Wrong));
        let damaged = PasswordHash("!".into());
        assert_eq!(hasher.verify(text("!"), Some(&damaged)).await, Ok(Match::Wrong));
    }

    #[tokio::test]
    async fn an_overlong_password_is_wrong_even_when_it_begins_right() {
        let hasher = hasher(1, 8);
        let longest = "x".repeat(MAX_PASSWORD_BYTES);
        let hash = hasher.hash(text(&longest)).await.expect("not busy");
        assert_eq!(hasher.verify(text(&longest), Some(&hash)).await, Ok(Match::Right));
        assert_eq!(hasher.verify(text(&format!("{longest}y")), Some(&hash)).await, Ok(Match::Wrong));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn beyond_the_queue_hashes_are_turned_away_and_abandoned_ones_keep_their_turn() {
        let hasher = Arc::new(hasher(1, 1));
        let (finish, gate) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let hasher = Arc::clone(&hasher);
            async move { hasher.in_turn(move || gate.recv().is_ok()).await }
        });
        let second = tokio::spawn({
            let hasher = Arc::clone(&hasher);
            async move { hasher.verify(text("a"), None).await }
        });
        while hasher.places.available_permits() > 0 || hasher.turns.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hasher.verify(text("b"), None).await, Err(Busy));
        first.abort();
        assert!(first.await.expect_err("it was abandoned").is_cancelled());
        assert_eq!(hasher.verify(text("b"), None).await, Err(Busy), "the abandoned work still runs");
        finish.send(()).expect("the work still waits");
        assert_eq!(second.await.expect("no panic"), Ok(Match::Wrong));
        assert_eq!(hasher.verify(text("b"), None).await, Ok(Match::Wrong));
    }

    #[test]
    fn generated_passwords_are_long_and_differ() {
        let one = generate_password(&SystemRandom).expect("randomness");
        assert_eq!(one.len(), 20);
        assert_ne!(one, generate_password(&SystemRandom).expect("randomness"));
    }
}
