//! What an import reads of the records that are stored.

use super::Snapshot;
use crate::users::{ADMIN_ROLE, PasswordHash};

/// A record that is there, as far as an import compares it.
#[derive(Debug, Clone)]
pub(crate) struct StoredUser {
    pub(crate) id: i64,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) password_hash: PasswordHash,
    pub(crate) role: String,
    pub(crate) is_active: bool,
    pub(crate) created_at: i64,
    /// [`ImportedUser::password_fingerprint`] of the last import; `None`: the user is not known to
    /// have been imported.
    pub(crate) imported_password: Option<String>,
    /// Django's other values at the last import; `None`: they were not recorded.
    pub(crate) imported_record: Option<Snapshot>,
}

impl StoredUser {
    pub(super) fn is_imported(&self) -> bool {
        self.imported_password.is_some()
    }

    /// Returns the values as Django would hold them. Django knows superusers only; other
    /// roles are set here.
    pub(super) fn values(&self) -> Snapshot {
        Snapshot {
            username: self.username.clone(),
            email: self.email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            is_active: self.is_active,
            is_superuser: self.role == ADMIN_ROLE,
        }
    }
}
