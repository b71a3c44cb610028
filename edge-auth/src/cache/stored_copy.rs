//! Copies of fetched documents in the key-value store, which spare a new instance its first fetch
//! and serve it while the issuer is down.
//!
//! A copy is as trustworthy as the store, to which the component alone writes. Without a readable
//! copy a document is fetched.

use std::time::Duration;

use http::Uri;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use verifier_core::UnixTime;

use crate::hex::hex;
use crate::host::{Host, milliseconds};

/// A document and when it was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredCopy {
    url: String,
    pub(super) text: String,
    /// Milliseconds since the Unix epoch.
    pub(super) fetched_at: u64,
    lifetime_seconds: u64,
}

impl StoredCopy {
    /// Describes a document that was fetched at this time.
    pub(super) fn new(url: &Uri, text: String, lifetime: Duration, fetched_at: UnixTime) -> Self {
        Self {
            url: url.to_string(),
            text,
            fetched_at: milliseconds(fetched_at),
            lifetime_seconds: lifetime.as_secs(),
        }
    }

    /// Loads the copy of the document at `url`, if there is one. `prefix` begins its key.
    pub(super) async fn load(prefix: &str, url: &Uri, host: &impl Host) -> Option<Self> {
        let bytes = host.load(&key(prefix, url)).await.ok().flatten()?;
        let copy: Self = serde_json::from_slice(&bytes).ok()?;
        (url == copy.url.as_str()).then_some(copy)
    }

    /// Saves the copy for the other instances.
    pub(super) async fn save(&self, prefix: &str, url: &Uri, host: &impl Host) {
        let Ok(bytes) = serde_json::to_vec(self) else { return };
        if let Err(error) = host.save(&key(prefix, url), &bytes).await {
            host.log(format_args!(
                "warning: key-value store: cannot share a fetched document: {error}"
            ));
        }
    }

    pub(super) fn fetch_time(&self) -> UnixTime {
        let nanoseconds = (self.fetched_at % 1000) * 1_000_000;
        UnixTime::new(self.fetched_at / 1000, u32::try_from(nanoseconds).unwrap_or_default())
    }

    /// Returns the time since the fetch. When the clock was set back to before it, the age is
    /// unknown and counts as the longest possible.
    pub(super) fn age(&self, host: &impl Host) -> Duration {
        milliseconds(host.now())
            .checked_sub(self.fetched_at)
            .map_or(Duration::MAX, Duration::from_millis)
    }

    pub(super) fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetime_seconds)
    }

    /// Returns a hash of the text, which distinguishes two documents fetched in one millisecond.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }
}

/// Returns the key in the store for what is kept about an address.
pub(super) fn key(prefix: &str, url: &Uri) -> String {
    format!("{prefix}/{}", hex(&Sha256::digest(url.to_string().as_bytes())))
}
