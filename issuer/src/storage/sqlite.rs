//! The embedded home: one SQLite file.

use std::io;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection, SqlitePool};

use super::examine::Applied;
use super::sql::implement_storage;
use super::{
    ChangeError, ImportError, InsertError, KeySessions, OpenError, PoolLoad, Revocation, StorageError, UserAndSession,
    UserInSession, queries,
};
use crate::sessions::{RefreshToken, Session};
use crate::users::{ADMIN_ROLE, Changes, ImportedUser, LastAdministrator, NewUser, PasswordHash, User};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

const ADVICE: &str = "check that the path is a SQLite file, or a new file in a directory that can be written";

/// Users in a SQLite file.
#[derive(Debug)]
pub struct SqliteStorage {
    pool: SqlitePool,
}

impl SqliteStorage {
    /// Opens the file, or creates it closed to other users, and runs the migrations.
    ///
    /// # Errors
    /// When the path cannot be read and written, or is not a SQLite database.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let options =
            SqliteConnectOptions::from_str(url).map_err(|_| OpenError::MalformedUrl("sqlite://<path to the file>"))?;
        let path = options.get_filename().to_owned();
        let name = path.display().to_string();
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(OpenError::MalformedUrl("a file: users in memory would be lost"));
        }
        create_private(&path).map_err(|error| OpenError::unreachable(&name, &error.into(), ADVICE))?;
        let options = options
            .journal_mode(SqliteJournalMode::Wal)
            // In WAL mode the default could lose the last commits at a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(5))
            // There is no server that could have gone away.
            .test_before_acquire(false)
            .connect_with(options)
            .await
            .map_err(|error| OpenError::unreachable(&name, &error, ADVICE))?;
        MIGRATIONS.run(&pool).await.map_err(|error| OpenError::migration(&name, &error, ADVICE))?;
        Ok(Self { pool })
    }
}

/// The file that the URL names and that is not there; `None` for a file that is, and for another
/// database.
pub(super) fn missing_file(url: &str) -> Result<Option<String>, OpenError> {
    if !url.starts_with("sqlite:") {
        return Ok(None);
    }
    let options =
        SqliteConnectOptions::from_str(url).map_err(|_| OpenError::MalformedUrl("sqlite://<path to the file>"))?;
    let file = options.get_filename();
    Ok((!file.exists()).then(|| file.display().to_string()))
}

/// SQLite would create the file readable for everybody; it holds password hashes.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

/// The migrations that were applied; `None` when there never were any. The file is neither made nor changed.
pub(super) async fn applied(url: &str) -> Result<Option<Vec<Applied>>, OpenError> {
    let options =
        SqliteConnectOptions::from_str(url).map_err(|_| OpenError::MalformedUrl("sqlite://<path to the file>"))?;
    let name = options.get_filename().display().to_string();
    let failed = |error: sqlx::Error| OpenError::unreachable(&name, &error, ADVICE);
    if !options.get_filename().exists() {
        return Ok(None);
    }
    let options = options.read_only(true).busy_timeout(Duration::from_secs(5));
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(failed)?;
    let known: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'")
        .fetch_one(&mut connection)
        .await
        .map_err(failed)?;
    if known == 0 {
        return Ok(None);
    }
    sqlx::query_as(queries::MIGRATIONS).fetch_all(&mut connection).await.map(Some).map_err(failed)
}

implement_storage!(
    SqliteStorage,
    sqlx::Sqlite,
    queries::SQLITE_INSERT_SESSION,
    queries::SQLITE_ADVANCE_IDS,
    queries::SQLITE_LOCK_ADMINISTRATORS,
    queries::SQLITE_LOCK_SESSIONS,
    MIGRATIONS
);
