use async_trait::async_trait;

use super::error::{ChangeError, ImportError, InsertError, StorageError};
use crate::model::{Changes, LastAdministrator, NewUser, PasswordHash, User, UserId};
use crate::users::{ImportOptions, ImportReport, ImportedUser};

/// Reads users. A table that the issuer must not write, such as another project's, can be one.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Returns the user with this name, compared exactly.
    ///
    /// # Errors
    /// When the database fails.
    async fn user_by_name(&self, username: &str) -> Result<Option<User>, StorageError>;

    /// Returns the user with this id.
    ///
    /// # Errors
    /// When the database fails.
    async fn user_by_id(&self, id: UserId) -> Result<Option<User>, StorageError>;

    /// Returns at most `limit` users whose id is at least `first`, by id.
    ///
    /// # Errors
    /// When the database fails.
    async fn users_from(&self, first: UserId, limit: u32) -> Result<Vec<User>, StorageError>;

    /// Returns the number of all users, and at most `limit` of them after the first `offset`, by
    /// id.
    ///
    /// # Errors
    /// When the database fails.
    async fn users_page(&self, offset: i64, limit: u32) -> Result<(i64, Vec<User>), StorageError>;
}

/// Changes users. A change that ends sessions does both or neither, so that this store and that of
/// the sessions share a database.
#[async_trait]
pub trait UserAdministration: Send + Sync {
    /// Stores a new user.
    ///
    /// # Errors
    /// [`InsertError::NameTaken`] if another user has the name.
    async fn insert_user(&self, user: &NewUser) -> Result<User, InsertError>;

    /// Imports users under their ids at `now` (Unix seconds), all or none, and reports those whose
    /// stored record differs. Ends the sessions of users who lose the password, the role of an
    /// administrator or the right to log in. The last active administrator keeps the role, unless
    /// `options` allow the loss.
    ///
    /// # Errors
    /// [`ImportError::IdConflict`] if an id belongs to another person.
    async fn import_users(
        &self,
        users: &[ImportedUser],
        options: ImportOptions,
        now: i64,
    ) -> Result<ImportReport, ImportError>;

    /// Changes a user at `now` (Unix seconds) and returns the new record, or `None` if there is no
    /// such user. Ends all sessions of a user who becomes inactive, or whose claims change as
    /// [`Changes::on_claims_change`] says.
    ///
    /// # Errors
    /// [`ChangeError::LastAdministrator`] if no active administrator would be left and `changes`
    /// do not allow that.
    async fn update_user(
        &self,
        id: UserId,
        changes: &Changes,
        now: i64,
    ) -> Result<Option<User>, ChangeError>;

    /// Deletes a user at `now` (Unix seconds) and revokes all their sessions. Returns whether the
    /// user existed.
    ///
    /// # Errors
    /// [`ChangeError::LastAdministrator`] for the last active administrator, unless `last` allows
    /// it.
    async fn delete_user(
        &self,
        id: UserId,
        last: LastAdministrator,
        now: i64,
    ) -> Result<bool, ChangeError>;

    /// Sets a password at `now` (Unix seconds) and revokes all sessions of the user except the one
    /// with the id `except`. Returns false, and changes nothing, if there is no such user or if
    /// the stored hash is no longer `old`, when `old` is set.
    ///
    /// # Errors
    /// When the database fails.
    async fn set_password(
        &self,
        id: UserId,
        old: Option<&PasswordHash>,
        new: &PasswordHash,
        except: Option<&str>,
        now: i64,
    ) -> Result<bool, StorageError>;

    /// Replaces a hash by another one of the same password. Returns false if the stored hash is no
    /// longer `old`.
    ///
    /// # Errors
    /// When the database fails.
    async fn replace_hash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StorageError>;
}
