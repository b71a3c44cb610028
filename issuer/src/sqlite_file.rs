//! The files of a SQLite database: their permissions, and opening them on a read-only medium.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use sqlx::sqlite::SqliteConnectOptions;

/// A file of a database that other users of the machine can read or write. It contains password
/// hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The database, or its `-wal` or `-shm` file.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
}

impl Exposure {
    /// Returns whether all users have access, not only the members of its group.
    #[must_use]
    pub const fn is_to_all(&self) -> bool {
        self.mode & 0o007 != 0
    }
}

/// Returns a file of the database that is open to other users, preferably one that is open to all.
///
/// The `-wal` file contains the newest pages, and has the mode that the database had when it was
/// created. The `-shm` file contains no data, so that others may read it.
pub(crate) fn exposure(database: &Path) -> Option<Exposure> {
    let exposure = |(path, bits): (PathBuf, u32)| {
        let mode = fs::metadata(&path).ok()?.permissions().mode() & 0o777;
        (mode & bits != 0).then_some(Exposure { path, mode })
    };
    let files = [
        (database.to_owned(), 0o077),
        (beside(database, "-wal"), 0o077),
        (beside(database, "-shm"), 0o022),
    ];
    let exposed: Vec<_> = files.into_iter().filter_map(exposure).collect();
    exposed.iter().find(|exposure| exposure.is_to_all()).or(exposed.first()).cloned()
}

/// Refuses an existing file that is not regular: reading a FIFO or a device could block.
pub(crate) fn refuse_special(database: &Path) -> io::Result<()> {
    match fs::metadata(database) {
        Ok(metadata) if !metadata.is_file() => Err(io::Error::other("it is not a regular file")),
        _ => Ok(()),
    }
}

/// Returns options that open the file only for reading, even on a read-only medium.
///
/// To read a database in WAL mode, SQLite needs a `-shm` file. If it can neither find nor create
/// one, no other process has the database open; if the `-wal` file is missing or empty too, it is
/// safe to declare the file immutable.
pub(crate) fn read_only(options: SqliteConnectOptions) -> SqliteConnectOptions {
    let database = options.get_filename().to_owned();
    let directory = match database.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let has_log = fs::metadata(beside(&database, "-wal")).is_ok_and(|log| log.len() > 0);
    let is_immutable = !has_log
        && !beside(&database, "-shm").exists()
        && access(directory, Access::WRITE_OK).is_err();
    options.read_only(true).immutable(is_immutable)
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
