//! A consistent copy of a SQLite database that is in use.

use std::io;
use std::path::{Path, PathBuf};

use sqlx::{Connection as _, SqliteConnection};

use super::error::OpenError;
use super::migrations::TablesState;
use super::open::Kind;
use super::{postgres, sqlite};

/// No copy was written.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file does not exist, or has no tables of the issuer.
    #[error("there is no issuer database {0}; correct DATABASE_URL or --database-url")]
    Missing(String),
    /// PostgreSQL has its own tool, whose version is that of the server.
    #[error("the database is in PostgreSQL, which has its own tool; run: {0}")]
    Postgres(String),
    /// The target exists and is not overwritten.
    #[error("{} is there already; name a new file", .0.display())]
    Exists(PathBuf),
    /// The copy cannot be written.
    #[error("cannot write {}: {source}; check the directory's owner, mode and free space", .path.display())]
    Write {
        /// The copy.
        path: PathBuf,
        /// The error of the system or of SQLite.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Writes a copy of the SQLite database of this URL to a new file of mode 0600: the state of one
/// moment, complete without `-wal` and `-shm` files. The file appears when it is complete, and the
/// database is not changed.
///
/// # Errors
/// See [`BackupError`]. No partial copy is left behind.
pub async fn backup(url: &str, target: &Path) -> Result<(), BackupError> {
    match Kind::of(url)? {
        Kind::Sqlite => backup_sqlite(url, target).await,
        Kind::Postgres => Err(BackupError::Postgres(pg_dump(url, target)?)),
    }
}

async fn backup_sqlite(url: &str, target: &Path) -> Result<(), BackupError> {
    let (name, options) = sqlite::for_reading(url)?;
    if sqlite::tables_state(url).await? == TablesState::Missing {
        return Err(BackupError::Missing(name));
    }
    if target.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    let unreachable = |error: sqlx::Error| {
        OpenError::unreachable(&name, error, "check that the path is a SQLite file")
    };
    let failed = |source| BackupError::Write { path: target.to_owned(), source };
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // SQLite creates files with the mode that umask leaves, but accepts an existing empty one.
    let copy = tempfile::Builder::new()
        .prefix(".backup-")
        .tempfile_in(directory)
        .map_err(|error| failed(error.into()))?;
    let path = copy.path().to_str().ok_or_else(|| failed("the path is not UTF-8".into()))?;
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(unreachable)?;
    let copied = sqlx::query("VACUUM INTO $1").bind(path).execute(&mut connection).await;
    copied.map_err(|error| failed(error.into()))?;
    connection.close().await.map_err(unreachable)?;
    let publish = || -> io::Result<()> {
        copy.as_file().sync_all()?;
        copy.persist_noclobber(target)?;
        std::fs::File::open(directory)?.sync_all()
    };
    publish().map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(target.to_owned()),
        _ => failed(error.into()),
    })
}

/// Returns the command for a PostgreSQL database, without the password of the URL: all users of
/// the machine can see arguments.
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

/// Quotes a word for a shell.
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
