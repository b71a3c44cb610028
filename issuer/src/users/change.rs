//! What of a user's record changes, and what that ends.

use clap::ValueEnum;

use super::account::{InvalidRecord, check_values};
use super::{ADMIN_ROLE, User};

/// What a change of the claims `role` and `premium` does to the user's sessions, whose access
/// tokens carry the old ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ClaimsChange {
    /// They end when a role or premium is lost; a new administrator loses none
    #[default]
    EndLost,
    /// They end
    End,
    /// They go on: access tokens carry the old claims until they expire or are refreshed
    AtRefresh,
}

/// Whether the last active administrator may be removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LastAdministrator {
    /// No: nobody could administer over HTTP any more.
    #[default]
    Stays,
    /// Yes.
    MayGo,
}

/// Values of a record that change; `None` leaves one as it is. Checked by [`Changes::checked`].
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
    /// What a change of role or premium ends.
    pub on_claims_change: ClaimsChange,
    /// Whether the change may leave no active administrator.
    pub last_administrator: LastAdministrator,
}

impl Changes {
    /// Checks the values.
    ///
    /// # Errors
    /// Names every rule that is broken.
    pub fn checked(self) -> Result<Self, InvalidRecord> {
        check_values(
            self.email.as_deref(),
            self.first_name.as_deref(),
            self.last_name.as_deref(),
            self.role.as_deref(),
        )?;
        Ok(self)
    }

    /// Returns whether the change takes from an administrator what makes one, and may not do so to
    /// the last.
    #[must_use]
    pub fn could_remove_an_administrator(&self) -> bool {
        let takes_away = self.is_active == Some(false)
            || self.role.as_ref().is_some_and(|role| role != ADMIN_ROLE);
        takes_away && self.last_administrator == LastAdministrator::Stays
    }

    /// Returns whether the change could end sessions, whatever the record was.
    #[must_use]
    pub fn could_end_sessions(&self) -> bool {
        self.role.is_some() || self.premium.is_some() || self.is_active == Some(false)
    }

    /// Returns whether all sessions of the user end, whose record is `before` until now.
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
