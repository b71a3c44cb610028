//! Access to the keys directory: which other users can write, and the lock for changes.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{Access, OFlags, StatVfsMountFlags, access, statvfs};

use super::KeysError;

/// Between two attempts to get a lock.
const ROUND: Duration = Duration::from_millis(50);

/// Returns the permission bits of a directory that others than its owner can write, as far as
/// `bits` say. On a file system that is mounted read-only nobody can.
pub(super) fn writable_mode(directory: &Path, bits: u32) -> Option<u32> {
    let mode = fs::metadata(directory).ok()?.permissions().mode() & 0o777;
    let is_read_only =
        || statvfs(directory).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY));
    (mode & bits != 0 && !is_read_only()).then_some(mode)
}

/// Whether this process can write in the directory.
pub(super) fn is_writable(directory: &Path) -> bool {
    access(directory, Access::WRITE_OK).is_ok()
}

/// Locks a file for as long as it is open. Its mode lets no other user open, and so lock, it.
pub(super) fn lock(path: &Path, patience: Duration) -> Result<File, KeysError> {
    let failed = |source: io::Error| KeysError::Write { path: path.to_owned(), source };
    // A FIFO or a link in its place must not be waited for, or followed.
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
        // Earlier versions made it readable; only its owner can change that.
        let _ = file.set_permissions(Permissions::from_mode(0o600));
    }
    let asked = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) if asked.elapsed() >= patience => {
                return Err(KeysError::Locked {
                    path: path.to_owned(),
                    seconds: patience.as_secs(),
                });
            }
            // There is no lock with a time limit.
            Err(TryLockError::WouldBlock) => std::thread::sleep(ROUND),
        }
    }
}
