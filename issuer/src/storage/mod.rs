//! Where users and sessions are kept: one trait, two homes, chosen by the database URL.

mod backup;
mod error;
mod examine;
mod migrations;
mod postgres;
mod queries;
mod rows;
mod sql;
mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;

pub use backup::{BackupError, backup};
pub use error::{ChangeError, ImportError, InsertError, OpenError, StorageError};
pub use examine::{TablesState, examine};
pub use postgres::PostgresStorage;
pub use sqlite::SqliteStorage;

pub use crate::sqlite_file::Exposure;

use crate::sessions::{RefreshToken, Session};
use crate::users::{
    Changes, ImportOptions, ImportReport, ImportedUser, LastAdministrator, NewUser, PasswordHash,
    User,
};

/// A user, and whether a session is one of the user's that has not been ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserInSession {
    /// The user.
    pub user: User,
    /// False for an ended session, and for one that is not known.
    pub session_is_live: bool,
    /// Thumbprint of the key that vouches for the session, when it was taken over from another
    /// system.
    pub taken_over_by: Option<String>,
}

/// Whether sessions of a key may begin after those that exist were ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySessions {
    /// The key goes on.
    MayBegin,
    /// The key was removed: an issuer that has not noticed yet must begin none.
    Never,
}

/// A user and one of the user's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAndSession {
    /// The user.
    pub user: User,
    /// The session; it may have been ended.
    pub session: Session,
}

/// A session that was ended before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Its id.
    pub id: String,
    /// When it was ended, in Unix seconds.
    pub revoked_at: i64,
    /// When its last token expires, in Unix seconds.
    pub expires_at: i64,
}

/// Connections to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLoad {
    /// In use.
    pub busy: usize,
    /// Open, and in nobody's use.
    pub idle: usize,
    /// That there may be.
    pub max: u32,
}

/// Everything the issuer keeps between requests. It never sees a token.
#[async_trait]
pub trait Storage: Send + Sync {
    /// The user of this name, compared exactly.
    async fn user_by_name(&self, username: &str) -> Result<Option<User>, StorageError>;

    /// The user of this id.
    async fn user_by_id(&self, id: i64) -> Result<Option<User>, StorageError>;

    /// The user of this id, and whether the session is live for a token of the key with the
    /// thumbprint `kid`.
    async fn user_in_session(
        &self,
        id: i64,
        session: &str,
        kid: &str,
    ) -> Result<Option<UserInSession>, StorageError>;

    /// The user of this id and the session of that one, when both are there, the session is the
    /// user's and the key with the thumbprint `kid` was not removed with its sessions.
    async fn user_and_session(
        &self,
        id: i64,
        session: &str,
        kid: &str,
    ) -> Result<Option<UserAndSession>, StorageError>;

    /// Stores a new user and returns the record; refused when the name is taken.
    async fn insert_user(&self, user: &NewUser) -> Result<User, InsertError>;

    /// Stores users under the ids they bring, at `now` (Unix seconds), and reports those whose
    /// record is there and differs. `options` say what becomes of these. Sessions end where the
    /// password, the role of an administrator or the right to log in is lost. The last active
    /// administrator stays one, unless `options` let that one go. All of it or nothing is done.
    async fn import_users(
        &self,
        users: &[ImportedUser],
        options: ImportOptions,
        now: i64,
    ) -> Result<ImportReport, ImportError>;

    /// Users with an id of `first` or above, by id, at most `limit`.
    async fn users_from(&self, first: i64, limit: u32) -> Result<Vec<User>, StorageError>;

    /// How many users there are, and by id those after the first `offset`, at most `limit`.
    async fn users_page(&self, offset: i64, limit: u32) -> Result<(i64, Vec<User>), StorageError>;

    /// Changes a record at `now` (Unix seconds) and returns it; `None` when there is no such user.
    /// All sessions of a user end who becomes inactive, or whose claims change as
    /// [`Changes::on_claims_change`] says. Refused when no active administrator would be left,
    /// unless `changes` allow it.
    async fn update_user(
        &self,
        id: i64,
        changes: &Changes,
        now: i64,
    ) -> Result<Option<User>, ChangeError>;

    /// Deletes a user at `now` (Unix seconds) and ends all sessions; false when there is no such
    /// user. Refused for the last active administrator, unless that one may go.
    async fn delete_user(
        &self,
        id: i64,
        last: LastAdministrator,
        now: i64,
    ) -> Result<bool, ChangeError>;

    /// Sets a password at `now` (Unix seconds), in place of the `old` one when that is given, and
    /// ends all sessions but the one `kept`, both or neither; false when there is no such user, or
    /// `old` is not the password's hash any more.
    async fn set_password(
        &self,
        id: i64,
        old: Option<&PasswordHash>,
        hash: &PasswordHash,
        kept: Option<&str>,
        now: i64,
    ) -> Result<bool, StorageError>;

    /// Replaces a hash by another one of the same password; false when the password was changed in
    /// the meantime.
    async fn replace_hash(
        &self,
        id: i64,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StorageError>;

    /// The session of this id.
    async fn session(&self, id: &str) -> Result<Option<Session>, StorageError>;

    /// Stores a new session of a user as the record was when it was read. False when the user is
    /// gone, or inactive by now unless the session is one that has ended, or had the password
    /// changed or the sessions ended since, or when a session of this id or in this place of a
    /// status list is there, which stays as it is; or when the sessions of its key were ended for
    /// good.
    async fn insert_session(&self, session: &Session, user: &User) -> Result<bool, StorageError>;

    /// Replaces the newest refresh token of a live session by its successor, if it is still
    /// `from_jti`; of several calls at once, one returns true. The session's tokens live until
    /// `expires_at` (Unix seconds) from now on.
    async fn rotate_session(
        &self,
        id: &str,
        from_jti: &str,
        to: &RefreshToken,
        expires_at: i64,
    ) -> Result<bool, StorageError>;

    /// Keeps a session at least until `expires_at` (Unix seconds).
    async fn extend_session(&self, id: &str, expires_at: i64) -> Result<(), StorageError>;

    /// Lets only the newest refresh token, which must be this one, be used from now on.
    async fn forget_previous(&self, id: &str, jti: &str) -> Result<(), StorageError>;

    /// Ends a session of this user at `now` (Unix seconds); false when it is ended already, or not
    /// known.
    async fn revoke_session(&self, id: &str, user: i64, now: i64) -> Result<bool, StorageError>;

    /// Ends the sessions that the key with this thumbprint vouched for, and those of which no key
    /// is recorded, at `now` (Unix seconds). Returns how many were live.
    async fn revoke_sessions_of_key(
        &self,
        kid: &str,
        future: KeySessions,
        now: i64,
    ) -> Result<u64, StorageError>;

    /// Ends all sessions of all users at `now` (Unix seconds), those included that have no record
    /// here. Returns how many records were live.
    async fn revoke_every_session(&self, now: i64) -> Result<u64, StorageError>;

    /// Returns whether the sessions of the key with this thumbprint were ended for good.
    async fn is_ended_key(&self, kid: &str) -> Result<bool, StorageError>;

    /// Ends all sessions of a user at `now` (Unix seconds) but the one `kept`, those included that
    /// have no record here. Returns how many records were live.
    async fn revoke_sessions(
        &self,
        user: i64,
        kept: Option<&str>,
        now: i64,
    ) -> Result<u64, StorageError>;

    /// Deletes the sessions whose last token expired before `now` (Unix seconds), and returns how
    /// many.
    async fn flush_expired(&self, now: i64) -> Result<u64, StorageError>;

    /// The indices of the ended sessions in a status list, in no order; `None` for a list that no
    /// session is in.
    async fn revoked_in_list(&self, list: i64) -> Result<Option<Vec<i64>>, StorageError>;

    /// Ended sessions that were not told to Redis and whose tokens have not all expired at `now`
    /// (Unix seconds).
    async fn unpublished_revocations(
        &self,
        now: i64,
        limit: u32,
    ) -> Result<Vec<Revocation>, StorageError>;

    /// Notes that Redis knows of these.
    async fn mark_published(
        &self,
        revocations: &[Revocation],
        now: i64,
    ) -> Result<(), StorageError>;

    /// Notes that Redis knows of nothing.
    async fn forget_published(&self) -> Result<(), StorageError>;

    /// Whether the tables are those of this release, or of a newer one.
    async fn is_current(&self) -> Result<bool, StorageError>;

    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StorageError>;

    /// Writes as much as a login does, at `now` (Unix seconds), and leaves nothing behind. Fails
    /// when the database is read-only or its disk is full.
    async fn try_writing(&self, now: i64) -> Result<(), StorageError>;

    /// How many connections there are.
    fn pool(&self) -> PoolLoad;

    /// Finishes what is under way and closes every connection.
    async fn close(&self);
}

/// Opens a database that exists: as [`open`], but a SQLite file that is missing is an error. For
/// commands that would otherwise report success on a new and empty database.
///
/// # Errors
/// See [`open`]; [`OpenError::Missing`].
pub async fn open_existing(url: &str) -> Result<Arc<dyn Storage>, OpenError> {
    if let Some(missing) = sqlite::missing_file(url)? {
        return Err(OpenError::Missing(missing));
    }
    open(url).await
}

/// Opens the database and brings its tables up to date.
///
/// `sqlite://<file>` (created when missing) or `postgres://...`.
///
/// # Errors
/// See [`OpenError`]: one line each, with what to do. A password in the URL is never repeated.
pub async fn open(url: &str) -> Result<Arc<dyn Storage>, OpenError> {
    match Kind::of(url)? {
        Kind::Sqlite => Ok(Arc::new(SqliteStorage::open(url).await?)),
        Kind::Postgres => Ok(Arc::new(PostgresStorage::open(url).await?)),
    }
}

/// Opens the database for commands that only read: nothing is written where its tables are
/// current, so that it works on a medium that is read-only. Tables that are not current are
/// brought up to date.
///
/// # Errors
/// As [`open`].
pub async fn open_for_reading(url: &str) -> Result<Arc<dyn Storage>, OpenError> {
    match Kind::of(url)? {
        Kind::Sqlite => Ok(Arc::new(SqliteStorage::open_for_reading(url).await?)),
        // It migrates only what is not current.
        Kind::Postgres => open(url).await,
    }
}

/// Tries whether a database whose tables are current can be written, at `now` (Unix seconds), as
/// [`Storage::try_writing`] does. Nothing is created.
///
/// # Errors
/// When it cannot be opened, or not be written.
pub async fn try_writing(url: &str, now: i64) -> Result<(), OpenError> {
    let storage: Arc<dyn Storage> = match Kind::of(url)? {
        Kind::Sqlite => Arc::new(SqliteStorage::attach(url).await?),
        Kind::Postgres => Arc::new(PostgresStorage::open(url).await?),
    };
    let written = storage.try_writing(now).await;
    storage.close().await;
    written.map_err(OpenError::ReadOnly)
}

/// Returns which file of the database other users of the machine can get at; `None` for PostgreSQL.
///
/// # Errors
/// When the URL cannot be used.
pub fn exposure(url: &str) -> Result<Option<Exposure>, OpenError> {
    match Kind::of(url)? {
        Kind::Sqlite => sqlite::exposure(url),
        Kind::Postgres => Ok(None),
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    fn of(url: &str) -> Result<Self, OpenError> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Ok(Self::Sqlite),
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            _ => Err(OpenError::UnknownScheme),
        }
    }
}
