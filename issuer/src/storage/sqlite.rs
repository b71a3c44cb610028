//! Opening a SQLite file.

use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection};

use super::error::OpenError;
use super::migrations::{self, Applied, TablesState};
use super::sql::Pool;
use crate::sqlite_file::{self, Exposure};

const ADVICE: &str =
    "check that the path is a SQLite file, or a new file in a directory that can be written";

/// How long a statement waits for the lock of another connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a start waits for another starting process, which may rewrite large tables.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Pause between attempts during a start: other processes hold the lock for milliseconds.
const START_RETRY_INTERVAL: Duration = Duration::from_millis(20);

const MAX_CONNECTIONS: u32 = 8;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the file, or creates it closed to other users, and runs missing migrations; several
/// processes that start at once wait for each other.
///
/// # Errors
/// When the path cannot be read, is not a SQLite database, or is open to all users of the machine.
pub(super) async fn open(url: &str) -> Result<Pool, OpenError> {
    let (name, options) = options(url)?;
    let path = options.get_filename();
    let unreachable = |error: io::Error| OpenError::unreachable(&name, error, ADVICE);
    if !is_read_only(url) {
        create_private(path).map_err(unreachable)?;
    }
    sqlite_file::refuse_special(path).map_err(unreachable)?;
    let tables = tables_state(url).await?;
    refuse_exposed(path)?;
    if tables != TablesState::Current {
        migrate(&name, &options).await?;
    }
    connect(&name, &for_writing(options)).await
}

/// Opens a file with current tables without a write; opens others as [`open`] does.
///
/// # Errors
/// As [`open`].
pub(super) async fn open_for_reading(url: &str) -> Result<Pool, OpenError> {
    let (name, options) = options(url)?;
    if !matches!(tables_state(url).await, Ok(TablesState::Current)) {
        return open(url).await;
    }
    refuse_exposed(options.get_filename())?;
    connect(&name, &sqlite_file::read_only(options)).await
}

/// Opens an existing file with current tables.
///
/// # Errors
/// When the path cannot be read, or is not a SQLite database.
pub(super) async fn attach(url: &str) -> Result<Pool, OpenError> {
    let (name, options) = options(url)?;
    connect(&name, &for_writing(options)).await
}

async fn connect(name: &str, options: &SqliteConnectOptions) -> Result<Pool, OpenError> {
    let connect = || {
        SqlitePoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // There is no server that could have gone away.
            .test_before_acquire(false)
            .connect_with(options.clone())
    };
    let pool = retry_while_busy(connect)
        .await
        .map_err(|error| OpenError::unreachable(name, error, ADVICE))?;
    Ok(Pool::Sqlite(pool))
}

/// Returns the name of the file if it does not exist; `None` if it does, or if the URL names
/// another database.
pub(super) fn missing_file(url: &str) -> Result<Option<String>, OpenError> {
    if !url.starts_with("sqlite:") {
        return Ok(None);
    }
    let options = parse(url)?;
    let file = options.get_filename();
    Ok((!file.exists()).then(|| file.display().to_string()))
}

/// Parses the URL. Returns the name of the file and the options.
fn options(url: &str) -> Result<(String, SqliteConnectOptions), OpenError> {
    let options = parse(url)?;
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(OpenError::MalformedUrl("a file: users in memory would be lost"));
    }
    let name = options.get_filename().display().to_string();
    Ok((name, options.foreign_keys(true).busy_timeout(BUSY_TIMEOUT)))
}

fn parse(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    SqliteConnectOptions::from_str(url)
        .map_err(|_| OpenError::MalformedUrl("sqlite://<path to the file>"))
}

fn for_writing(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode, the default could lose the last commits in a power failure.
        .synchronous(SqliteSynchronous::Full)
}

/// Returns the name of the file and options that change nothing.
pub(super) fn for_reading(url: &str) -> Result<(String, SqliteConnectOptions), OpenError> {
    let (name, options) = options(url)?;
    Ok((name, sqlite_file::read_only(options)))
}

/// Returns whether the URL itself forbids writing.
fn is_read_only(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query
        .split('&')
        .any(|pair| pair == "mode=ro" || pair == "immutable=1" || pair == "immutable=true")
}

/// Runs all migrations in one transaction that holds the write lock from its beginning: SQLite has
/// no other lock that a second process would wait for.
async fn migrate(name: &str, options: &SqliteConnectOptions) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::unreachable(name, error, ADVICE);
    let options = options.clone().busy_timeout(START_TIMEOUT);
    let mut connection =
        retry_while_busy(|| SqliteConnection::connect_with(&options)).await.map_err(failed)?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    migrations::SQLITE
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(|error| OpenError::migration(name, error, ADVICE))?;
    transaction.commit().await.map_err(failed)?;
    connection.close().await.map_err(failed)
}

/// Retries while SQLite reports a lock. It does so immediately, without its busy timeout, when
/// starting processes change the journal mode at the same time.
async fn retry_while_busy<T, F>(step: impl Fn() -> F) -> Result<T, sqlx::Error>
where
    F: Future<Output = Result<T, sqlx::Error>>,
{
    let started = tokio::time::Instant::now();
    loop {
        match step().await {
            Err(error) if is_busy(&error) && started.elapsed() < START_TIMEOUT => {
                tokio::time::sleep(START_RETRY_INTERVAL).await;
            }
            result => return result,
        }
    }
}

/// Returns whether the error is SQLITE_BUSY or SQLITE_LOCKED; extended codes have these in the
/// lowest byte.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

/// Creates the file unless it exists. SQLite would let all users read it.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = std::fs::File::options();
    options.write(true).create_new(true).mode(0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result.map(drop),
    }
}

/// Refuses a file that all users can access. One that only its group can access is accepted,
/// because shared volumes are mounted so; `serve` logs it.
fn refuse_exposed(path: &Path) -> Result<(), OpenError> {
    match sqlite_file::exposure(path) {
        Some(exposure) if exposure.is_to_all() => {
            Err(OpenError::Exposed { path: exposure.path, mode: exposure.mode })
        }
        _ => Ok(()),
    }
}

pub(super) fn exposure(url: &str) -> Result<Option<Exposure>, OpenError> {
    let (_, options) = options(url)?;
    Ok(sqlite_file::exposure(options.get_filename()))
}

/// Returns the state of the tables without changing or creating the file.
pub(super) async fn tables_state(url: &str) -> Result<TablesState, OpenError> {
    let (name, options) = for_reading(url)?;
    let failed = |error: sqlx::Error| OpenError::unreachable(&name, error, ADVICE);
    if !options.get_filename().exists() {
        return Ok(TablesState::Missing);
    }
    sqlite_file::refuse_special(options.get_filename()).map_err(|error| failed(error.into()))?;
    let read = || async {
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let recorded: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
        )
        .fetch_one(&mut connection)
        .await?;
        let applied: Option<Vec<Applied>> = match recorded {
            0 => None,
            _ => Some(sqlx::query_as(migrations::APPLIED).fetch_all(&mut connection).await?),
        };
        connection.close().await?;
        Ok(applied)
    };
    let applied = retry_while_busy(read).await.map_err(failed)?;
    Ok(TablesState::of(applied.as_deref(), &migrations::SQLITE))
}
