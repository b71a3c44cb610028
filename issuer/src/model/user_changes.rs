use super::user::{ADMIN_ROLE, User};

/// How a change of the claims `role` and `premium` affects the user's sessions, whose access
/// tokens carry the old claims.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClaimsChange {
    /// Ends the sessions if the user loses a role or premium. A new administrator loses nothing.
    #[default]
    EndLost,
    /// Ends the sessions on every change.
    End,
    /// Ends no session: access tokens carry the old claims until they expire or are refreshed.
    AtRefresh,
}

/// Whether a change may remove the last active administrator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LastAdministrator {
    /// No: without one, the HTTP administration would be inaccessible.
    #[default]
    Stays,
    /// Yes.
    MayGo,
}

/// Changes to a user; `None` leaves a value as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Email address; may become empty.
    pub email: Option<String>,
    /// First name; may become empty.
    pub first_name: Option<String>,
    /// Last name; may become empty.
    pub last_name: Option<String>,
    /// The claim `role`.
    pub role: Option<String>,
    /// The claim `premium`.
    pub premium: Option<bool>,
    /// Whether the user may log in.
    pub is_active: Option<bool>,
    /// Which sessions a change of role or premium ends.
    pub on_claims_change: ClaimsChange,
    /// Whether the change may leave no active administrator.
    pub last_administrator: LastAdministrator,
}

impl Changes {
    /// Returns whether the change could remove an administrator and must not remove the last one.
    #[must_use]
    pub fn could_remove_an_administrator(&self) -> bool {
        let demotes = self.is_active == Some(false)
            || self.role.as_ref().is_some_and(|role| role != ADMIN_ROLE);
        demotes && self.last_administrator == LastAdministrator::Stays
    }

    /// Returns whether the change could end sessions, whatever the stored values are.
    #[must_use]
    pub fn could_end_sessions(&self) -> bool {
        self.role.is_some() || self.premium.is_some() || self.is_active == Some(false)
    }

    /// Returns whether the change ends all sessions of a user whose stored record is `before`.
    #[must_use]
    pub fn ends_sessions_of(&self, before: &User) -> bool {
        let changes_role = self.role.as_ref().is_some_and(|role| *role != before.role);
        // A new administrator loses nothing, and gets the role with the next refresh.
        let loses_role = changes_role && self.role.as_deref() != Some(ADMIN_ROLE);
        let changes_premium = self.premium.is_some_and(|premium| premium != before.premium);
        let ends = match self.on_claims_change {
            ClaimsChange::EndLost => loses_role || changes_premium && before.premium,
            ClaimsChange::End => changes_role || changes_premium,
            ClaimsChange::AtRefresh => false,
        };
        ends || self.is_active == Some(false)
    }
}
