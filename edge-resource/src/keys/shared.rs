//! Fetched keys in the key-value store, so that a new instance needs no fetch of its own, and one that comes up while the
//! issuer is away has keys at all.
//!
//! An entry is as trustworthy as the store, in which the component alone writes. It is a copy: when it cannot be read or
//! written, keys are fetched as if there were none.

use std::time::Duration;

use http::Uri;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::host::Host;

/// What was fetched, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    url: String,
    /// The JWKS text.
    pub text: String,
    /// Seconds since the Unix epoch.
    fetched_at: u64,
    lifetime_seconds: u64,
    /// Whether an unknown `kid` was the reason.
    for_unknown_kid: bool,
}

impl Entry {
    /// What has been fetched right now.
    pub fn new(url: &Uri, text: String, lifetime: Duration, host: &impl Host) -> Self {
        Self {
            url: url.to_string(),
            text,
            fetched_at: host.now_seconds(),
            lifetime_seconds: lifetime.as_secs(),
            for_unknown_kid: false,
        }
    }

    /// Notes that an unknown `kid` was the reason.
    #[must_use]
    pub fn for_unknown_kid(self, for_unknown_kid: bool) -> Self {
        Self { for_unknown_kid, ..self }
    }

    /// Whether an unknown `kid` was the reason.
    #[must_use]
    pub fn was_for_unknown_kid(&self) -> bool {
        self.for_unknown_kid
    }

    /// The copy in the store, if there is one. One that was fetched in the future, by the clock as it is now, is none.
    pub async fn load(url: &Uri, host: &impl Host) -> Option<Self> {
        let bytes = host.load(&key(url)).await.ok().flatten()?;
        let entry: Self = serde_json::from_slice(&bytes).ok()?;
        (url == entry.url.as_str() && entry.fetched_at <= host.now_seconds()).then_some(entry)
    }

    /// Puts a copy into the store.
    pub async fn save(&self, url: &Uri, host: &impl Host) {
        let Ok(bytes) = serde_json::to_vec(self) else { return };
        if let Err(error) = host.save(&key(url), &bytes).await {
            host.log(format_args!("warning: key-value store: fetched keys are not shared: {error}"));
        }
    }

    /// Time since it was fetched.
    pub fn age(&self, host: &impl Host) -> Duration {
        Duration::from_secs(host.now_seconds().saturating_sub(self.fetched_at))
    }

    /// How long it is fresh.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetime_seconds)
    }
}

fn key(url: &Uri) -> String {
    use std::fmt::Write;
    let hash = Sha256::digest(url.to_string().as_bytes());
    hash.iter().fold("jwks/".to_owned(), |mut key, byte| {
        let _ = write!(key, "{byte:02x}");
        key
    })
}
