//! Whether a good token has been revoked since it was issued.
//!
//! The issuer writes `dojang:revoked:<jti>` into Redis, with the token's own end as expiry; the value does not matter. A token's session
//! (claim `sid`) is asked for in the same way and at the same time, so one key can end all tokens of a login.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use verifier_core::{Code, VerifiedToken};

use crate::host::Host;

/// What the keys in Redis begin with.
const PREFIX: &str = "dojang:revoked:";

/// Longest time for the answer.
const TIME: Duration = Duration::from_secs(1);

/// Seconds between two lines in the log about a source that does not answer.
const LOG_PAUSE: u64 = 10;

/// Where revoked tokens are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Nowhere: a token is good until its end.
    #[default]
    Nowhere,
    /// In Redis, asked for every token.
    Redis {
        /// `redis://host:port`.
        url: String,
        /// Whether tokens pass while it does not answer. Never where a role or claim is demanded.
        open_when_down: bool,
    },
}

/// Asks the source.
#[derive(Debug, Default)]
pub struct Revocation {
    source: Source,
    /// When it was last logged that the source is down, in seconds.
    logged_at: AtomicU64,
}

impl Revocation {
    /// With this source.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self { source, logged_at: AtomicU64::new(0) }
    }

    /// Passes a token that is not revoked. `strict`: also refuses it when that cannot be found out, whatever the setting.
    ///
    /// # Errors
    /// `token_revoked`; `claim_missing` without a `jti`; `revocation_unknown`.
    pub async fn check(&self, token: &VerifiedToken, strict: bool, host: &impl Host) -> Result<(), Code> {
        let Source::Redis { url, open_when_down } = &self.source else { return Ok(()) };
        let jti = token.jti().ok_or(Code::ClaimMissing)?;
        let session = token.claim("sid").and_then(|sid| sid.as_str());
        let keys: Vec<String> = [Some(jti), session].iter().flatten().map(|id| format!("{PREFIX}{id}")).collect();
        match host.redis_any_exists(url, &keys, TIME).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(Code::TokenRevoked),
            Err(error) => {
                let now = host.uptime().as_secs().max(1);
                let last = self.logged_at.load(Ordering::Relaxed);
                if last == 0 || now.saturating_sub(last) >= LOG_PAUSE {
                    self.logged_at.store(now, Ordering::Relaxed);
                    host.log(format_args!("error: revoked tokens cannot be told, Redis does not answer: {error}"));
                }
                if *open_when_down && !strict { Ok(()) } else { Err(Code::RevocationUnknown) }
            }
        }
    }
}
