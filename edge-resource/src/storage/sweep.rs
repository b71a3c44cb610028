//! Removes the remains of uploads and deletions that were interrupted by a stop of the instance or
//! a failure of the store.

use std::sync::atomic::{AtomicBool, Ordering};

use edge_auth::{StoreError, milliseconds};

use super::quota;
use super::record::{PENDING, UploadId};
use super::removal::remove_chunks;
use crate::host::UploadHost;
use crate::limits::MAX_UPLOAD_TIME;

/// The key with the time of the last sweep of any instance, in seconds since the Unix epoch.
const LAST: &str = "swept";

/// Pause between two sweeps, in seconds.
const PAUSE: u64 = 600;

/// Seconds after which a pending upload counts as abandoned: longer than any may take.
const ABANDONED_AFTER: u64 = MAX_UPLOAD_TIME.as_secs() + 600;

/// Sweeps after uploads.
#[derive(Debug, Default)]
pub(crate) struct Sweeper {
    is_due: AtomicBool,
}

impl Sweeper {
    /// Makes a sweep due, after an upload.
    pub(crate) fn request(&self) {
        self.is_due.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_due(&self) -> bool {
        self.is_due.load(Ordering::Relaxed)
    }

    /// Sweeps if that is due and no instance has done so within [`PAUSE`]. Failures are logged, and
    /// the next sweep tries again.
    pub(crate) async fn sweep(&self, host: &impl UploadHost) {
        if self.is_due.swap(false, Ordering::Relaxed)
            && let Err(error) = sweep_after_pause(host).await
        {
            host.log(format_args!(
                "warning: key-value store: cannot remove abandoned uploads: {error}"
            ));
        }
    }
}

async fn sweep_after_pause(host: &impl UploadHost) -> Result<(), StoreError> {
    let now = milliseconds(host.now()) / 1000;
    let last = seconds(host.load(LAST).await?);
    if last.is_some_and(|last| last <= now && now - last < PAUSE) {
        return Ok(());
    }
    // On a full disk this fails, and only sweeping makes space there.
    let saved = host.save(LAST, now.to_string().as_bytes()).await;
    sweep(now, host).await?;
    saved
}

async fn sweep(now: u64, host: &impl UploadHost) -> Result<(), StoreError> {
    let mut pending = Vec::new();
    host.keys(|key| pending.extend(key.strip_prefix(PENDING).and_then(UploadId::parse))).await?;
    for id in pending {
        let since = seconds(host.load(&id.pending_key()).await?);
        if since.is_some_and(|since| now.saturating_sub(since) >= ABANDONED_AFTER) {
            remove_unfinished(&id, host).await?;
        }
    }
    Ok(())
}

/// Removes content without a record, then the mark.
async fn remove_unfinished(id: &UploadId, host: &impl UploadHost) -> Result<(), StoreError> {
    if host.load(&id.record_key()).await?.is_none() {
        let mut count = 0;
        while host.load(&id.chunk_key(count)).await?.is_some() {
            count += 1;
        }
        remove_chunks(id, count, host).await?;
        quota::forget(id, host).await?;
    }
    host.remove(&id.pending_key()).await
}

fn seconds(value: Option<Vec<u8>>) -> Option<u64> {
    String::from_utf8(value?).ok()?.parse().ok()
}
