//! Permissions of the keys directory, and its lock.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{Access, OFlags, StatVfsMountFlags, access, statvfs};

use super::error::KeysError;

/// Pause between two attempts to lock: there is no lock with a timeout.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// Returns the permission bits of a directory if they intersect `bits`, unless its file system is
/// mounted read-only.
pub(super) fn writable_mode(directory: &Path, bits: u32) -> Option<u32> {
    let mode = fs::metadata(directory).ok()?.permissions().mode() & 0o777;
    let is_read_only =
        || statvfs(directory).is_ok_and(|vfs| vfs.f_flag.contains(StatVfsMountFlags::RDONLY));
    (mode & bits != 0 && !is_read_only()).then_some(mode)
}

/// Returns whether this process can write in the directory.
pub(super) fn is_writable(directory: &Path) -> bool {
    access(directory, Access::WRITE_OK).is_ok()
}

/// Locks a file until it is closed. Its mode prevents other users from opening, and so from locking
/// it.
pub(super) fn lock(path: &Path, timeout: Duration) -> Result<File, KeysError> {
    let failed = |source: io::Error| KeysError::Write { path: path.to_owned(), source };
    // Neither block on a FIFO nor follow a link.
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
    let mut options = File::options();
    options
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed());
    let file = options.open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(failed(io::Error::other("it is not a regular file")));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        // Earlier versions created it readable; only its owner can change the mode.
        let _ = file.set_permissions(Permissions::from_mode(0o600));
    }
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) if started.elapsed() >= timeout => {
                return Err(KeysError::Locked {
                    path: path.to_owned(),
                    seconds: timeout.as_secs(),
                });
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(RETRY_INTERVAL),
        }
    }
}
