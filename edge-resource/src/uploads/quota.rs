//! How much a user's files may take together.
//!
//! The sizes are in the names of keys, so one listing adds them up. An upload writes its own before it asks for the sum, and so does
//! every other: of several at the same time, all see each other. They may all be refused for it, but never are too many stored.

use super::{Owner, UploadId};
use crate::host::{Host, StoreError};

/// What the keys with sizes begin with.
pub(super) const SIZES: &str = "size/";

/// What a file counts besides its content, in bytes, so that there is an end to empty files too.
pub const FILE_OVERHEAD: u64 = 4096;

/// Bytes that this user's files take, those that are being stored right now included.
pub(super) async fn used(owner: &Owner, host: &impl Host) -> Result<u64, StoreError> {
    let prefix = format!("{SIZES}{}", owner.prefix());
    let mut sum = 0_u64;
    host.keys(|key| {
        let size =
            key.strip_prefix(&prefix).and_then(|rest| rest.split_once('/')).and_then(|(_, size)| size.parse().ok());
        sum = sum.saturating_add(size.map_or(0, |size: u64| size.saturating_add(FILE_OVERHEAD)));
    })
    .await?;
    Ok(sum)
}

/// Removes what says the size of an upload, whatever it says.
pub(super) async fn forget(id: &UploadId, host: &impl Host) -> Result<(), StoreError> {
    let prefix = id.size_prefix();
    let mut keys = Vec::new();
    host.keys(|key| keys.extend(key.starts_with(&prefix).then(|| key.to_owned()))).await?;
    for key in keys {
        host.remove(&key).await?;
    }
    Ok(())
}
