use std::path::PathBuf;

use sqlx::migrate::MigrateError;

use crate::users::IdConflict;

/// The database cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither SQLite nor PostgreSQL.
    #[error(
        "the database URL must begin with sqlite:// or postgres:// (set DATABASE_URL or --database-url)"
    )]
    UnknownScheme,
    /// The URL itself does not parse. sqlx's own words could repeat a password, so they are left
    /// out.
    #[error("the database URL is malformed: expected {0} (set DATABASE_URL or --database-url)")]
    MalformedUrl(&'static str),
    /// The file or server cannot be reached, or is not a database.
    #[error("cannot open the database {name}: {reason}; {advice}")]
    Unreachable {
        /// File or `host:port/database`, without credentials.
        name: String,
        /// What the driver said.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// There is no such file, and the command makes none.
    #[error("there is no database {0}: name the issuer's with DATABASE_URL or --database-url")]
    Missing(String),
    /// The tables could not be brought up to date.
    #[error("cannot bring the tables of {name} up to date: {reason}; {advice}")]
    Migration {
        /// File or `host:port/database`, without credentials.
        name: String,
        /// What went wrong.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// Everybody on the machine can get at the password hashes.
    #[error("the database {} is open to other users (mode {mode:04o}); run `chmod 600 {}`", .path.display(), .path.display())]
    Exposed {
        /// The database, or its `-wal` or `-shm` file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It can be read and not written.
    #[error("nothing can be written to the database: {}; check owner, mode and free space", one_line(.0))]
    ReadOnly(StorageError),
}

impl OpenError {
    pub(super) fn unreachable(name: &str, error: &sqlx::Error, advice: &'static str) -> Self {
        Self::Unreachable { name: name.to_owned(), reason: one_line(error), advice }
    }

    pub(super) fn migration(name: &str, error: &MigrateError, unreadable: &'static str) -> Self {
        let advice = match error {
            MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => {
                "it belongs to another version of the issuer: use that version, or another database"
            }
            _ => unreadable,
        };
        Self::Migration { name: name.to_owned(), reason: one_line(error), advice }
    }
}

/// The database failed during a request. Its text is for the log, not for the client.
#[derive(Debug, thiserror::Error)]
#[error("the database failed: {0}")]
pub struct StorageError(#[from] sqlx::Error);

/// A user could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum InsertError {
    /// Another user has the name.
    #[error("a user of this name exists already")]
    NameTaken,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A user could not be changed or deleted; nothing was.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No active administrator would be left.
    #[error("this is the last active administrator: make another one first")]
    LastAdministrator,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Users could not be imported; none was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The id of one, at least, is another user's.
    #[error(
        "the user {:?} (id {}) cannot be imported, another user has that id{}; nothing was stored: \
         --adopt takes the same id with the same username or date_joined, all else needs a new database",
        .0.username,
        .0.id,
        and_more(.0.others)
    )]
    IdConflict(IdConflict),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

fn and_more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" (and so for {others} more)") }
}

impl From<IdConflict> for ImportError {
    fn from(taken: IdConflict) -> Self {
        Self::IdConflict(taken)
    }
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl From<sqlx::Error> for InsertError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(database) if database.is_unique_violation() => Self::NameTaken,
            _ => Self::Storage(error.into()),
        }
    }
}

fn one_line(error: &dyn std::error::Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
