//! `GET /`: is the service up, and does it have keys? Counts and states only; no key, no token.

use serde::Serialize;

use crate::host::Host;
use crate::keys::Keys;
use crate::response::{self, Response};
use crate::revocation::Revocation;
use crate::store_probe::StoreProbe;

#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    service: &'static str,
    version: &'static str,
    keys: KeyStatus,
    revocation: RevocationStatus,
    store: StoreStatus,
    /// Names of the variables whose values are not the defaults.
    variables: &'a [&'static str],
}

/// What an operator wants to know about the key-value store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreStatus {
    /// Whether it took a value of the size that an upload writes, within the last 10 seconds.
    pub writable: bool,
    /// What is wrong, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What [`report`] looks at.
#[derive(Clone, Copy)]
pub struct Subjects<'a> {
    /// The keys.
    pub keys: &'a Keys,
    /// Where revoked tokens are listed.
    pub revocation: &'a Revocation,
    /// The key-value store.
    pub store: &'a StoreProbe,
    /// Names of the variables whose values are not the defaults.
    pub variables: &'a [&'static str],
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
    /// Whether they are older than they should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<bool>,
    /// Whether there are none, or only stale ones, and no attempt to fetch others has failed.
    #[serde(skip)]
    pub is_unknown: bool,
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
    /// Whether there is no list, or a stale one, and no attempt to fetch one has failed.
    #[serde(skip)]
    pub is_unknown: bool,
    /// What is wrong, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The status lists of this instance; without any, the last one in the shared store.
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
pub async fn report(subjects: Subjects<'_>, host: &impl Host) -> Response {
    let Subjects { keys, revocation, store, variables } = subjects;
    let (keys, revocation) = (keys.status(host).await, revocation.status(host).await);
    let problem = store.problem(host).await;
    let store = StoreStatus { writable: problem.is_none(), problem };
    let is_degraded =
        [&keys.problem, &revocation.problem, &store.problem].into_iter().any(Option::is_some);
    let status = match (is_degraded, keys.is_unknown || revocation.is_unknown) {
        (true, _) => "degraded",
        (false, true) => "unknown",
        (false, false) => "ok",
    };
    response::ok(&Health {
        status,
        service: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        keys,
        revocation,
        store,
        variables,
    })
}
