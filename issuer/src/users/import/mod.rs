//! Taking over the users of a Django project: reading its table, and what becomes of each row.

mod names;
mod plan;
mod report;
mod row;
mod snapshot;
mod source;
mod stored;

pub(crate) use plan::{Plan, plan};
pub use report::{Differing, IdTaken, ImportReport, KeptAdministrator, NotTaken};
pub(crate) use snapshot::Snapshot;
pub use source::{SourceError, read_django_users};
pub(crate) use stored::StoredUser;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::stored_hash::StoredHash;
use super::{ADMIN_ROLE, LastAdministrator, NewUser, PasswordHash};

/// A user to be stored under the id that the Django project's tokens and tables know.
#[derive(Debug, Clone)]
pub struct ImportedUser {
    /// The id, kept.
    pub id: i64,
    /// The record.
    pub record: NewUser,
}

impl ImportedUser {
    /// The name, in the form in which it is looked up.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.record.username
    }

    /// Whether a password can open it; Django marks users without one, and projects may use other
    /// hashes.
    #[must_use]
    pub fn has_usable_password(&self) -> bool {
        StoredHash::parse(self.record.password_hash.as_str()).is_some()
    }

    /// Identifies Django's password hash, so that a later import sees whether Django has another
    /// one. The issuer replaces the hash itself at the first login.
    pub(crate) fn password_fingerprint(&self) -> String {
        fingerprint(&self.record.password_hash)
    }

    /// Returns Django's values, for a later import to see which of them changed since.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let record = &self.record;
        Snapshot {
            username: record.username.clone(),
            email: record.email.clone(),
            first_name: record.first_name.clone(),
            last_name: record.last_name.clone(),
            is_active: record.is_active,
            is_superuser: record.role == ADMIN_ROLE,
        }
    }
}

fn fingerprint(hash: &PasswordHash) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, hash.as_str().as_bytes()))
}

/// What an import does with users whose record is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Applies the values that changed in Django since the last import.
    pub update: bool,
    /// Records users whose import is not known as Django's, and its present values as those of
    /// their last import.
    pub adopt: bool,
    /// Whether an update may leave no active administrator.
    pub last_administrator: LastAdministrator,
}

/// What the records get that Django does not know.
#[derive(Debug, Clone)]
pub struct Claims {
    /// The claim `role` of a user who is no superuser.
    pub role: String,
    /// The claim `role` of a superuser.
    pub superuser_role: String,
    /// The claim `premium`.
    pub premium: bool,
}
