//! Reads key files: small texts, closed to other users if they are secret.

use std::fs::Metadata;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::process::{getegid, geteuid, getgroups};
use zeroize::Zeroizing;

use crate::regular_file;

/// Far above the size of any key file.
const MAX_BYTES: u64 = 256 * 1024;

/// A key file was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// The file does not exist.
    #[error("the file is missing")]
    Missing,
    /// The file cannot be read, or is not a regular file.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// The file is secret, and these permission bits let other users read it.
    #[error("the file is open to other users (mode {0:04o})")]
    Exposed(u32),
    /// The file is larger than [`MAX_BYTES`].
    #[error("the file is too large")]
    TooLarge,
}

/// Reads a key file. A secret one must be closed to other users, see [`exposed_mode`]. Checks the
/// open file, so that it cannot be exchanged between check and use.
pub(crate) fn read(path: &Path, is_secret: bool) -> Result<Zeroizing<String>, KeyFileError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => KeyFileError::Missing,
        _ => KeyFileError::Unreadable(error),
    };
    let file = regular_file::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if is_secret && let Some(mode) = exposed_mode(&metadata) {
        return Err(KeyFileError::Exposed(mode));
    }
    if metadata.len() > MAX_BYTES {
        return Err(KeyFileError::TooLarge);
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// Returns the permission bits of a secret file if they are too open. As for PostgreSQL's server
/// key, only the owner may have access; or root owns the file and a group of this process may read
/// it, which is how secrets are mounted for services that do not run as root.
pub(crate) fn exposed_mode(metadata: &Metadata) -> Option<u32> {
    let mode = metadata.mode() & 0o777;
    let is_mounted = metadata.uid() == 0 && !geteuid().is_root() && is_own_group(metadata.gid());
    let allowed = if is_mounted { 0o740 } else { 0o700 };
    (mode & !allowed != 0).then_some(mode)
}

fn is_own_group(group: u32) -> bool {
    getegid().as_raw() == group
        || getgroups().is_ok_and(|groups| groups.iter().any(|own| own.as_raw() == group))
}
