use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::snapshot::Snapshot;
use crate::model::{ADMIN_ROLE, NewUser, UserId};
use crate::users::stored_hash::StoredHash;

/// A user to be stored under the id that the Django project's tokens and tables use.
#[derive(Debug, Clone)]
pub struct ImportedUser {
    /// The id in Django.
    pub id: UserId,
    /// The record.
    pub record: NewUser,
}

impl ImportedUser {
    /// Returns the name in the form in which it is looked up.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.record.username
    }

    /// Returns whether a password can match. Django marks users without one, and projects may use
    /// other hashes.
    #[must_use]
    pub fn has_usable_password(&self) -> bool {
        StoredHash::parse(self.record.password_hash.as_str()).is_some()
    }

    /// Returns the SHA-256 digest of Django's hash, in base64url. A later import sees by it whether
    /// Django's hash has changed, after the issuer has replaced it at the first login.
    pub(crate) fn password_fingerprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.record.password_hash.as_str().as_bytes()))
    }

    /// Returns Django's values, from which a later import sees which of them changed.
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
