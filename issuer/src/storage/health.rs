use async_trait::async_trait;

use super::error::StorageError;

/// Connections to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLoad {
    /// In use.
    pub busy: usize,
    /// Open and unused.
    pub idle: usize,
    /// The limit.
    pub max: u32,
}

/// Checks and closes the database.
#[async_trait]
pub trait DatabaseHealth: Send + Sync {
    /// Returns whether the tables are those of this release or of a newer one.
    ///
    /// # Errors
    /// When the database fails.
    async fn is_current(&self) -> Result<bool, StorageError>;

    /// Runs a query that reads nothing.
    ///
    /// # Errors
    /// When the database does not respond.
    async fn ping(&self) -> Result<(), StorageError>;

    /// Writes as much as a login does, at `now` (Unix seconds), and leaves nothing behind.
    ///
    /// # Errors
    /// When the database is read-only or its disk is full.
    async fn try_writing(&self, now: i64) -> Result<(), StorageError>;

    /// Returns how many connections are open.
    fn pool(&self) -> PoolLoad;

    /// Waits for running statements and closes every connection.
    async fn close(&self);
}
