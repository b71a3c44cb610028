//! Reading key files: small texts, closed to other users when they are secret.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

/// Far above any key file; a larger one is a mistake, and reading it would only cost memory.
const MAX_BYTES: u64 = 256 * 1024;

/// Why a key file is not read.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It is not there.
    Missing,
    /// The system does not let us.
    Unreadable(io::Error),
    /// It is secret, and its permission bits let others than its owner in.
    Exposed(u32),
    /// It is far too large.
    TooLarge,
}

/// Reads a key file. A `secret` one must be closed to everybody but its owner; the open file is asked, so that it cannot
/// be exchanged between check and use.
pub(crate) fn read(path: &Path, secret: bool) -> Result<Zeroizing<String>, Refused> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Refused::Missing,
        _ => Refused::Unreadable(error),
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    #[cfg(unix)]
    if secret {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            return Err(Refused::Exposed(mode));
        }
    }
    #[cfg(not(unix))]
    let _ = secret;
    if metadata.len() > MAX_BYTES {
        return Err(Refused::TooLarge);
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
