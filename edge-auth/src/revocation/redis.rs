//! Revocations in Redis: one `EXISTS` for each token.
//!
//! The issuer sets `dojang:revoked:<id>` for each ended session, with an expiry, and [`COMPLETE`]
//! once Redis holds all of them. A Redis that lost its data has neither, so a missing key proves
//! nothing without the marker.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use verifier_core::{Code, VerifiedToken};

use crate::host::{Host, RedisError};

/// Prefix of the keys of revoked ids: a token's `jti`, or the `sid` of its session.
const PREFIX: &str = "dojang:revoked:";

/// Key that the issuer sets once Redis holds every revocation.
const COMPLETE: &str = "dojang:revocations-complete";

/// Longest time of a command.
const TIME: Duration = Duration::from_secs(1);

/// Pause between two log lines about an outage.
const LOG_PAUSE: Duration = Duration::from_secs(10);

/// How long a health response reuses an outcome before it probes Redis again.
const REPORT_TIME: Duration = Duration::from_secs(10);

/// Why Redis cannot confirm a token.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outage {
    Failed(String),
    Denied,
    Incomplete,
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(why) => write!(f, "Redis does not respond: {why}"),
            Self::Denied => f.write_str(
                "the host does not allow the address in `redis_url`, or cannot read it: in Spin it \
                 must be on the server that `redis_host` names, for edge-host `--allow-outbound` \
                 must name that server",
            ),
            Self::Incomplete => write!(
                f,
                "Redis does not hold all revocations, the key `{COMPLETE}` is missing: it lost its \
                 data, or no issuer has filled it yet"
            ),
        }
    }
}

/// Looks tokens up, and keeps the outcome of the last look-up.
#[derive(Debug, Default)]
pub(super) struct RedisCheck(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Uptime of the last look-up, and its failure.
    last: Option<(Duration, Option<Outage>)>,
    logged_at: Option<Duration>,
}

impl RedisCheck {
    /// Returns whether the token or its session is revoked; `None` when Redis is unavailable.
    ///
    /// # Errors
    /// [`Code::ClaimMissing`] without `jti`; [`Code::ClaimInvalid`] for a `sid` that is no string.
    pub(super) async fn is_revoked(
        &self,
        url: &str,
        token: &VerifiedToken,
        host: &impl Host,
    ) -> Result<Option<bool>, Code> {
        let jti = token.jti().ok_or(Code::ClaimMissing)?;
        let session = match token.claim("sid") {
            Some(sid) => Some(sid.as_str().ok_or(Code::ClaimInvalid)?),
            None => None,
        };
        let ids = [Some(jti), session];
        Ok(self.any_revoked(url, ids.iter().flatten().map(AsRef::as_ref), host).await)
    }

    /// Asks for the marker and for the ids in one command. `EXISTS` counts a key as often as it is
    /// listed: each id is listed twice, so the count is odd exactly when the marker exists.
    async fn any_revoked(
        &self,
        url: &str,
        ids: impl Iterator<Item = &str>,
        host: &impl Host,
    ) -> Option<bool> {
        let mut keys = vec![COMPLETE.to_owned()];
        for id in ids {
            let key = format!("{PREFIX}{id}");
            keys.extend([key.clone(), key]);
        }
        let (is_revoked, outage) = match host.redis_count(url, &keys, TIME).await {
            Ok(count) => (count >= 2, (count % 2 == 0).then_some(Outage::Incomplete)),
            Err(RedisError::Denied) => (false, Some(Outage::Denied)),
            Err(RedisError::Failed(why)) => (false, Some(Outage::Failed(why))),
        };
        let is_known = outage.is_none();
        self.record(outage, host);
        // An incomplete Redis still revokes the ids that it holds.
        if is_revoked { Some(true) } else { is_known.then_some(false) }
    }

    /// Returns what is wrong with Redis. Asks it at most every [`REPORT_TIME`].
    pub(super) async fn problem(&self, url: &str, host: &impl Host) -> Option<String> {
        let now = host.uptime();
        let asked_at = self.state().last.as_ref().map(|(at, _)| *at);
        if asked_at.is_none_or(|at| now.saturating_sub(at) >= REPORT_TIME) {
            // Before the command, so that concurrent requests do not ask too.
            if let Some((at, _)) = &mut self.state().last {
                *at = now;
            }
            self.any_revoked(url, std::iter::empty(), host).await;
        }
        let state = self.state();
        state.last.as_ref().and_then(|(_, outage)| outage.as_ref().map(ToString::to_string))
    }

    fn record(&self, outage: Option<Outage>, host: &impl Host) {
        let now = host.uptime();
        let mut state = self.state();
        if let Some(outage) = &outage
            && state.logged_at.is_none_or(|at| now.saturating_sub(at) >= LOG_PAUSE)
        {
            state.logged_at = Some(now);
            host.log(format_args!("error: revoked tokens are unknown: {outage}"));
        }
        state.last = Some((now, outage));
    }

    /// Never held across an `.await`.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The issuer writes these keys; the two crates share no code.
    #[test]
    fn issuer_and_edge_name_the_same_keys() {
        let issuer = include_str!("../../../issuer/src/revocation/redis.rs");
        for (name, key) in [("PREFIX", PREFIX), ("COMPLETE", COMPLETE)] {
            let line = format!("const {name}: &str = \"{key}\";");
            assert!(issuer.contains(&line), "the issuer does not say `{line}`");
        }
    }
}
