//! A SQLite database as a file: its permissions, and opening it on a read-only medium.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use sqlx::sqlite::SqliteConnectOptions;

/// A database file that other users of the machine can access. It contains password hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The database, or its `-wal` or `-shm` file.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
}

impl Exposure {
    /// Returns whether all users have access, and not only its group.
    #[must_use]
    pub const fn is_to_all(&self) -> bool {
        self.mode & 0o007 != 0
    }
}

/// Returns the first file of the database that others can access; files that all users can access
/// come first.
///
/// The `-wal` file contains the newest pages, and has the mode that the database had when it was
/// created. The `-shm` file has no content, and may be readable.
pub(crate) fn exposure(database: &Path) -> Option<Exposure> {
    let of = |(path, bits): (PathBuf, u32)| {
        let mode = fs::metadata(&path).ok()?.permissions().mode() & 0o777;
        (mode & bits != 0).then_some(Exposure { path, mode })
    };
    let files = [
        (database.to_owned(), 0o077),
        (beside(database, "-wal"), 0o077),
        (beside(database, "-shm"), 0o022),
    ];
    let exposed: Vec<_> = files.into_iter().filter_map(of).collect();
    exposed.iter().find(|exposure| exposure.is_to_all()).or(exposed.first()).cloned()
}

/// Rejects an existing file of another kind than a regular file: reading a FIFO or a device could
/// block.
pub(crate) fn refuse_special(database: &Path) -> io::Result<()> {
    match fs::metadata(database) {
        Ok(metadata) if !metadata.is_file() => Err(io::Error::other("it is not a regular file")),
        _ => Ok(()),
    }
}

/// Makes the options open the file read-only, also on a read-only medium.
///
/// SQLite needs a `-shm` file to read a database in WAL mode. If it can neither find nor create
/// one, no other process has the database open; with a missing or empty `-wal` file it is then
/// safe to declare the database immutable.
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
