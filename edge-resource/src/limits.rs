//! The limits of uploads.

use std::time::Duration;

/// Bytes of content under one key of the store: a multiple of what hosts and databases move at a
/// time, and little enough to hold in memory for each request of an instance.
pub(crate) const CHUNK: usize = 256 * 1024;

/// Bytes that a file counts towards the quota in addition to its content, so that the number of
/// empty files is bounded too.
pub(crate) const FILE_OVERHEAD: u64 = 4096;

/// Bytes of a form in addition to the file: boundaries, part headers, other fields.
pub(crate) const FORM_OVERHEAD: u64 = 64 * 1024;

/// Longest file name, in bytes: file systems allow 255 characters of up to four bytes. It keeps the
/// record of a file within [`FILE_OVERHEAD`].
pub(crate) const MAX_FILE_NAME: usize = 1024;

/// Longest time from the first to the last byte of an upload.
pub(crate) const MAX_UPLOAD_TIME: Duration = Duration::from_secs(3600);

/// Default of [`Limits::idle`].
pub(crate) const DEFAULT_IDLE: Duration = Duration::from_secs(60);

/// The limits that the operator sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of one file.
    pub(crate) file: u64,
    /// Bytes of all files of a user, with [`FILE_OVERHEAD`] for each; `None`: no limit.
    pub(crate) quota: Option<u64>,
    /// Longest time without a byte, in either direction.
    pub(crate) idle: Duration,
}

impl Default for Limits {
    /// Accepts no file.
    fn default() -> Self {
        Self { file: 0, quota: None, idle: DEFAULT_IDLE }
    }
}
