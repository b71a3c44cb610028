//! Fetched documents in the key-value store, so that a new instance needs no fetch of its own, and one that comes up while the
//! issuer is away has something at all.
//!
//! An entry is as trustworthy as the store, in which the component alone writes. It is a copy: when it cannot be read or
//! written, documents are fetched as if there were none.

use std::time::Duration;

use http::Uri;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::host::Host;

/// What a document is; its entries begin with this word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(&'static str);

/// Key sets.
pub const JWKS: Kind = Kind("jwks");
/// Status lists.
pub const STATUS_LIST: Kind = Kind("status-list");

/// What was fetched, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    url: String,
    /// The document.
    pub text: String,
    /// Milliseconds since the Unix epoch: of two entries, the later one is the newer.
    pub fetched_at: u64,
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
            fetched_at: host.now_milliseconds(),
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
    pub async fn load(kind: Kind, url: &Uri, host: &impl Host) -> Option<Self> {
        let bytes = host.load(&key(kind, url)).await.ok().flatten()?;
        let entry: Self = serde_json::from_slice(&bytes).ok()?;
        (url == entry.url.as_str() && entry.fetched_at <= host.now_milliseconds()).then_some(entry)
    }

    /// Puts a copy into the store.
    pub async fn save(&self, kind: Kind, url: &Uri, host: &impl Host) {
        let Ok(bytes) = serde_json::to_vec(self) else { return };
        if let Err(error) = host.save(&key(kind, url), &bytes).await {
            host.log(format_args!("warning: key-value store: what was fetched is not shared: {error}"));
        }
    }

    /// Time since it was fetched.
    pub fn age(&self, host: &impl Host) -> Duration {
        Duration::from_millis(host.now_milliseconds().saturating_sub(self.fetched_at))
    }

    /// How long it is fresh.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetime_seconds)
    }
}

fn key(kind: Kind, url: &Uri) -> String {
    format!("{}/{}", kind.0, hex(&Sha256::digest(url.to_string().as_bytes())))
}
