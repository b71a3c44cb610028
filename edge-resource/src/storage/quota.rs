//! The bytes that a user's files take together, uploads in progress included.
//!
//! The sizes are part of the keys, so one listing adds them up. An upload writes a size that covers
//! its next bytes before it stores them, and then computes the sum. Concurrent uploads therefore
//! see each other: all of them may be refused, but the quota is never exceeded.

use std::collections::{HashMap, HashSet};

use edge_auth::StoreError;

use super::record::{Owner, PENDING, SIZES, UploadId};
use crate::host::UploadHost;
use crate::limits::FILE_OVERHEAD;

/// Returns the bytes that a user's files take, with [`FILE_OVERHEAD`] for each.
///
/// A growing upload has two sizes for a moment; the larger one counts. Only uploads in progress are
/// kept in memory for that, not all files. In a store that lists `size/` before `pending/` both
/// sizes count, which can refuse an upload but never exceeds the quota.
pub(super) async fn used(owner: &Owner, host: &impl UploadHost) -> Result<u64, StoreError> {
    let owner = owner.prefix();
    let (mut pending, mut growing, mut sum) = (HashSet::new(), HashMap::new(), 0_u64);
    host.keys(|key| {
        if let Some(id) = key.strip_prefix(PENDING).filter(|id| id.starts_with(&owner)) {
            pending.insert(id.to_owned());
            return;
        }
        let Some((id, size)) = key.strip_prefix(SIZES).and_then(|rest| rest.split_once('/')) else {
            return;
        };
        let Some(size) = size.parse().ok().filter(|_: &u64| id.starts_with(&owner)) else { return };
        if pending.contains(id) {
            let largest = growing.entry(id.to_owned()).or_insert(size);
            *largest = size.max(*largest);
        } else {
            sum = sum.saturating_add(size).saturating_add(FILE_OVERHEAD);
        }
    })
    .await?;
    Ok(growing
        .into_values()
        .fold(sum, |sum, size| sum.saturating_add(size).saturating_add(FILE_OVERHEAD)))
}

/// The size of an upload in progress, as other uploads of the user see it.
#[derive(Debug, Default)]
pub(super) struct Reservation {
    /// Bytes of content that fitted into the quota.
    admitted: Option<u64>,
    /// The sizes whose keys may exist; the last one counts.
    written: Vec<u64>,
}

impl Reservation {
    /// Returns whether this many bytes of content may be stored without another sum.
    pub(super) fn covers(&self, bytes: u64) -> bool {
        self.admitted.is_some_and(|admitted| bytes <= admitted)
    }

    /// Writes the size, removes the one before and, where there is a quota, computes the sum.
    /// Returns whether it fits into the quota.
    pub(super) async fn set(
        &mut self,
        id: &UploadId,
        bytes: u64,
        quota: Option<(&Owner, u64)>,
        host: &impl UploadHost,
    ) -> Result<bool, StoreError> {
        if self.written.last() != Some(&bytes) {
            // Before the write: one that fails may have happened all the same.
            self.written.push(bytes);
            host.save(&id.size_key(bytes), b"").await?;
        }
        while let [before, _, ..] = *self.written.as_slice() {
            host.remove(&id.size_key(before)).await?;
            self.written.remove(0);
        }
        if let Some((owner, most)) = quota
            && !self.covers(bytes)
            && used(owner, host).await? > most
        {
            return Ok(false);
        }
        self.admitted = Some(bytes);
        Ok(true)
    }

    /// Removes every size that may have been written.
    pub(super) async fn release(
        &mut self,
        id: &UploadId,
        host: &impl UploadHost,
    ) -> Result<(), StoreError> {
        for bytes in std::mem::take(&mut self.written) {
            host.remove(&id.size_key(bytes)).await?;
        }
        Ok(())
    }
}

/// Removes every size of an upload.
pub(super) async fn forget(id: &UploadId, host: &impl UploadHost) -> Result<(), StoreError> {
    let prefix = id.size_prefix();
    let mut keys = Vec::new();
    host.keys(|key| keys.extend(key.starts_with(&prefix).then(|| key.to_owned()))).await?;
    for key in keys {
        host.remove(&key).await?;
    }
    Ok(())
}
