use async_trait::async_trait;

use super::{SqlStorage, import, rows, steps};
use crate::model::{Changes, LastAdministrator, NewUser, PasswordHash, User, UserId};
use crate::storage::error::{ChangeError, ImportError, InsertError, StorageError};
use crate::storage::user_store::{UserAdministration, UserStore};
use crate::users::{ImportOptions, ImportReport, ImportedUser};

#[async_trait]
impl UserStore for SqlStorage {
    async fn user_by_name(&self, username: &str) -> Result<Option<User>, StorageError> {
        let query = self.pool.query("SELECT * FROM users WHERE username = $1").bind(username);
        query.fetch_optional(rows::user).await
    }

    async fn user_by_id(&self, id: UserId) -> Result<Option<User>, StorageError> {
        let query = self.pool.query("SELECT * FROM users WHERE id = $1").bind(id);
        query.fetch_optional(rows::user).await
    }

    async fn users_from(&self, first: UserId, limit: u32) -> Result<Vec<User>, StorageError> {
        const FROM: &str = "SELECT * FROM users WHERE id >= $1 ORDER BY id LIMIT $2";
        let query = self.pool.query(FROM).bind(first).bind(i64::from(limit));
        query.fetch_all(rows::user).await
    }

    async fn users_page(&self, offset: i64, limit: u32) -> Result<(i64, Vec<User>), StorageError> {
        const PAGE: &str = "SELECT * FROM users ORDER BY id LIMIT $1 OFFSET $2";
        let count = self.pool.query("SELECT COUNT(*) AS count FROM users");
        let count = count.fetch_one(rows::count).await?;
        let page = self.pool.query(PAGE).bind(i64::from(limit)).bind(offset);
        Ok((count, page.fetch_all(rows::user).await?))
    }
}

#[async_trait]
impl UserAdministration for SqlStorage {
    async fn insert_user(&self, user: &NewUser) -> Result<User, InsertError> {
        const INSERT: &str = "\
            INSERT INTO users (username, email, first_name, last_name, password_hash, role, \
            premium, is_active, created_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *";
        let insert = self
            .pool
            .query(INSERT)
            .bind(&user.username)
            .bind(&user.email)
            .bind(&user.first_name)
            .bind(&user.last_name)
            .bind(user.password_hash.as_str())
            .bind(&user.role)
            .bind(user.premium)
            .bind(user.is_active)
            .bind(user.created_at);
        insert.fetch_one(rows::user).await.map_err(|error| match error {
            error if error.is_unique_violation() => InsertError::NameTaken,
            error => InsertError::Storage(error),
        })
    }

    async fn import_users(
        &self,
        users: &[ImportedUser],
        options: ImportOptions,
        now: i64,
    ) -> Result<ImportReport, ImportError> {
        import::import(&self.pool, users, options, now).await
    }

    async fn update_user(
        &self,
        id: UserId,
        changes: &Changes,
        now: i64,
    ) -> Result<Option<User>, ChangeError> {
        // Changes nothing: locks the row, in SQLite the database, and returns the old values.
        const LOCK: &str = "UPDATE users SET role = role WHERE id = $1 RETURNING *";
        const UPDATE: &str = "\
            UPDATE users SET email = COALESCE($2, email), \
            first_name = COALESCE($3, first_name), last_name = COALESCE($4, last_name), \
            role = COALESCE($5, role), premium = COALESCE($6, premium), \
            is_active = COALESCE($7, is_active) WHERE id = $1 RETURNING *";
        let mut transaction = self.pool.begin().await?;
        if changes.could_remove_an_administrator() {
            steps::refuse_last_administrator(&mut transaction, id).await?;
        }
        let before = transaction.query(LOCK).bind(id).fetch_optional(rows::user).await?;
        let Some(before) = before else { return Ok(None) };
        let update = transaction
            .query(UPDATE)
            .bind(id)
            .bind(&changes.email)
            .bind(&changes.first_name)
            .bind(&changes.last_name)
            .bind(&changes.role)
            .bind(changes.premium)
            .bind(changes.is_active);
        let user = update.fetch_one(rows::user).await?;
        if changes.ends_sessions_of(&before) {
            steps::revoke_sessions(&mut transaction, id, None, now).await?;
            steps::end_unnamed_sessions(&mut transaction, id, now).await?;
        }
        transaction.commit().await?;
        Ok(Some(user))
    }

    async fn delete_user(
        &self,
        id: UserId,
        last: LastAdministrator,
        now: i64,
    ) -> Result<bool, ChangeError> {
        let mut transaction = self.pool.begin().await?;
        if last == LastAdministrator::Stays {
            steps::refuse_last_administrator(&mut transaction, id).await?;
        }
        let delete = transaction.query("DELETE FROM users WHERE id = $1").bind(id);
        let deleted = delete.execute().await?;
        steps::revoke_sessions(&mut transaction, id, None, now).await?;
        transaction.commit().await?;
        Ok(deleted == 1)
    }

    async fn set_password(
        &self,
        id: UserId,
        old: Option<&PasswordHash>,
        new: &PasswordHash,
        except: Option<&str>,
        now: i64,
    ) -> Result<bool, StorageError> {
        const SET: &str = "\
            UPDATE users SET password_hash = $2, sessions_ended_at = $3 \
            WHERE id = $1 AND (CAST($4 AS TEXT) IS NULL OR password_hash = $4)";
        let mut transaction = self.pool.begin().await?;
        let set = transaction
            .query(SET)
            .bind(id)
            .bind(new.as_str())
            .bind(now)
            .bind(old.map(PasswordHash::as_str));
        if set.execute().await? == 0 {
            return Ok(false);
        }
        steps::revoke_sessions(&mut transaction, id, except, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn replace_hash(
        &self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StorageError> {
        const REPLACE: &str =
            "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
        let replace = self.pool.query(REPLACE).bind(id).bind(old.as_str()).bind(new.as_str());
        Ok(replace.execute().await? == 1)
    }
}
