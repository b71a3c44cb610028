//! Whether a good token has been revoked since it was issued.
//!
//! In Redis the issuer names the ended sessions (claim `sid`) and tokens (`jti`), see [`redis`]. In
//! a status list the token's index says it, see [`crate::status_list`].

pub mod redis;

use verifier_core::{Code, VerifiedToken};

use crate::health::{ListStatus, RevocationStatus};
use crate::host::Host;
use crate::keys::Keys;
use crate::status_list::reference::{AllowedAddresses, Reference};
use crate::status_list::{Lookup, StatusLists};
use redis::RedisCheck;

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
    redis: RedisCheck,
    lists: StatusLists,
}

impl Revocation {
    /// With this source.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self { source, ..Self::default() }
    }

    /// Passes a token that is not revoked. `strict`: also refuses it when that cannot be found
    /// out, whatever the setting.
    ///
    /// # Errors
    /// `token_revoked`; `claim_missing` without a `jti` or what else the source knows the token
    /// by, `claim_invalid` when that makes no sense; `revocation_unknown`.
    pub async fn check(
        &self,
        token: &VerifiedToken,
        strict: bool,
        keys: &Keys,
        host: &impl Host,
    ) -> Result<(), Code> {
        let (is_revoked, open_when_down) = match &self.source {
            Source::Nowhere => return Ok(()),
            // Whatever the source knows it by: where tokens are revoked, each has a name of its
            // own.
            _ if token.jti().is_none() => return Err(Code::ClaimMissing),
            Source::Redis { url, open_when_down } => {
                (self.redis.is_revoked(url, token, host).await?, open_when_down)
            }
            Source::StatusList { unlisted_pass: true, .. } if token.claim("status").is_none() => {
                return Ok(());
            }
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

    /// Nothing when that cannot be found out. An old list cannot say that a token counts, but
    /// still that it does not.
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

    /// Whether [`Self::refresh`] has something to do.
    pub fn is_due(&self, host: &impl Host) -> bool {
        self.lists.is_due(host)
    }

    /// Fetches a status list whose time is nearly over.
    pub async fn refresh(&self, keys: &Keys, host: &impl Host) {
        self.lists.refresh(keys, host).await;
    }

    /// Returns the state for `GET /`. Asks Redis, unless that was done a moment ago, and looks for
    /// lists in the shared store; fetches nothing.
    pub async fn status(&self, host: &impl Host) -> RevocationStatus {
        match &self.source {
            Source::Nowhere => RevocationStatus { source: "none", ..RevocationStatus::default() },
            Source::Redis { url, .. } => RevocationStatus {
                source: "redis",
                problem: self.redis.problem(url, host).await,
                ..RevocationStatus::default()
            },
            Source::StatusList { addresses, .. } => {
                let lists = match self.lists.status(host) {
                    ListStatus { count: 0, problem: None, .. } => {
                        self.lists.shared_status(addresses, host).await
                    }
                    lists => lists,
                };
                let is_unknown = lists.count == 0 || lists.stale;
                RevocationStatus {
                    source: "status_list",
                    problem: lists.problem.clone(),
                    lists: Some(lists),
                    is_unknown,
                }
            }
        }
    }
}
