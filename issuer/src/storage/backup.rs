//! A consistent copy of a SQLite database, taken while it is in use.

use std::io;
use std::path::{Path, PathBuf};

use sqlx::{Connection as _, SqliteConnection};

use super::{Kind, OpenError, postgres, sqlite};
/// There is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is no such file, or none with the issuer's tables.
    #[error("there is no issuer database {0}; correct DATABASE_URL or --database-url")]
    Missing(String),
    /// PostgreSQL has its own tool, which belongs to the version of the server.
    #[error("the database is in PostgreSQL, which has its own tool; run: {0}")]
    Postgres(String),
    /// Nothing is overwritten.
    #[error("{} is there already; name a new file", .0.display())]
    Exists(PathBuf),
    /// The copy cannot be written.
    #[error("cannot write {}: {reason}; check the directory's owner, mode and free space", .path.display())]
    Write {
        /// The copy.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
}

/// Writes a copy of the SQLite database of this URL to a new file of mode 0600: the state of one
/// moment, complete without `-wal` and `-shm` files. The file appears when it is complete.
///
/// # Errors
/// See [`BackupError`]. Nothing is left behind, and the database is not changed.
pub async fn backup(url: &str, target: &Path) -> Result<(), BackupError> {
    match Kind::of(url)? {
        Kind::Sqlite => backup_sqlite(url, target).await,
        Kind::Postgres => Err(BackupError::Postgres(pg_dump(url, target)?)),
    }
}

async fn backup_sqlite(url: &str, target: &Path) -> Result<(), BackupError> {
    let (name, options) = sqlite::for_reading(url)?;
    let failed = |reason: String| BackupError::Write { path: target.to_owned(), reason };
    if sqlite::applied(url).await?.is_none() {
        return Err(BackupError::Missing(name));
    }
    if target.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    let unreachable = |error: sqlx::Error| {
        OpenError::unreachable(&name, &error, "check that the path is a SQLite file")
    };
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // SQLite creates files with the mode that umask leaves, but takes an empty one that is there.
    let copy = tempfile::Builder::new()
        .prefix(".backup-")
        .tempfile_in(directory)
        .map_err(|error| failed(error.to_string()))?;
    let path =
        copy.path().to_str().ok_or_else(|| failed("the path is not UTF-8".to_owned()))?.to_owned();
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(unreachable)?;
    let copied = sqlx::query("VACUUM INTO $1").bind(path).execute(&mut connection).await;
    copied.map_err(|error| failed(error.to_string()))?;
    connection.close().await.map_err(unreachable)?;
    let keep = || -> io::Result<()> {
        copy.as_file().sync_all()?;
        copy.persist_noclobber(target)?;
        std::fs::File::open(directory)?.sync_all()
    };
    keep().map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(target.to_owned()),
        _ => failed(error.to_string()),
    })
}

/// The command for a PostgreSQL database. A password in the URL is left out: arguments are visible
/// to all users of the machine.
fn pg_dump(url: &str, target: &Path) -> Result<String, OpenError> {
    let (_, options) = postgres::options(url)?;
    let database = options.get_database().unwrap_or(options.get_username());
    let words = [
        "--host",
        options.get_host(),
        "--port",
        &options.get_port().to_string(),
        "--username",
        options.get_username(),
        "--format=custom",
        "--file",
        &target.display().to_string(),
        database,
    ]
    .map(quoted);
    Ok(format!("(umask 077; pg_dump {})", words.join(" ")))
}

/// A word of a shell's command line.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_for_postgres_is_safe_to_paste_and_holds_no_password() {
        let line =
            pg_dump("postgres://me:hunter2@db.example:5433/us%20ers", Path::new("it's.dump"));
        let expected = r"(umask 077; pg_dump --host db.example --port 5433 --username me --format=custom --file 'it'\''s.dump' 'us ers')";
        assert_eq!(line.expect("a good URL"), expected);
    }
}
