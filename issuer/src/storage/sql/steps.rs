//! Steps that several transactions share.

use super::pool::{PerDatabase, Transaction};
use super::rows;
use crate::model::{ADMIN_ROLE, UserId};
use crate::storage::error::{ChangeError, StorageError};

/// Locks the active administrators until the transaction ends, so that two of them cannot remove
/// each other, and returns their ids. Locks by ascending id, as everywhere: in another order, two
/// changes could wait for each other.
const LOCK_ADMINISTRATORS: PerDatabase = PerDatabase {
    // The first statement of a transaction must write: SQLite aborts one that reads first and then
    // finds another writer.
    sqlite: "UPDATE users SET role = role WHERE role = $1 AND is_active RETURNING id",
    postgres: "SELECT id FROM users WHERE role = $1 AND is_active ORDER BY id FOR UPDATE",
};

pub(super) async fn lock_administrators(
    transaction: &mut Transaction,
) -> Result<Vec<UserId>, StorageError> {
    // Waits for an import before locking any row: an import that locked the table in between would
    // wait for these rows, and their change for the table.
    transaction.execute_on_postgres("LOCK TABLE users IN ROW EXCLUSIVE MODE").await?;
    transaction.query_per_database(&LOCK_ADMINISTRATORS).bind(ADMIN_ROLE).fetch_all(rows::id).await
}

/// Fails if this user is the only active administrator.
pub(super) async fn refuse_last_administrator(
    transaction: &mut Transaction,
    id: UserId,
) -> Result<(), ChangeError> {
    let ids = lock_administrators(transaction).await?;
    if ids == [id] { Err(ChangeError::LastAdministrator) } else { Ok(()) }
}

/// Revokes the sessions of a user except one, and returns how many were live.
pub(super) async fn revoke_sessions(
    transaction: &mut Transaction,
    user: UserId,
    except: Option<&str>,
    now: i64,
) -> Result<u64, StorageError> {
    const REVOKE: &str = "\
        UPDATE sessions SET revoked_at = $3 \
        WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL";
    // No session has an empty id.
    let except = except.unwrap_or("");
    transaction.query(REVOKE).bind(user).bind(except).bind(now).execute().await
}

/// Invalidates tokens without a session that were issued until now.
pub(super) async fn end_unnamed_sessions(
    transaction: &mut Transaction,
    user: UserId,
    now: i64,
) -> Result<(), StorageError> {
    const END: &str = "UPDATE users SET sessions_ended_at = $2 WHERE id = $1";
    transaction.query(END).bind(user).bind(now).execute().await.map(drop)
}
