//! Where users and sessions are stored: small traits, and their implementation for SQLite and
//! PostgreSQL, chosen by the database URL.
//!
//! | trait | for |
//! |---|---|
//! | [`UserStore`] | reading users; they may be in another project's table |
//! | [`UserAdministration`] | changing users |
//! | [`SessionStore`] | sessions during requests |
//! | [`AccountStore`] | a user and a session in one read |
//! | [`SessionAdministration`] | ending and deleting sessions of all users |
//! | [`RevocationStore`] | publishing revocations |
//! | [`DatabaseHealth`] | health checks and shutdown |

mod account_store;
mod all_stores;
mod backup;
mod error;
mod health;
mod migrations;
mod open;
mod postgres;
mod revocation_store;
mod session_store;
mod sql;
mod sqlite;
mod user_store;

pub use account_store::{AccountStore, UserAndSession};
pub use all_stores::Storage;
pub use backup::{BackupError, backup};
pub use error::{ChangeError, ImportError, InsertError, OpenError, StorageError};
pub use health::{DatabaseHealth, PoolLoad};
pub use migrations::TablesState;
pub use open::{examine, exposure, open, open_existing, open_for_reading, try_writing};
pub use revocation_store::RevocationStore;
pub use session_store::{SessionAdministration, SessionStore};
pub use user_store::{UserAdministration, UserStore};

pub use crate::model::KeySessions;
pub use crate::sqlite_file::Exposure;
