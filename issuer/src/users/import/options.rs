use crate::model::LastAdministrator;

/// How an import treats users that are already stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Applies the values that changed in Django since the last import.
    pub update: bool,
    /// Records users that are not known to be imported as Django's, with the present values in
    /// Django as those of their last import.
    pub adopt: bool,
    /// Whether an update may leave no active administrator.
    pub last_administrator: LastAdministrator,
}

/// Values that Django does not have.
#[derive(Debug, Clone)]
pub struct ImportClaims {
    /// The claim `role` of users who are no superusers.
    pub role: String,
    /// The claim `role` of superusers.
    pub superuser_role: String,
    /// The claim `premium`.
    pub premium: bool,
}
