//! `GET /`: is the service up, and does it have keys? Counts and states only; no key, no token.

use serde::Serialize;

use crate::answer::{self, Answer};
use crate::host::Host;
use crate::keys::Keys;
use crate::revocation::Revocation;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    service: &'static str,
    version: &'static str,
    keys: KeyStatus,
    revocation: RevocationStatus,
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
    /// For how long they are fresh, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime_seconds: Option<u64>,
    /// Whether they are being fetched right now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetching: Option<bool>,
    /// Whether they are older than they should be, because a fetch failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<bool>,
    /// What is wrong, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What an operator wants to know about revocation in this instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RevocationStatus {
    /// `none`, `redis` or `status_list`: as the variable `revocation` says.
    pub source: &'static str,
    /// The status lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lists: Option<ListStatus>,
    /// What is wrong, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The status lists of this instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ListStatus {
    /// How many there are.
    pub count: usize,
    /// How old the oldest is, in seconds.
    pub age_seconds: Option<u64>,
    /// Whether one of them is older than it should be.
    pub stale: bool,
    /// Why one was not fetched.
    #[serde(skip)]
    pub problem: Option<String>,
}

/// 200 in any case: the service answers, and the body says how well.
pub fn report(keys: &Keys, revocation: &Revocation, host: &impl Host) -> Answer {
    let (keys, revocation) = (keys.status(host), revocation.status(host));
    answer::ok(&Health {
        status: if keys.problem.is_none() && revocation.problem.is_none() { "ok" } else { "degraded" },
        service: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        keys,
        revocation,
    })
}
