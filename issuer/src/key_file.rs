//! Reading key files: small texts, closed to other users when they are secret.

use std::fs::Metadata;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::process::{getegid, geteuid, getgroups};
use zeroize::Zeroizing;

use crate::regular_file;

/// Far above any key file; a larger one is a mistake, and reading it would only cost memory.
const MAX_BYTES: u64 = 256 * 1024;

/// Why a key file is not read.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It is not there.
    Missing,
    /// The system does not let us, or it is not a regular file.
    Unreadable(io::Error),
    /// It is secret, and its permission bits let others in.
    Exposed(u32),
    /// It is far too large.
    TooLarge,
}

/// Reads a key file. A `secret` one must be closed to others, see [`exposed_mode`]; the open file
/// is asked, so that it cannot be exchanged between check and use.
pub(crate) fn read(path: &Path, secret: bool) -> Result<Zeroizing<String>, Refused> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Refused::Missing,
        _ => Refused::Unreadable(error),
    };
    let file = regular_file::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if secret && let Some(mode) = exposed_mode(&metadata) {
        return Err(Refused::Exposed(mode));
    }
    if metadata.len() > MAX_BYTES {
        return Err(Refused::TooLarge);
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// Returns the permission bits of a secret file that is open to others. PostgreSQL's rule for its
/// server key: the owner alone has access; or root owns the file, and a group of this process may
/// read it, which is how secrets are mounted for a service that is not root.
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
