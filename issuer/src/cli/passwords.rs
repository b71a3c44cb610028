//! Passwords from standard input or the random source.

use std::io::{BufRead as _, Read as _};
use std::sync::Arc;

use clap::Args;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::output;
use crate::random::SystemRandom;
use crate::users::{
    HashingLimits, MAX_PASSWORD_BYTES, PasswordHash, PasswordHasher, PasswordOwner, check_password,
    generate_password,
};

/// Attempts to generate a password that does not resemble the user's name.
const MAX_ATTEMPTS: u32 = 100;

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct PasswordSource {
    /// Read the password from standard input, up to the first line break
    #[arg(long)]
    password_stdin: bool,
    /// Generate a password and print it, once
    #[arg(long)]
    generate_password: bool,
}

impl PasswordSource {
    /// Reads or generates a password. A generated one is valid for the owner.
    pub(super) fn read(&self, owner: PasswordOwner<'_>) -> Result<Zeroizing<String>, Failure> {
        if !self.generate_password {
            return from_stdin();
        }
        let mut password = generate_password(&SystemRandom)?;
        for _ in 0..MAX_ATTEMPTS {
            if check_password(&password, owner).is_ok() {
                break;
            }
            password = generate_password(&SystemRandom)?;
        }
        Ok(password)
    }

    /// Prints a generated password. Call it after storing the password.
    pub(super) fn print(&self, password: &str) -> Result<(), Failure> {
        if self.generate_password {
            output::password(password, "set another one with `issuer users set-password`")?;
        }
        Ok(())
    }
}

/// Checks and hashes a password.
pub(super) async fn hash(
    password: &Zeroizing<String>,
    owner: PasswordOwner<'_>,
) -> Result<PasswordHash, Failure> {
    check_password(password, owner)?;
    let hasher = PasswordHasher::new(HashingLimits::default(), Arc::new(SystemRandom))?;
    Ok(hasher.hash(password.clone()).await?)
}

/// Reads the first line of standard input, without its line break; nothing else is stripped.
pub(super) fn from_stdin() -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    // A little more than the limit, so that a longer password is rejected and not truncated.
    let mut input = std::io::stdin().lock().take(MAX_PASSWORD_BYTES as u64 + 8);
    input
        .read_line(&mut text)
        .map_err(|error| format!("cannot read the password from standard input: {error}"))?;
    let end = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(end);
    if text.is_empty() {
        return Err("no password on standard input: write it into the pipe".into());
    }
    Ok(text)
}
