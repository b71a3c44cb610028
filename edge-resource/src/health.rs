//! `GET /`: is the service up, and does it have keys? Counts and states only; no key, no token.

use serde::Serialize;

use crate::answer::{self, Answer};
use crate::host::Host;
use crate::keys::Keys;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    service: &'static str,
    version: &'static str,
    keys: KeyStatus,
}

/// What an operator wants to know about the keys of this instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeyStatus {
    /// `public_key` or `jwks_url`: the variable they come from; `none` without either.
    pub source: &'static str,
    /// How many keys verify signatures now.
    pub count: usize,
    /// How old they are, in seconds; for fetched ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<u64>,
    /// Whether they are older than they should be, because a fetch failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<bool>,
    /// What is wrong, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// 200 in any case: the service answers, and the body says how well.
pub fn report(keys: &Keys, host: &impl Host) -> Answer {
    let keys = keys.status(host);
    answer::ok(&Health {
        status: if keys.problem.is_none() { "ok" } else { "degraded" },
        service: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        keys,
    })
}
