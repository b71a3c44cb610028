//! Removes files.

use edge_auth::{StoreError, milliseconds};

use super::record::{Record, UploadId};
use crate::host::UploadHost;
use crate::limits::CHUNK;

/// Removes a file. If a full disk prevents the mark, the record is removed last, so that an
/// interrupted removal can be repeated.
pub(crate) async fn remove(
    id: &UploadId,
    record: &Record,
    host: &impl UploadHost,
) -> Result<(), StoreError> {
    let chunks = record.size.div_ceil(CHUNK as u64);
    let now = milliseconds(host.now()) / 1000;
    let marked = host.save(&id.pending_key(), now.to_string().as_bytes()).await;
    if let Err(error) = &marked {
        host.log(format_args!(
            "warning: key-value store: cannot mark a file before deleting it: {error}"
        ));
    } else {
        host.remove(&id.record_key()).await?;
    }
    remove_chunks(id, chunks, host).await?;
    host.remove(&id.size_key(record.size)).await?;
    if marked.is_err() {
        host.remove(&id.record_key()).await?;
    }
    // Also after a failure, because the mark may still have been written.
    host.remove(&id.pending_key()).await
}

/// Removes the content from its end, so that after an interruption the rest is found from its
/// beginning.
pub(super) async fn remove_chunks(
    id: &UploadId,
    count: u64,
    host: &impl UploadHost,
) -> Result<(), StoreError> {
    for index in (0..count).rev() {
        host.remove(&id.chunk_key(index)).await?;
    }
    Ok(())
}
