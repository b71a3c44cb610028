use super::snapshot::Snapshot;
use crate::model::{ADMIN_ROLE, PasswordHash, UserId};

/// The part of a stored user that an import compares.
#[derive(Debug, Clone)]
pub(crate) struct StoredUser {
    pub(crate) id: UserId,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) password_hash: PasswordHash,
    pub(crate) role: String,
    pub(crate) is_active: bool,
    pub(crate) created_at: i64,
    /// [`super::ImportedUser::password_fingerprint`] at the last import; `None` if the user is not
    /// known to be imported.
    pub(crate) imported_password: Option<String>,
    /// Django's other values at the last import; `None` if they were not recorded.
    pub(crate) imported_record: Option<Snapshot>,
}

impl StoredUser {
    pub(super) fn is_imported(&self) -> bool {
        self.imported_password.is_some()
    }

    /// Returns the values as Django would have them: it knows superusers, but no other roles.
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
