//! Opening the database that a URL names.

use std::sync::Arc;

use super::all_stores::Storage;
use super::error::OpenError;
use super::health::DatabaseHealth as _;
use super::migrations::TablesState;
use super::sql::SqlStorage;
use super::{postgres, sqlite};
use crate::sqlite_file::Exposure;

/// The kind of database that a URL names by its scheme.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(super) fn of(url: &str) -> Result<Self, OpenError> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Ok(Self::Sqlite),
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            _ => Err(OpenError::UnknownScheme),
        }
    }
}

/// Opens the database and brings its tables up to date.
///
/// `url` is `sqlite://<file>` (created if missing) or `postgres://...`.
///
/// # Errors
/// See [`OpenError`]. No message repeats a password in the URL.
pub async fn open(url: &str) -> Result<Arc<dyn Storage>, OpenError> {
    let pool = match Kind::of(url)? {
        Kind::Sqlite => sqlite::open(url).await?,
        Kind::Postgres => postgres::open(url).await?,
    };
    Ok(Arc::new(SqlStorage { pool }))
}

/// Opens a database that exists: a SQLite file that is missing is an error. For commands that
/// would otherwise report success on a new and empty database.
///
/// # Errors
/// [`OpenError::Missing`], and as [`open`].
pub async fn open_existing(url: &str) -> Result<Arc<dyn Storage>, OpenError> {
    match sqlite::missing_file(url)? {
        Some(missing) => Err(OpenError::Missing(missing)),
        None => open(url).await,
    }
}

/// Opens the database for commands that only read. Writes nothing if the tables are current, so
/// that it works on a read-only medium; brings other tables up to date.
///
/// # Errors
/// As [`open`].
pub async fn open_for_reading(url: &str) -> Result<Arc<dyn Storage>, OpenError> {
    match Kind::of(url)? {
        Kind::Sqlite => Ok(Arc::new(SqlStorage { pool: sqlite::open_for_reading(url).await? })),
        Kind::Postgres => open(url).await,
    }
}

/// Checks whether a database with current tables can be written, at `now` (Unix seconds). Creates
/// nothing.
///
/// # Errors
/// [`OpenError::ReadOnly`], or when the database cannot be opened.
pub async fn try_writing(url: &str, now: i64) -> Result<(), OpenError> {
    let pool = match Kind::of(url)? {
        Kind::Sqlite => sqlite::attach(url).await?,
        Kind::Postgres => postgres::open(url).await?,
    };
    let storage = SqlStorage { pool };
    let written = storage.try_writing(now).await;
    storage.close().await;
    written.map_err(OpenError::ReadOnly)
}

/// Returns the state of the tables without opening the database for use: creates and migrates
/// nothing. A missing SQLite file is [`TablesState::Missing`].
///
/// # Errors
/// When the database cannot be reached or read.
pub async fn examine(url: &str) -> Result<TablesState, OpenError> {
    match Kind::of(url)? {
        Kind::Sqlite => sqlite::tables_state(url).await,
        Kind::Postgres => postgres::tables_state(url).await,
    }
}

/// Returns a file of the database that other users of the machine can access; `None` for
/// PostgreSQL.
///
/// # Errors
/// When the URL is malformed.
pub fn exposure(url: &str) -> Result<Option<Exposure>, OpenError> {
    match Kind::of(url)? {
        Kind::Sqlite => sqlite::exposure(url),
        Kind::Postgres => Ok(None),
    }
}
