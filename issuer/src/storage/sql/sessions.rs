use async_trait::async_trait;

use super::pool::PerDatabase;
use super::{SqlStorage, rows, steps};
use crate::model::{KeySessions, RefreshToken, Session, User, UserId};
use crate::storage::account_store::{AccountStore, UserAndSession};
use crate::storage::error::StorageError;
use crate::storage::session_store::{SessionAdministration, SessionStore};

/// Inserts nothing over an existing session or status slot, nor for a user who is gone, inactive,
/// has a new password or was logged out everywhere since the record was read. A session that is
/// already revoked is inserted for inactive users, too.
macro_rules! insert_session {
    ($lock:literal) => {
        concat!(
            "INSERT INTO sessions (id, user_id, current_jti, issued_at, refresh_expires_at, \
             expires_at, status_list, status_idx, revoked_at, kid, taken_over) \
             SELECT CAST($1 AS TEXT), id, CAST($3 AS TEXT), CAST($4 AS BIGINT), \
             CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($8 AS BIGINT), \
             CAST($11 AS BIGINT), CAST($12 AS TEXT), $13 FROM users \
             WHERE id = $2 AND (is_active OR CAST($11 AS BIGINT) IS NOT NULL) \
             AND password_hash = $9 AND sessions_ended_at = $10 \
             AND NOT EXISTS (SELECT 1 FROM ended_keys WHERE kid = $12)",
            $lock,
            " ON CONFLICT DO NOTHING"
        )
    };
}

const INSERT_SESSION: PerDatabase = PerDatabase {
    sqlite: insert_session!(""),
    // Waits for an uncommitted change of the user, and then compares again.
    postgres: insert_session!(" FOR SHARE"),
};

#[async_trait]
impl AccountStore for SqlStorage {
    async fn user_and_session(
        &self,
        id: UserId,
        session: &str,
        kid: &str,
    ) -> Result<Option<UserAndSession>, StorageError> {
        const BOTH: &str = "\
            SELECT users.id, username, email, first_name, last_name, password_hash, role, \
            premium, is_active, created_at, sessions_ended_at, sessions.id AS session_id, \
            user_id, current_jti, previous_jti, issued_at, refresh_expires_at, expires_at, \
            revoked_at, status_list, status_idx, kid, taken_over \
            FROM users LEFT JOIN sessions ON sessions.id = $2 AND user_id = users.id \
            AND NOT EXISTS (SELECT 1 FROM ended_keys WHERE ended_keys.kid = $3) \
            WHERE users.id = $1";
        let query = self.pool.query(BOTH).bind(id).bind(session).bind(kid);
        query.fetch_optional(rows::user_and_session).await
    }
}

#[async_trait]
impl SessionStore for SqlStorage {
    async fn session(&self, id: &str) -> Result<Option<Session>, StorageError> {
        let query = self.pool.query("SELECT *, id AS session_id FROM sessions WHERE id = $1");
        query.bind(id).fetch_optional(rows::session).await
    }

    async fn insert_session(&self, session: &Session, user: &User) -> Result<bool, StorageError> {
        let insert = self
            .pool
            .query_per_database(&INSERT_SESSION)
            .bind(&session.id)
            .bind(session.user_id)
            .bind(&session.current_jti)
            .bind(session.issued_at)
            .bind(session.refresh_expires_at)
            .bind(session.expires_at)
            .bind(session.status.map(|slot| slot.list))
            .bind(session.status.map(|slot| slot.index))
            .bind(user.password_hash.as_str())
            .bind(user.sessions_ended_at)
            .bind(session.revoked_at)
            .bind(&session.kid)
            .bind(session.taken_over);
        Ok(insert.execute().await? == 1)
    }

    async fn rotate_session(
        &self,
        id: &str,
        from_jti: &str,
        to: &RefreshToken,
        expires_at: i64,
    ) -> Result<bool, StorageError> {
        // The condition lets one of several concurrent refreshes win; the others match no row.
        const ROTATE: &str = "\
            UPDATE sessions SET previous_jti = current_jti, current_jti = $3, issued_at = $4, \
            refresh_expires_at = $5, expires_at = $6 \
            WHERE id = $1 AND current_jti = $2 AND revoked_at IS NULL";
        let rotate = self
            .pool
            .query(ROTATE)
            .bind(id)
            .bind(from_jti)
            .bind(&to.jti)
            .bind(to.issued_at)
            .bind(to.expires_at)
            .bind(expires_at);
        Ok(rotate.execute().await? == 1)
    }

    async fn extend_session(&self, id: &str, expires_at: i64) -> Result<(), StorageError> {
        const EXTEND: &str =
            "UPDATE sessions SET expires_at = $2 WHERE id = $1 AND expires_at < $2";
        self.pool.query(EXTEND).bind(id).bind(expires_at).execute().await.map(drop)
    }

    async fn forget_previous(&self, id: &str, jti: &str) -> Result<(), StorageError> {
        const FORGET: &str =
            "UPDATE sessions SET previous_jti = NULL WHERE id = $1 AND current_jti = $2";
        self.pool.query(FORGET).bind(id).bind(jti).execute().await.map(drop)
    }

    async fn revoke_session(&self, id: &str, user: UserId, now: i64) -> Result<bool, StorageError> {
        const REVOKE: &str = "\
            UPDATE sessions SET revoked_at = $3 \
            WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL";
        Ok(self.pool.query(REVOKE).bind(id).bind(user).bind(now).execute().await? == 1)
    }

    async fn revoke_sessions(
        &self,
        user: UserId,
        except: Option<&str>,
        now: i64,
    ) -> Result<u64, StorageError> {
        let mut transaction = self.pool.begin().await?;
        // The user first, as everywhere: in another order, two concurrent changes would wait for
        // each other.
        steps::end_unnamed_sessions(&mut transaction, user, now).await?;
        let revoked = steps::revoke_sessions(&mut transaction, user, except, now).await?;
        transaction.commit().await?;
        Ok(revoked)
    }

    async fn is_ended_key(&self, kid: &str) -> Result<bool, StorageError> {
        let query = self.pool.query("SELECT COUNT(*) AS count FROM ended_keys WHERE kid = $1");
        Ok(query.bind(kid).fetch_one(rows::count).await? > 0)
    }
}

#[async_trait]
impl SessionAdministration for SqlStorage {
    async fn revoke_sessions_of_key(
        &self,
        kid: &str,
        future: KeySessions,
        now: i64,
    ) -> Result<u64, StorageError> {
        // Waits for insertions under way; later ones see the ended key.
        const LOCK: &str = "LOCK TABLE sessions IN SHARE ROW EXCLUSIVE MODE";
        const END_KEY: &str =
            "INSERT INTO ended_keys (kid, ended_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        // A session without a recorded key may be of any key.
        const REVOKE: &str = "\
            UPDATE sessions SET revoked_at = $2 \
            WHERE (kid = $1 OR kid IS NULL) AND revoked_at IS NULL";
        let mut transaction = self.pool.begin().await?;
        transaction.execute_on_postgres(LOCK).await?;
        if future == KeySessions::Never {
            transaction.query(END_KEY).bind(kid).bind(now).execute().await?;
        }
        let revoked = transaction.query(REVOKE).bind(kid).bind(now).execute().await?;
        transaction.commit().await?;
        Ok(revoked)
    }

    async fn revoke_every_session(&self, now: i64) -> Result<u64, StorageError> {
        const END_UNNAMED: &str = "UPDATE users SET sessions_ended_at = $1";
        const REVOKE: &str = "UPDATE sessions SET revoked_at = $1 WHERE revoked_at IS NULL";
        let mut transaction = self.pool.begin().await?;
        transaction.query(END_UNNAMED).bind(now).execute().await?;
        let revoked = transaction.query(REVOKE).bind(now).execute().await?;
        transaction.commit().await?;
        Ok(revoked)
    }

    async fn flush_expired(&self, now: i64) -> Result<u64, StorageError> {
        self.pool.query("DELETE FROM sessions WHERE expires_at < $1").bind(now).execute().await
    }
}
