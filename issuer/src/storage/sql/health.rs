use async_trait::async_trait;

use super::{SqlStorage, rows};
use crate::storage::error::StorageError;
use crate::storage::health::{DatabaseHealth, PoolLoad};

#[async_trait]
impl DatabaseHealth for SqlStorage {
    async fn is_current(&self) -> Result<bool, StorageError> {
        const APPLIED: &str = "SELECT COUNT(*) AS count FROM _sqlx_migrations WHERE success";
        let applied = self.pool.query(APPLIED).fetch_one(rows::count).await?;
        let known = self.pool.migrator().iter().count();
        Ok(applied >= i64::try_from(known).unwrap_or(i64::MAX))
    }

    async fn ping(&self) -> Result<(), StorageError> {
        self.pool.query("SELECT 1").execute().await.map(drop)
    }

    async fn try_writing(&self, now: i64) -> Result<(), StorageError> {
        const INSERT: &str = "\
            INSERT INTO sessions (id, user_id, current_jti, issued_at, refresh_expires_at, \
            expires_at) VALUES ($1, -1, $1, $2, $2, $2)";
        let id = format!("probe {}", std::process::id());
        let mut transaction = self.pool.begin().await?;
        transaction.query(INSERT).bind(&id).bind(now).execute().await?;
        transaction.query("DELETE FROM sessions WHERE id = $1").bind(&id).execute().await?;
        transaction.commit().await
    }

    fn pool(&self) -> PoolLoad {
        self.pool.load()
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
