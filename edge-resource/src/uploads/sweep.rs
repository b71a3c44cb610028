//! Removing what uploads and deletions have left that never came to their end: the instance was
//! stopped, or the store failed.

use super::receive::MAX_TIME;
use super::{PENDING, UploadId, quota};
use crate::host::{Host, StoreError};

/// When the last sweep was, in seconds since the Unix epoch, for all instances.
const LAST: &str = "swept";

/// Pause between two sweeps, in seconds.
const PAUSE: u64 = 600;

/// How long something has to be pending to count as abandoned: longer than anything may take, by a
/// good measure.
const ABANDONED_AFTER: u64 = MAX_TIME.as_secs() + 600;

/// Sweeps, unless that was done a moment ago. What fails is tried again the next time.
pub async fn when_due(host: &impl Host) {
    let outcome = async {
        let now = host.now_seconds();
        let last = seconds(host.load(LAST).await?);
        if last.is_some_and(|last| last <= now && now - last < PAUSE) {
            return Ok(());
        }
        // On a full disk this fails, and sweeping is what makes room there.
        let noted = host.save(LAST, now.to_string().as_bytes()).await;
        sweep(now, host).await?;
        noted
    };
    let outcome: Result<(), StoreError> = outcome.await;
    if let Err(error) = outcome {
        host.log(format_args!("warning: key-value store: abandoned uploads not removed: {error}"));
    }
}

async fn sweep(now: u64, host: &impl Host) -> Result<(), StoreError> {
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

/// Removes content without a record, then the note about it.
async fn remove_unfinished(id: &UploadId, host: &impl Host) -> Result<(), StoreError> {
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

/// Removes the content: from its end, so that what an interruption leaves is still found from its
/// beginning.
pub(super) async fn remove_chunks(
    id: &UploadId,
    count: u64,
    host: &impl Host,
) -> Result<(), StoreError> {
    for index in (0..count).rev() {
        host.remove(&id.chunk_key(index)).await?;
    }
    Ok(())
}

fn seconds(value: Option<Vec<u8>>) -> Option<u64> {
    String::from_utf8(value?).ok()?.parse().ok()
}
