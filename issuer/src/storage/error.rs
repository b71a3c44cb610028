use sqlx::migrate::MigrateError;

/// The database cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither SQLite nor PostgreSQL.
    #[error("the database URL must begin with sqlite:// or postgres:// (set DATABASE_URL or --database-url)")]
    UnknownScheme,
    /// The URL itself does not parse. sqlx's own words could repeat a password, so they are left out.
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
    /// Id or name are another user's.
    #[error(
        "the user {username:?} (id {id}) cannot be imported, another user has that name or id; nothing was stored, import into a new database"
    )]
    Taken {
        /// The id in Django's table.
        id: i64,
        /// The name.
        username: String,
    },
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
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
