//! Rows as domain types.
//!
//! Written by hand: sqlx's macros would compile its drivers a second time, for the compiler.

use sqlx::Error;

use super::pool::Row;
use crate::model::{PasswordHash, Revocation, Session, StatusSlot, User};
use crate::storage::account_store::UserAndSession;
use crate::users::{Snapshot, StoredUser};

pub(super) fn user(row: &Row) -> Result<User, Error> {
    Ok(User {
        id: row.get("id")?,
        username: row.get("username")?,
        email: row.get("email")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        password_hash: PasswordHash::from_encoded(row.get("password_hash")?),
        role: row.get("role")?,
        premium: row.get("premium")?,
        is_active: row.get("is_active")?,
        created_at: row.get("created_at")?,
        sessions_ended_at: row.get("sessions_ended_at")?,
    })
}

/// Reads a user with the columns that an import compares.
pub(super) fn stored_user(row: &Row) -> Result<StoredUser, Error> {
    let imported_record: Option<String> = row.get("imported_record")?;
    let imported_record = imported_record
        .map(|json| Snapshot::from_json(&json))
        .transpose()
        .map_err(|error| Error::Decode(error.into()))?;
    Ok(StoredUser {
        id: row.get("id")?,
        username: row.get("username")?,
        email: row.get("email")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        password_hash: PasswordHash::from_encoded(row.get("password_hash")?),
        role: row.get("role")?,
        is_active: row.get("is_active")?,
        created_at: row.get("created_at")?,
        imported_password: row.get("imported_password")?,
        imported_record,
    })
}

/// Reads a session whose id has the name `session_id`, which no column of a user has.
pub(super) fn session(row: &Row) -> Result<Session, Error> {
    let list: Option<i64> = row.get("status_list")?;
    let index: Option<i64> = row.get("status_idx")?;
    Ok(Session {
        id: row.get("session_id")?,
        user_id: row.get("user_id")?,
        current_jti: row.get("current_jti")?,
        previous_jti: row.get("previous_jti")?,
        issued_at: row.get("issued_at")?,
        refresh_expires_at: row.get("refresh_expires_at")?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.get("revoked_at")?,
        status: list.zip(index).map(|(list, index)| StatusSlot { list, index }),
        kid: row.get("kid")?,
        taken_over: row.get("taken_over")?,
    })
}

/// Reads a user and, unless `session_id` is NULL, a session.
pub(super) fn user_and_session(row: &Row) -> Result<UserAndSession, Error> {
    let session = match row.get::<Option<&str>>("session_id")? {
        Some(_) => Some(session(row)?),
        None => None,
    };
    Ok(UserAndSession { user: user(row)?, session })
}

pub(super) fn revocation(row: &Row) -> Result<Revocation, Error> {
    Ok(Revocation {
        id: row.get("id")?,
        revoked_at: row.get("revoked_at")?,
        expires_at: row.get("expires_at")?,
    })
}

/// Reads the id of a user.
pub(super) fn id(row: &Row) -> Result<i64, Error> {
    row.get("id")
}

/// Reads a column `count`.
pub(super) fn count(row: &Row) -> Result<i64, Error> {
    row.get("count")
}
