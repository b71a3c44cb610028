//! The state of keys and revocation, as a health response reports it. It holds no key and no token.

use serde::Serialize;

/// The state of the keys of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeyStatus {
    /// The variable that they come from, `public_key`, `jwks_url` or `issuer`; `none` without any.
    pub source: &'static str,
    /// Number of keys that verify signatures now.
    pub count: usize,
    /// Age of fetched keys in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<u64>,
    /// Freshness lifetime of fetched keys in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime_seconds: Option<u64>,
    /// Whether a fetch is in progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetching: Option<bool>,
    /// Whether the keys are older than their lifetime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<bool>,
    /// Whether there are no keys, or only stale ones.
    #[serde(skip)]
    pub is_unknown: bool,
    /// What is wrong, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The state of revocation in an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RevocationStatus {
    /// `none`, `redis` or `status_list`.
    pub source: &'static str,
    /// The status lists, where they are the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lists: Option<ListStatus>,
    /// Whether there is no status list, or only a stale one.
    #[serde(skip)]
    pub is_unknown: bool,
    /// What is wrong, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The status lists of an instance; without any, the one in the store that was fetched last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ListStatus {
    /// Number of lists.
    pub count: usize,
    /// Age of the oldest list in seconds.
    pub age_seconds: Option<u64>,
    /// Whether one of them is older than its lifetime.
    pub stale: bool,
    /// Why one was not fetched.
    #[serde(skip)]
    pub problem: Option<String>,
}
