//! The content of a stored file, read chunk by chunk.

use std::ops::Range;

use edge_auth::{Host, StoreError};

use super::record::UploadId;
use crate::limits::CHUNK;

/// A range of a stored file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileContent {
    id: UploadId,
    range: Range<u64>,
}

impl FileContent {
    /// Selects these bytes of a file.
    pub(crate) const fn new(id: UploadId, range: Range<u64>) -> Self {
        Self { id, range }
    }

    /// Returns the number of bytes that are left.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    /// Reads the next piece; `None` at the end.
    ///
    /// # Errors
    /// [`StoreError`], also when the file has been deleted meanwhile.
    pub async fn next(&mut self, host: &impl Host) -> Result<Option<Vec<u8>>, StoreError> {
        if self.range.is_empty() {
            return Ok(None);
        }
        let chunk = CHUNK as u64;
        let (index, start) = (self.range.start / chunk, self.range.start % chunk);
        let length = self.length().min(chunk - start);
        let key = self.id.chunk_key(index);
        let gone = || StoreError(format!("{key} is gone"));
        let mut bytes = host.load(&key).await?.ok_or_else(gone)?;
        let (start, length) =
            (usize::try_from(start).unwrap_or(usize::MAX), usize::try_from(length).unwrap_or(0));
        if bytes.len() < start.saturating_add(length) {
            return Err(gone());
        }
        bytes.truncate(start + length);
        bytes.drain(..start);
        self.range.start += length as u64;
        Ok(Some(bytes))
    }
}
