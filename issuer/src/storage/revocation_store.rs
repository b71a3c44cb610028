use async_trait::async_trait;

use super::error::StorageError;
use crate::model::Revocation;

/// Reads revoked sessions, and records which of them were published to Redis.
#[async_trait]
pub trait RevocationStore: Send + Sync {
    /// Returns the indices of the revoked sessions in a status list, in no order; `None` for a
    /// list without sessions.
    ///
    /// # Errors
    /// When the database fails.
    async fn revoked_in_list(&self, list: i64) -> Result<Option<Vec<i64>>, StorageError>;

    /// Returns at most `limit` revoked sessions that were not published and whose tokens have not
    /// all expired at `now` (Unix seconds), oldest first.
    ///
    /// # Errors
    /// When the database fails.
    async fn unpublished_revocations(
        &self,
        now: i64,
        limit: u32,
    ) -> Result<Vec<Revocation>, StorageError>;

    /// Marks these as published at `now` (Unix seconds).
    ///
    /// # Errors
    /// When the database fails.
    async fn mark_published(
        &self,
        revocations: &[Revocation],
        now: i64,
    ) -> Result<(), StorageError>;

    /// Marks all as unpublished, because Redis has lost them.
    ///
    /// # Errors
    /// When the database fails.
    async fn forget_published(&self) -> Result<(), StorageError>;
}
