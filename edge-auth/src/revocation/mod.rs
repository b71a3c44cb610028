//! Whether a verified token has been revoked.
//!
//! Redis names revoked tokens (`jti`) and sessions (`sid`), see [`redis`]. A status list holds the
//! status of each token at an index, see [`status_lists`].

mod redis;
mod reference;
mod status_lists;
mod statuses;

use verifier_core::{Code, VerifiedToken};

use crate::error::AuthError;
use crate::host::Host;
use crate::keys::Keys;
use crate::status::{ListStatus, RevocationStatus};
use redis::RedisCheck;
pub(crate) use reference::AllowedAddresses;
use reference::Reference;
use status_lists::{Lookup, StatusLists};

/// Where revoked tokens are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nowhere: a token is valid until it expires.
    #[default]
    None,
    /// In Redis, with one command for every token.
    Redis {
        url: String,
        /// Whether tokens pass while Redis is unavailable, unless a role or claim is required.
        open_when_down: bool,
    },
    /// In the issuer's status lists.
    StatusList {
        addresses: AllowedAddresses,
        /// Whether tokens pass while there is no current list, unless a role or claim is required.
        open_when_down: bool,
        /// Whether tokens pass that name no list.
        unlisted_pass: bool,
    },
}

/// Checks tokens against the source.
#[derive(Default)]
pub(crate) struct Revocation {
    source: Source,
    redis: RedisCheck,
    lists: StatusLists,
}

impl Revocation {
    pub(crate) fn new(source: Source) -> Self {
        Self { source, ..Self::default() }
    }

    /// Passes a token that is not revoked. `strict` refuses it whatever the setting when the source
    /// is unavailable.
    ///
    /// # Errors
    /// [`AuthError::TokenRefused`] with `token_revoked`, with `claim_missing` for a token without
    /// `jti` or without the claim that the source needs, or with `claim_invalid` when that claim is
    /// malformed; [`AuthError::RevocationUnknown`].
    pub(crate) async fn check(
        &self,
        token: &VerifiedToken,
        strict: bool,
        keys: &Keys,
        host: &impl Host,
    ) -> Result<(), AuthError> {
        let (is_revoked, open_when_down) = match &self.source {
            Source::None => return Ok(()),
            // Required whatever the source looks at, so that every token can be revoked by name.
            _ if token.jti().is_none() => {
                return Err(AuthError::TokenRefused(Code::ClaimMissing));
            }
            Source::Redis { url, open_when_down } => {
                (self.redis.is_revoked(url, token, host).await, open_when_down)
            }
            Source::StatusList { unlisted_pass: true, .. } if token.claim("status").is_none() => {
                return Ok(());
            }
            Source::StatusList { addresses, open_when_down, .. } => {
                (self.is_listed(addresses, token, keys, host).await, open_when_down)
            }
        };
        match is_revoked.map_err(AuthError::TokenRefused)? {
            Some(false) => Ok(()),
            Some(true) => Err(AuthError::TokenRefused(Code::TokenRevoked)),
            None if *open_when_down && !strict => Ok(()),
            None => Err(AuthError::RevocationUnknown),
        }
    }

    /// Returns whether the token's status list revokes it; `None` when that is unknown. An expired
    /// list cannot confirm a token but still revokes it.
    async fn is_listed(
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

    /// Returns whether [`Self::refresh`] has something to do.
    pub(crate) fn is_due(&self, host: &impl Host) -> bool {
        self.lists.is_due(host)
    }

    /// Fetches a status list that expires soon.
    pub(crate) async fn refresh(&self, keys: &Keys, host: &impl Host) {
        self.lists.refresh(keys, host).await;
    }

    /// Returns the state for a health response. Asks Redis at most every 10 seconds and reads lists
    /// in the store; fetches nothing.
    pub(crate) async fn status(&self, host: &impl Host) -> RevocationStatus {
        match &self.source {
            Source::None => RevocationStatus { source: "none", ..RevocationStatus::default() },
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
                RevocationStatus {
                    source: "status_list",
                    problem: lists.problem.clone(),
                    is_unknown: lists.count == 0 || lists.stale,
                    lists: Some(lists),
                }
            }
        }
    }
}
