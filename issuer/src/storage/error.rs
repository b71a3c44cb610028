use std::path::PathBuf;

use sqlx::migrate::MigrateError;

use crate::users::IdConflict;

/// A database cannot be opened, or cannot be written. Each message is one line with an advice.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names neither SQLite nor PostgreSQL.
    #[error(
        "the database URL must begin with sqlite:// or postgres:// (set DATABASE_URL or \
         --database-url)"
    )]
    UnknownScheme,
    /// The URL does not parse. sqlx's error is dropped, because it could repeat a password.
    #[error("the database URL is malformed: expected {0} (set DATABASE_URL or --database-url)")]
    MalformedUrl(&'static str),
    /// The file or server cannot be reached, or is not a database.
    #[error("cannot open the database {name}: {}; {advice}", one_line(.source))]
    Unreachable {
        /// File or `host:port/database`, without credentials.
        name: String,
        /// The driver's error.
        source: sqlx::Error,
        /// What the operator can do.
        advice: &'static str,
    },
    /// The file does not exist, and the command does not create it.
    #[error("there is no database {0}: name the issuer's with DATABASE_URL or --database-url")]
    Missing(String),
    /// The tables could not be brought up to date.
    #[error("cannot bring the tables of {name} up to date: {}; {advice}", one_line(.source))]
    Migration {
        /// File or `host:port/database`, without credentials.
        name: String,
        /// sqlx's error.
        source: MigrateError,
        /// What the operator can do.
        advice: &'static str,
    },
    /// All users of the machine can access the file, which contains password hashes.
    #[error("the database {} is open to other users (mode {mode:04o}); run `chmod 600 {}`", .path.display(), .path.display())]
    Exposed {
        /// The database, or its `-wal` or `-shm` file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The database can be read but not written.
    #[error("nothing can be written to the database: {}; check owner, mode and free space", one_line(.0))]
    ReadOnly(#[source] StorageError),
}

impl OpenError {
    pub(super) fn unreachable(
        name: &str,
        source: impl Into<sqlx::Error>,
        advice: &'static str,
    ) -> Self {
        Self::Unreachable { name: name.to_owned(), source: source.into(), advice }
    }

    pub(super) fn migration(name: &str, source: MigrateError, unreadable: &'static str) -> Self {
        let advice = match source {
            MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => {
                "it belongs to another version of the issuer: use that version, or another database"
            }
            _ => unreadable,
        };
        Self::Migration { name: name.to_owned(), source, advice }
    }
}

/// A statement failed. The message is for the log, not for clients.
#[derive(Debug, thiserror::Error)]
#[error("the database failed: {0}")]
pub struct StorageError(#[from] sqlx::Error);

impl StorageError {
    pub(super) fn is_unique_violation(&self) -> bool {
        self.0.as_database_error().is_some_and(|error| error.is_unique_violation())
    }
}

/// A user was not stored.
#[derive(Debug, thiserror::Error)]
pub enum InsertError {
    /// Another user has the name.
    #[error("a user of this name exists already")]
    NameTaken,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A user was not changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No active administrator would be left.
    #[error("this is the last active administrator: make another one first")]
    LastAdministrator,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// No user was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// At least one id belongs to another person.
    #[error(
        "the user {:?} (id {}) cannot be imported, another user has that id{}; nothing was stored: \
         --adopt takes the same id with the same username or date_joined, all else needs a new \
         database",
        .0.username,
        .0.id,
        and_more(.0.others)
    )]
    IdConflict(IdConflict),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<IdConflict> for ImportError {
    fn from(conflict: IdConflict) -> Self {
        Self::IdConflict(conflict)
    }
}

fn and_more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" (and so for {others} more)") }
}

fn one_line(error: &dyn std::error::Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
