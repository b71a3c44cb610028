use async_trait::async_trait;

use super::{SqlStorage, rows};
use crate::model::Revocation;
use crate::storage::error::StorageError;
use crate::storage::revocation_store::RevocationStore;

#[async_trait]
impl RevocationStore for SqlStorage {
    async fn revoked_in_list(&self, list: i64) -> Result<Option<Vec<i64>>, StorageError> {
        const COUNT: &str = "\
            SELECT COUNT(*) AS count \
            FROM (SELECT 1 FROM sessions WHERE status_list = $1 LIMIT 1) AS one";
        // A user who was deleted during a login may have a session that was never revoked.
        const REVOKED: &str = "\
            SELECT status_idx FROM sessions WHERE status_list = $1 AND (revoked_at IS NOT NULL \
            OR NOT EXISTS (SELECT 1 FROM users WHERE users.id = sessions.user_id))";
        if self.pool.query(COUNT).bind(list).fetch_one(rows::count).await? == 0 {
            return Ok(None);
        }
        let revoked = self.pool.query(REVOKED).bind(list);
        revoked.fetch_all(|row| row.get("status_idx")).await.map(Some)
    }

    async fn unpublished_revocations(
        &self,
        now: i64,
        limit: u32,
    ) -> Result<Vec<Revocation>, StorageError> {
        const UNPUBLISHED: &str = "\
            SELECT id, revoked_at, expires_at FROM sessions \
            WHERE revoked_at IS NOT NULL AND published_at IS NULL AND expires_at >= $1 \
            ORDER BY revoked_at, id LIMIT $2";
        let query = self.pool.query(UNPUBLISHED).bind(now).bind(i64::from(limit));
        query.fetch_all(rows::revocation).await
    }

    async fn mark_published(
        &self,
        revocations: &[Revocation],
        now: i64,
    ) -> Result<(), StorageError> {
        const MARK: &str = "UPDATE sessions SET published_at = $2 WHERE id = $1";
        let mut transaction = self.pool.begin().await?;
        for Revocation { id, .. } in revocations {
            transaction.query(MARK).bind(id).bind(now).execute().await?;
        }
        transaction.commit().await
    }

    async fn forget_published(&self) -> Result<(), StorageError> {
        const FORGET: &str =
            "UPDATE sessions SET published_at = NULL WHERE published_at IS NOT NULL";
        self.pool.query(FORGET).execute().await.map(drop)
    }
}
