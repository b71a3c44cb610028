//! An upload in progress.

use edge_auth::{Host, StoreError, milliseconds};

use super::quota::{self, Reservation};
use super::record::{Owner, Record, UploadId};
use super::removal::remove_chunks;
use crate::host::UploadHost;
use crate::limits::{CHUNK, FILE_OVERHEAD, Limits};

/// Why an upload cannot be stored.
pub(crate) enum DraftError {
    /// The quota of the user has no space for it.
    Quota,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for DraftError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Stores the content of a file as it arrives.
pub(crate) struct Draft<'a> {
    id: UploadId,
    owner: &'a Owner,
    limits: Limits,
    /// `Content-Length` of the whole request in bytes; 0 without one.
    announced: u64,
    unwritten: Vec<u8>,
    chunks: u64,
    is_marked: bool,
    reservation: Reservation,
}

impl<'a> Draft<'a> {
    /// Starts an upload. Writes nothing.
    pub(crate) fn new(owner: &'a Owner, announced: u64, limits: Limits, host: &impl Host) -> Self {
        Self {
            id: UploadId::new(owner, host),
            owner,
            limits,
            announced,
            unwritten: Vec::new(),
            chunks: 0,
            is_marked: false,
            reservation: Reservation::default(),
        }
    }

    pub(crate) const fn id(&self) -> &UploadId {
        &self.id
    }

    /// Returns how many bytes the user's quota has left for the content.
    ///
    /// # Errors
    /// [`DraftError::Quota`] when it has no space for an empty file.
    pub(crate) async fn capacity(&self, host: &impl UploadHost) -> Result<u64, DraftError> {
        let Some(quota) = self.limits.quota else { return Ok(u64::MAX) };
        let left = quota.saturating_sub(quota::used(self.owner, host).await?);
        left.checked_sub(FILE_OVERHEAD).ok_or(DraftError::Quota)
    }

    /// Appends content.
    pub(crate) async fn append(
        &mut self,
        mut piece: &[u8],
        host: &impl UploadHost,
    ) -> Result<(), DraftError> {
        while !piece.is_empty() {
            let fits = piece.len().min(CHUNK - self.unwritten.len());
            let (now, later) = piece.split_at(fits);
            self.unwritten.extend_from_slice(now);
            piece = later;
            if self.unwritten.len() == CHUNK {
                self.mark(host).await?;
                self.reserve(host).await?;
                self.write(host).await?;
            }
        }
        Ok(())
    }

    /// Makes the content a file.
    pub(crate) async fn commit(
        &mut self,
        record: &Record,
        host: &impl UploadHost,
    ) -> Result<(), DraftError> {
        self.mark(host).await?;
        let quota = self.limits.quota.map(|quota| (self.owner, quota));
        // Without a quota the content comes first, so that a file with a size is complete.
        if quota.is_some() && !self.reservation.set(&self.id, record.size, quota, host).await? {
            return Err(DraftError::Quota);
        }
        if !self.unwritten.is_empty() {
            self.write(host).await?;
        }
        self.reservation.set(&self.id, record.size, None, host).await?;
        let text = serde_json::to_vec(record).map_err(|error| StoreError(error.to_string()))?;
        host.save(&self.id.record_key(), &text).await?;
        if let Err(error) = host.remove(&self.id.pending_key()).await {
            // The file is complete; the mark is swept later.
            host.log(format_args!("warning: key-value store: {error}"));
        }
        Ok(())
    }

    /// Removes what has been written.
    pub(crate) async fn abandon(&mut self, host: &impl UploadHost) -> Result<(), StoreError> {
        if !self.is_marked {
            return Ok(());
        }
        host.remove(&self.id.record_key()).await?;
        remove_chunks(&self.id, self.chunks, host).await?;
        self.reservation.release(&self.id, host).await?;
        host.remove(&self.id.pending_key()).await
    }

    /// Marks the upload as in progress.
    async fn mark(&mut self, host: &impl Host) -> Result<(), StoreError> {
        if !self.is_marked {
            self.is_marked = true;
            let now = milliseconds(host.now()) / 1000;
            host.save(&self.id.pending_key(), now.to_string().as_bytes()).await?;
        }
        Ok(())
    }

    /// Counts the next chunk towards the quota before it is stored. Each reservation lists all
    /// keys, so it reserves more than needed where the quota has space for that.
    async fn reserve(&mut self, host: &impl UploadHost) -> Result<(), DraftError> {
        let Some(quota) = self.limits.quota else { return Ok(()) };
        let needed = (self.chunks + 1) * CHUNK as u64;
        if self.reservation.covers(needed) {
            return Ok(());
        }
        let generous = self.announced.max(needed + needed / 4).min(self.limits.file).max(needed);
        for bytes in [generous, needed] {
            if self.reservation.set(&self.id, bytes, Some((self.owner, quota)), host).await? {
                return Ok(());
            }
        }
        Err(DraftError::Quota)
    }

    async fn write(&mut self, host: &impl Host) -> Result<(), StoreError> {
        let key = self.id.chunk_key(self.chunks);
        // Before the write: one that fails may have happened all the same.
        self.chunks += 1;
        host.save(&key, &self.unwritten).await?;
        self.unwritten.clear();
        Ok(())
    }
}
