//! The stores in SQL, written once for SQLite and PostgreSQL.
//!
//! Each statement stands in the function that runs it. Three of them join the issuer's own users
//! with its sessions: [`AccountStore::user_and_session`](super::AccountStore::user_and_session)
//! for speed, `insert_session` and `revoked_in_list` for consistency.

mod health;
mod import;
mod pool;
mod revocations;
mod rows;
mod sessions;
mod steps;
mod users;

pub(super) use pool::Pool;

/// All stores in one database.
#[derive(Debug)]
pub(super) struct SqlStorage {
    pub(super) pool: Pool,
}
