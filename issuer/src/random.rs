//! Randomness: the only place that uses the system's generator.
//!
//! Generating an RSA key is the exception: aws-lc always uses its own generator there.

/// A cryptographically secure source of random bytes.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// When the source fails; `bytes` must not be used then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// The random generator failed.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the system's random generator failed")]
pub struct RandomError;

/// aws-lc's generator, seeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        aws_lc_rs::rand::fill(bytes).map_err(|_| RandomError)
    }
}

/// Returns 128 random bits as 32 lower-case hex digits, like SimpleJWT's `jti`.
///
/// # Errors
/// When the random source fails.
pub fn hex128(random: &dyn Random) -> Result<String, RandomError> {
    let mut bytes = [0; 16];
    random.fill(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
