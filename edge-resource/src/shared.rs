//! Fetched documents in the key-value store, so that a new instance needs no fetch of its own, and
//! one that comes up while the issuer is away has something at all.
//!
//! An entry is as trustworthy as the store, in which the component alone writes. It is a copy:
//! when it cannot be read or written, documents are fetched as if there were none.

use std::time::Duration;

use http::Uri;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use verifier_core::UnixTime;

use crate::hex::hex;
use crate::host::{Host, milliseconds};

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What its keys in the store begin with.
    documents: &'static str,
    attempts: &'static str,
}

/// Key sets.
pub const JWKS: Kind = Kind { documents: "jwks", attempts: "attempt/jwks" };
/// Status lists.
pub const STATUS_LIST: Kind = Kind { documents: "status-list", attempts: "attempt/status-list" };

/// What was fetched, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    url: String,
    /// The document.
    pub text: String,
    /// Milliseconds since the Unix epoch: of two entries, the later one is the newer.
    pub fetched_at: u64,
    lifetime_seconds: u64,
}

impl Kind {
    /// What the keys of the records about attempts begin with.
    #[must_use]
    pub const fn attempts(self) -> &'static str {
        self.attempts
    }
}

impl Entry {
    /// A document that was fetched at this time.
    #[must_use]
    pub fn new(url: &Uri, text: String, lifetime: Duration, fetched_at: UnixTime) -> Self {
        Self {
            url: url.to_string(),
            text,
            fetched_at: milliseconds(fetched_at),
            lifetime_seconds: lifetime.as_secs(),
        }
    }

    /// Returns the copy in the store, if there is one.
    pub async fn load(kind: Kind, url: &Uri, host: &impl Host) -> Option<Self> {
        let bytes = host.load(&key(kind.documents, url)).await.ok().flatten()?;
        let entry: Self = serde_json::from_slice(&bytes).ok()?;
        (url == entry.url.as_str()).then_some(entry)
    }

    /// Puts a copy into the store.
    pub async fn save(&self, kind: Kind, url: &Uri, host: &impl Host) {
        let Ok(bytes) = serde_json::to_vec(self) else { return };
        if let Err(error) = host.save(&key(kind.documents, url), &bytes).await {
            host.log(format_args!(
                "warning: key-value store: what was fetched is not shared: {error}"
            ));
        }
    }

    /// Returns the time at which it was fetched.
    #[must_use]
    pub fn fetch_time(&self) -> UnixTime {
        let nanoseconds = (self.fetched_at % 1000) * 1_000_000;
        UnixTime::new(self.fetched_at / 1000, u32::try_from(nanoseconds).unwrap_or_default())
    }

    /// Returns the time since it was fetched. When that lies ahead, by a clock that has been set
    /// back, its age is not known, and so it is older than anything may be.
    pub fn age(&self, host: &impl Host) -> Duration {
        host.now_milliseconds()
            .checked_sub(self.fetched_at)
            .map_or(Duration::MAX, Duration::from_millis)
    }

    /// How long it is fresh.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetime_seconds)
    }
}

/// The key in the store for what is kept about an address.
#[must_use]
pub fn key(prefix: &str, url: &Uri) -> String {
    format!("{prefix}/{}", hex(&Sha256::digest(url.to_string().as_bytes())))
}
