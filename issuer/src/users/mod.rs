//! Users: what a record holds, which values it may hold, and how passwords are kept.

mod account;
mod change;
mod chosen;
mod import;
mod password;
mod stored_hash;
mod turns;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

pub use account::{
    InvalidRecord, InvalidUser, NewUser, PasswordOwner, Profile, check_password,
    normalised_username,
};
pub use change::{Changes, ClaimsChange, LastAdministrator};
pub use import::{
    Claims, Differing, IdTaken, ImportOptions, ImportReport, ImportedUser, KeptAdministrator,
    NotTaken, SourceError, read_django_users,
};
pub(crate) use import::{Plan, Snapshot, StoredUser, plan};
pub use password::{
    Busy, HashingError, HashingLimits, MAX_PASSWORD_BYTES, Match, PasswordHash, PasswordHasher,
    generate_password,
};
pub use turns::HashingLoad;

/// Role of a user for whom none is given: the document's.
pub const DEFAULT_ROLE: &str = "instructor";
/// Role that administers.
pub const ADMIN_ROLE: &str = "admin";

/// A user's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Never given to another user, even after a deletion.
    pub id: i64,
    /// Unique, compared exactly, in Unicode form NFKC.
    pub username: String,
    /// May be empty.
    pub email: String,
    /// May be empty.
    pub first_name: String,
    /// May be empty.
    pub last_name: String,
    /// In PHC string format; never serialised, never printed.
    pub password_hash: PasswordHash,
    /// The claim `role`.
    pub role: String,
    /// The claim `premium`.
    pub premium: bool,
    /// Inactive users cannot log in, refresh or use their tokens at the issuer.
    pub is_active: bool,
    /// Unix seconds.
    pub created_at: i64,
    /// Tokens that name no session are good when issued after this, in Unix seconds; 0: all of
    /// them.
    pub sessions_ended_at: i64,
}

impl User {
    /// Whether this record of now still gives what an earlier one gave: active, with the same
    /// password, and not logged out everywhere in between.
    #[must_use]
    pub fn is_trusted_as(&self, earlier: &Self) -> bool {
        self.is_active
            && self.password_hash == earlier.password_hash
            && self.sessions_ended_at == earlier.sessions_ended_at
    }
}

/// The part of a record that its user sees: the document's `user` object.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView<'a> {
    id: i64,
    username: &'a str,
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
}

/// A record as an administrator sees it: all but the password hash.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = UserRecord)]
pub struct AdminView<'a> {
    #[serde(flatten)]
    #[schema(inline)]
    user: UserView<'a>,
    role: &'a str,
    premium: bool,
    is_active: bool,
    /// In the form of RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    date_joined: Option<DateTime<Utc>>,
}

impl User {
    /// The record as an administrator sees it.
    #[must_use]
    pub fn admin_view(&self) -> AdminView<'_> {
        AdminView {
            user: self.view(),
            role: &self.role,
            premium: self.premium,
            is_active: self.is_active,
            date_joined: DateTime::from_timestamp(self.created_at, 0),
        }
    }

    /// The values that a password of this user must not resemble.
    #[must_use]
    pub fn password_owner(&self) -> PasswordOwner<'_> {
        let Self { username, email, first_name, last_name, .. } = self;
        PasswordOwner { username, email, first_name, last_name }
    }

    /// The record as its user sees it.
    #[must_use]
    pub fn view(&self) -> UserView<'_> {
        UserView {
            id: self.id,
            username: &self.username,
            email: &self.email,
            first_name: &self.first_name,
            last_name: &self.last_name,
        }
    }
}
