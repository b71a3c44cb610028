//! Rows of both databases as the types that [`super::Storage`] deals in.
//!
//! Written out, since sqlx's macros would compile its SQLite and PostgreSQL drivers twice: for
//! themselves, which run in the compiler, and for the issuer.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, FromRow, Row as _};

use super::examine::Applied;
use super::{Revocation, UserAndSession, UserInSession};
use crate::sessions::Session;
use crate::users::{PasswordHash, Snapshot, StoredUser, User};

/// Implements `FromRow` for both databases: the columns are read alike, and their types are not
/// the same.
macro_rules! read {
    ($type:ty, |$row:ident| $read:expr) => {
        impl FromRow<'_, SqliteRow> for $type {
            fn from_row($row: &SqliteRow) -> Result<Self, Error> {
                $read
            }
        }

        impl FromRow<'_, PgRow> for $type {
            fn from_row($row: &PgRow) -> Result<Self, Error> {
                $read
            }
        }
    };
}

read!(User, |row| Ok(Self {
    id: row.try_get("id")?,
    username: row.try_get("username")?,
    email: row.try_get("email")?,
    first_name: row.try_get("first_name")?,
    last_name: row.try_get("last_name")?,
    password_hash: PasswordHash::from_encoded(row.try_get("password_hash")?),
    role: row.try_get("role")?,
    premium: row.try_get("premium")?,
    is_active: row.try_get("is_active")?,
    created_at: row.try_get("created_at")?,
    sessions_ended_at: row.try_get("sessions_ended_at")?,
}));

read!(StoredUser, |row| Ok(Self {
    id: row.try_get("id")?,
    username: row.try_get("username")?,
    email: row.try_get("email")?,
    first_name: row.try_get("first_name")?,
    last_name: row.try_get("last_name")?,
    password_hash: PasswordHash::from_encoded(row.try_get("password_hash")?),
    role: row.try_get("role")?,
    is_active: row.try_get("is_active")?,
    created_at: row.try_get("created_at")?,
    imported_password: row.try_get("imported_password")?,
    imported_record: snapshot(row.try_get("imported_record")?)?,
}));

fn snapshot(json: Option<String>) -> Result<Option<Snapshot>, Error> {
    json.map(|json| Snapshot::from_json(&json))
        .transpose()
        .map_err(|error| Error::Decode(error.into()))
}

read!(Session, |row| Ok(Self {
    id: row.try_get("session_id")?,
    user_id: row.try_get("user_id")?,
    current_jti: row.try_get("current_jti")?,
    previous_jti: row.try_get("previous_jti")?,
    issued_at: row.try_get("issued_at")?,
    refresh_expires_at: row.try_get("refresh_expires_at")?,
    expires_at: row.try_get("expires_at")?,
    revoked_at: row.try_get("revoked_at")?,
    status_list: row.try_get("status_list")?,
    status_idx: row.try_get("status_idx")?,
    kid: row.try_get("kid")?,
    taken_over: row.try_get("taken_over")?,
}));

read!(UserInSession, |row| Ok(Self {
    user: User::from_row(row)?,
    session_is_live: row.try_get("session_is_live")?,
    taken_over_by: row.try_get("taken_over_by")?,
}));

read!(UserAndSession, |row| Ok(Self {
    user: User::from_row(row)?,
    session: Session::from_row(row)?
}));

read!(Revocation, |row| Ok(Self {
    id: row.try_get("id")?,
    revoked_at: row.try_get("revoked_at")?,
    expires_at: row.try_get("expires_at")?,
}));

read!(Applied, |row| Ok(Self {
    version: row.try_get("version")?,
    success: row.try_get("success")?,
    checksum: row.try_get("checksum")?,
}));
