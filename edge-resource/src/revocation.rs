//! Whether a good token has been revoked since it was issued.
//!
//! In Redis, the issuer writes `dojang:revoked:<jti>`, with the token's own end as expiry; the value does not matter. A token's session
//! (claim `sid`) is asked for in the same way and at the same time, so one key can end all tokens of a login. In a status list, the
//! token's place says it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use verifier_core::{Code, VerifiedToken};

use crate::health::RevocationStatus;
use crate::host::{Host, StoreError};
use crate::keys::Keys;
use crate::status_list::reference::{AllowedAddresses, Reference};
use crate::status_list::{Lookup, StatusLists};

/// What the keys in Redis begin with.
const PREFIX: &str = "dojang:revoked:";

/// Longest time for Redis's answer.
const TIME: Duration = Duration::from_secs(1);

/// Seconds between two lines in the log about a Redis that does not answer.
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
        /// Whether tokens pass while it does not answer. Never where a role or claim decides.
        open_when_down: bool,
    },
    /// In the issuer's status lists.
    StatusList {
        /// Where lists may be.
        addresses: AllowedAddresses,
        /// Whether tokens pass while there is no current list. Never where a role or claim decides.
        open_when_down: bool,
        /// Whether tokens pass that name no list: those of an issuer, or of a time, without lists.
        unlisted_pass: bool,
    },
}

/// Asks the source.
#[derive(Debug, Default)]
pub struct Revocation {
    source: Source,
    lists: StatusLists,
    /// When Redis last did not answer, in seconds of uptime; 0 when it did.
    down_at: AtomicU64,
    /// When that was last logged.
    logged_at: AtomicU64,
}

impl Revocation {
    /// With this source.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self { source, ..Self::default() }
    }

    /// Passes a token that is not revoked. `strict`: also refuses it when that cannot be found out, whatever the setting.
    ///
    /// # Errors
    /// `token_revoked`; `claim_missing` without a `jti` or what else the source knows the token by, `claim_invalid` when that makes no
    /// sense; `revocation_unknown`.
    pub async fn check(&self, token: &VerifiedToken, strict: bool, keys: &Keys, host: &impl Host) -> Result<(), Code> {
        let (is_revoked, open_when_down) = match &self.source {
            Source::Nowhere => return Ok(()),
            // Whatever the source knows it by: where tokens are revoked, each has a name of its own.
            _ if token.jti().is_none() => return Err(Code::ClaimMissing),
            Source::Redis { url, open_when_down } => (self.in_redis(url, token, host).await, open_when_down),
            Source::StatusList { unlisted_pass: true, .. } if token.claim("status").is_none() => return Ok(()),
            Source::StatusList { addresses, open_when_down, .. } => {
                (self.in_list(addresses, token, keys, host).await?, open_when_down)
            }
        };
        match is_revoked {
            Some(false) => Ok(()),
            Some(true) => Err(Code::TokenRevoked),
            None if *open_when_down && !strict => Ok(()),
            None => Err(Code::RevocationUnknown),
        }
    }

    /// Nothing when that cannot be found out.
    async fn in_redis(&self, url: &str, token: &VerifiedToken, host: &impl Host) -> Option<bool> {
        let session = token.claim("sid").and_then(|sid| sid.as_str());
        let keys: Vec<String> = [token.jti(), session].iter().flatten().map(|id| format!("{PREFIX}{id}")).collect();
        match host.redis_any_exists(url, &keys, TIME).await {
            Ok(exists) => {
                self.down_at.store(0, Ordering::Relaxed);
                Some(exists)
            }
            Err(error) => {
                self.note_outage(&error, host);
                None
            }
        }
    }

    /// Nothing when that cannot be found out. An old list cannot say that a token counts, but still that it does not.
    async fn in_list(
        &self,
        addresses: &AllowedAddresses,
        token: &VerifiedToken,
        keys: &Keys,
        host: &impl Host,
    ) -> Result<Option<bool>, Code> {
        let Reference { index, uri } = Reference::of(token)?;
        let address = addresses.admit(&uri).ok_or(Code::ClaimInvalid)?;
        match self.lists.look_up(&address, index, keys, host).await {
            Lookup::Status(status) => Ok(Some(status != 0)),
            Lookup::OutOfRange => Err(Code::ClaimInvalid),
            Lookup::Unknown(old) => Ok(old.filter(|status| *status != 0).map(|_| true)),
        }
    }

    fn note_outage(&self, error: &StoreError, host: &impl Host) {
        let now = host.uptime().as_secs().max(1);
        self.down_at.store(now, Ordering::Relaxed);
        let last = self.logged_at.load(Ordering::Relaxed);
        if last == 0 || now.saturating_sub(last) >= LOG_PAUSE {
            self.logged_at.store(now, Ordering::Relaxed);
            host.log(format_args!("error: revoked tokens cannot be told, Redis does not answer: {error}"));
        }
    }

    /// Whether [`Self::refresh`] has something to do.
    pub fn is_due(&self, host: &impl Host) -> bool {
        self.lists.is_due(host)
    }

    /// Fetches a status list whose time is nearly over.
    pub async fn refresh(&self, keys: &Keys, host: &impl Host) {
        self.lists.refresh(keys, host).await;
    }

    /// For `GET /`; asks nobody.
    pub fn status(&self, host: &impl Host) -> RevocationStatus {
        match &self.source {
            Source::Nowhere => RevocationStatus { source: "none", ..RevocationStatus::default() },
            Source::Redis { .. } => RevocationStatus {
                source: "redis",
                lists: None,
                problem: (self.down_at.load(Ordering::Relaxed) != 0).then(|| "Redis does not answer".to_owned()),
            },
            Source::StatusList { .. } => {
                let lists = self.lists.status(host);
                RevocationStatus { source: "status_list", problem: lists.problem.clone(), lists: Some(lists) }
            }
        }
    }
}
