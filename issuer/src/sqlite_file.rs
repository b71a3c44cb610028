//! A SQLite database as a file: which other users can read it, and how to open it on a read-only
//! medium.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use sqlx::sqlite::SqliteConnectOptions;

/// A database that other users of the machine can read or write. It holds password hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The database, or its `-wal` or `-shm` file.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
}

impl Exposure {
    /// Whether everybody is let in, and not only the members of its group.
    #[must_use]
    pub const fn is_to_all(&self) -> bool {
        self.mode & 0o007 != 0
    }
}

/// Returns the first file of the database that is open to others; one that is open to all comes
/// first.
///
/// The `-wal` file holds the newest pages, and keeps the mode that the database had when it was
/// made. The `-shm` file holds no content, so that it may be read.
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

/// Refuses what is there and is not a regular file: a FIFO or a device would hang or answer
/// nonsense.
pub(crate) fn refuse_special(database: &Path) -> io::Result<()> {
    match fs::metadata(database) {
        Ok(metadata) if !metadata.is_file() => Err(io::Error::other("it is not a regular file")),
        _ => Ok(()),
    }
}

/// Makes the options open the file for reading alone, also on a medium that cannot be written.
///
/// SQLite reads a database in WAL mode with the help of a `-shm` file. Where it can neither find
/// nor create one, nobody else has the database open, and a `-wal` file that is missing or empty
/// has nothing to add: it is then safe to declare the file immutable.
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
