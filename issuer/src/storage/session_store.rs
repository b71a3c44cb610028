use async_trait::async_trait;

use super::error::StorageError;
use crate::model::{KeySessions, RefreshToken, Session, User, UserId};

/// Stores sessions. It never sees a token, only ids.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Returns the session with this id, revoked or not.
    ///
    /// # Errors
    /// When the database fails.
    async fn session(&self, id: &str) -> Result<Option<Session>, StorageError>;

    /// Stores a new session of `user`, whose record was read earlier. Returns false, and stores
    /// nothing, if
    /// - the user is gone, or has a new password or was logged out everywhere since;
    /// - the user is inactive and the session is not a revoked one;
    /// - the id or the status slot is in use;
    /// - the sessions of its key were ended for good.
    ///
    /// The record must be compared and the session written in one step, since a login under way
    /// must not outlive a password change. The implementation in SQL reads the issuer's own users
    /// in the statement that inserts; where users are elsewhere, read them again after inserting.
    ///
    /// # Errors
    /// When the database fails.
    async fn insert_session(&self, session: &Session, user: &User) -> Result<bool, StorageError>;

    /// Replaces the newest refresh token of a live session, if it is still `from_jti`, and lets
    /// the session's tokens live until `expires_at` (Unix seconds). Of several concurrent calls,
    /// one returns true.
    ///
    /// # Errors
    /// When the database fails.
    async fn rotate_session(
        &self,
        id: &str,
        from_jti: &str,
        to: &RefreshToken,
        expires_at: i64,
    ) -> Result<bool, StorageError>;

    /// Keeps a session at least until `expires_at` (Unix seconds).
    ///
    /// # Errors
    /// When the database fails.
    async fn extend_session(&self, id: &str, expires_at: i64) -> Result<(), StorageError>;

    /// Supersedes all refresh tokens of a session but the newest, if that is `jti`.
    ///
    /// # Errors
    /// When the database fails.
    async fn forget_previous(&self, id: &str, jti: &str) -> Result<(), StorageError>;

    /// Revokes a session of this user at `now` (Unix seconds). Returns false if there is no such
    /// session or it was revoked before.
    ///
    /// # Errors
    /// When the database fails.
    async fn revoke_session(&self, id: &str, user: UserId, now: i64) -> Result<bool, StorageError>;

    /// Revokes all sessions of a user at `now` (Unix seconds) except the one with the id `except`,
    /// and invalidates older tokens without a session. Returns how many sessions were live.
    ///
    /// # Errors
    /// When the database fails.
    async fn revoke_sessions(
        &self,
        user: UserId,
        except: Option<&str>,
        now: i64,
    ) -> Result<u64, StorageError>;

    /// Returns whether the sessions of the key with this thumbprint were ended for good.
    ///
    /// # Errors
    /// When the database fails.
    async fn is_ended_key(&self, kid: &str) -> Result<bool, StorageError>;
}

/// Changes sessions of all users, for operators and upkeep.
#[async_trait]
pub trait SessionAdministration: Send + Sync {
    /// Revokes the sessions that the key with this thumbprint vouched for, and those without a
    /// recorded key, at `now` (Unix seconds). Returns how many were live.
    ///
    /// # Errors
    /// When the database fails.
    async fn revoke_sessions_of_key(
        &self,
        kid: &str,
        future: KeySessions,
        now: i64,
    ) -> Result<u64, StorageError>;

    /// Revokes all sessions of all users at `now` (Unix seconds), and invalidates older tokens
    /// without a session. Returns how many sessions were live.
    ///
    /// # Errors
    /// When the database fails.
    async fn revoke_every_session(&self, now: i64) -> Result<u64, StorageError>;

    /// Deletes the sessions whose last token expired before `now` (Unix seconds). Returns how
    /// many.
    ///
    /// # Errors
    /// When the database fails.
    async fn flush_expired(&self, now: i64) -> Result<u64, StorageError>;
}
