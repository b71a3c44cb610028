//! The embedded home: one SQLite file.

use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection, SqlitePool};

use super::examine::{Applied, TablesState, judge};
use super::sql::implement_storage;
use super::{
    ChangeError, ImportError, InsertError, KeySessions, OpenError, PoolLoad, Revocation,
    StorageError, UserAndSession, UserInSession, migrations, queries,
};
use crate::sessions::{RefreshToken, Session};
use crate::sqlite_file::{self, Exposure};
use crate::users::{
    ADMIN_ROLE, Changes, ImportOptions, ImportPlan, ImportReport, ImportedUser, LastAdministrator,
    NewUser, PasswordHash, Snapshot, StoredUser, User, plan_import,
};

const ADVICE: &str =
    "check that the path is a SQLite file, or a new file in a directory that can be written";

/// How long a statement waits for the lock of another connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a start waits for another process that starts, and may rewrite large tables.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// Users in a SQLite file.
#[derive(Debug)]
pub struct SqliteStorage {
    pool: SqlitePool,
}

impl SqliteStorage {
    /// Opens the file, or creates it closed to other users, and runs the migrations; several
    /// processes that start at once wait for each other.
    ///
    /// # Errors
    /// When the path cannot be read, is not a SQLite database, or is open to all users of the
    /// machine.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let (name, options) = options(url)?;
        let path = options.get_filename();
        let unreachable = |error: io::Error| OpenError::unreachable(&name, &error.into(), ADVICE);
        if !is_read_only(url) {
            create_private(path).map_err(unreachable)?;
        }
        sqlite_file::refuse_special(path).map_err(unreachable)?;
        let applied = applied(url).await?;
        refuse_exposed(path)?;
        if applied
            .is_none_or(|applied| judge(&applied, &migrations::SQLITE) != TablesState::Current)
        {
            migrate(&name, &options).await?;
        }
        Self::pool(&name, &for_writing(options)).await
    }

    /// Opens a file whose tables are current without a write; falls back to [`Self::open`] for
    /// others.
    pub(super) async fn open_for_reading(url: &str) -> Result<Self, OpenError> {
        let (name, options) = options(url)?;
        let current = match applied(url).await {
            Ok(Some(applied)) => judge(&applied, &migrations::SQLITE) == TablesState::Current,
            _ => false,
        };
        if !current {
            return Self::open(url).await;
        }
        refuse_exposed(options.get_filename())?;
        Self::pool(&name, &sqlite_file::read_only(options)).await
    }

    /// Opens a file that is there and whose tables are current.
    pub(super) async fn attach(url: &str) -> Result<Self, OpenError> {
        let (name, options) = options(url)?;
        Self::pool(&name, &for_writing(options)).await
    }

    async fn pool(name: &str, options: &SqliteConnectOptions) -> Result<Self, OpenError> {
        let connect = || {
            SqlitePoolOptions::new()
                .max_connections(8)
                .acquire_timeout(Duration::from_secs(5))
                // There is no server that could have gone away.
                .test_before_acquire(false)
                .connect_with(options.clone())
        };
        let pool = while_busy(connect)
            .await
            .map_err(|error| OpenError::unreachable(name, &error, ADVICE))?;
        Ok(Self { pool })
    }
}

/// The file that the URL names and that is not there; `None` for a file that is, and for another
/// database.
pub(super) fn missing_file(url: &str) -> Result<Option<String>, OpenError> {
    if !url.starts_with("sqlite:") {
        return Ok(None);
    }
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|_| OpenError::MalformedUrl("sqlite://<path to the file>"))?;
    let file = options.get_filename();
    Ok((!file.exists()).then(|| file.display().to_string()))
}

/// The file's name, and what opens it.
fn options(url: &str) -> Result<(String, SqliteConnectOptions), OpenError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|_| OpenError::MalformedUrl("sqlite://<path to the file>"))?;
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(OpenError::MalformedUrl("a file: users in memory would be lost"));
    }
    let name = options.get_filename().display().to_string();
    Ok((name, options.foreign_keys(true).busy_timeout(BUSY_TIMEOUT)))
}

fn for_writing(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode the default could lose the last commits at a power cut.
        .synchronous(SqliteSynchronous::Full)
}

/// Whether the URL itself forbids to write.
fn is_read_only(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query
        .split('&')
        .any(|pair| pair == "mode=ro" || pair == "immutable=1" || pair == "immutable=true")
}

/// Runs all migrations in one transaction that holds the write lock from its beginning: SQLite has
/// no other lock that a second process would wait for.
async fn migrate(name: &str, options: &SqliteConnectOptions) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::unreachable(name, &error, ADVICE);
    let options = options.clone().busy_timeout(START_PATIENCE);
    let mut connection =
        while_busy(|| SqliteConnection::connect_with(&options)).await.map_err(failed)?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    migrations::SQLITE
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(|error| OpenError::migration(name, &error, ADVICE))?;
    transaction.commit().await.map_err(failed)?;
    connection.close().await.map_err(failed)
}

/// Tries again while SQLite reports that the database is locked. It does so at once, without its
/// busy timeout, where processes at their start change the journal mode at the same time.
async fn while_busy<T, F>(step: impl Fn() -> F) -> Result<T, sqlx::Error>
where
    F: Future<Output = Result<T, sqlx::Error>>,
{
    let started = tokio::time::Instant::now();
    loop {
        match step().await {
            Err(error) if is_busy(&error) && started.elapsed() < START_PATIENCE => {
                // Others hold the lock for milliseconds.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            done => return done,
        }
    }
}

/// SQLITE_BUSY and SQLITE_LOCKED, whose extended codes have them in the lowest byte.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

/// SQLite would create the file readable for everybody; it holds password hashes.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = std::fs::File::options();
    options.write(true).create_new(true).mode(0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

/// A file that its group can read is accepted: shared volumes are mounted so. `serve` logs it.
fn refuse_exposed(path: &Path) -> Result<(), OpenError> {
    match sqlite_file::exposure(path) {
        Some(Exposure { path, mode }) if mode & 0o007 != 0 => {
            Err(OpenError::Exposed { path, mode })
        }
        _ => Ok(()),
    }
}

pub(super) fn exposure(url: &str) -> Result<Option<Exposure>, OpenError> {
    let (_, options) = options(url)?;
    Ok(sqlite_file::exposure(options.get_filename()))
}

/// What reads the file and changes nothing.
pub(super) fn for_reading(url: &str) -> Result<(String, SqliteConnectOptions), OpenError> {
    let (name, options) = options(url)?;
    Ok((name, sqlite_file::read_only(options)))
}

/// The migrations that were applied; `None` when there never were any. The file is neither made
/// nor changed.
pub(super) async fn applied(url: &str) -> Result<Option<Vec<Applied>>, OpenError> {
    let (name, options) = for_reading(url)?;
    let failed = |error: sqlx::Error| OpenError::unreachable(&name, &error, ADVICE);
    if !options.get_filename().exists() {
        return Ok(None);
    }
    sqlite_file::refuse_special(options.get_filename()).map_err(|error| failed(error.into()))?;
    let look = || async {
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let known: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
        )
        .fetch_one(&mut connection)
        .await?;
        let applied = match known {
            0 => None,
            _ => Some(sqlx::query_as(queries::MIGRATIONS).fetch_all(&mut connection).await?),
        };
        connection.close().await?;
        Ok(applied)
    };
    while_busy(look).await.map_err(failed)
}

implement_storage!(
    SqliteStorage,
    sqlx::Sqlite,
    queries::SQLITE_INSERT_SESSION,
    queries::SQLITE_LOCK_USERS,
    queries::SQLITE_ADVANCE_IDS,
    queries::SQLITE_LOCK_FOR_WRITING,
    queries::SQLITE_LOCK_ADMINISTRATORS,
    queries::SQLITE_LOCK_SESSIONS,
    migrations::SQLITE
);
