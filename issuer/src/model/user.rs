use std::fmt;

/// Role of a user for whom none is set.
pub const DEFAULT_ROLE: &str = "instructor";
/// Role of administrators.
pub const ADMIN_ROLE: &str = "admin";

/// A user's primary key and the claim `user_id`.
pub type UserId = i64;

/// A stored user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Never reused, not even after a deletion.
    pub id: UserId,
    /// Unique and case-sensitive, in Unicode form NFKC.
    pub username: String,
    /// May be empty.
    pub email: String,
    /// May be empty.
    pub first_name: String,
    /// May be empty.
    pub last_name: String,
    /// Never serialized and never logged.
    pub password_hash: PasswordHash,
    /// The claim `role`.
    pub role: String,
    /// The claim `premium`.
    pub premium: bool,
    /// Inactive users cannot log in, refresh, or use their tokens at the issuer.
    pub is_active: bool,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds at which all sessions of the user were last ended; 0 if never. Tokens without
    /// a session are valid only if they were issued later.
    pub sessions_ended_at: i64,
}

impl User {
    /// Returns whether a login checked against `earlier` is still valid for this newer record: the
    /// user is active, has the same password and was not logged out everywhere in between.
    #[must_use]
    pub fn is_trusted_as(&self, earlier: &Self) -> bool {
        self.is_active
            && self.password_hash == earlier.password_hash
            && self.sessions_ended_at == earlier.sessions_ended_at
    }
}

/// A validated user that is not stored yet.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) password_hash: PasswordHash,
    pub(crate) role: String,
    pub(crate) premium: bool,
    pub(crate) is_active: bool,
    /// Unix seconds.
    pub(crate) created_at: i64,
}

impl NewUser {
    /// Returns the same user, unable to log in.
    #[must_use]
    pub fn inactive(self) -> Self {
        Self { is_active: false, ..self }
    }
}

/// An encoded password hash: in PHC string format (`$argon2id$v=19$...`) or in one of Django's
/// formats. Any other text matches no password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps an encoded hash without checking its format.
    #[must_use]
    pub fn from_encoded(encoded: String) -> Self {
        Self(encoded)
    }

    /// Returns the encoded hash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    /// Keeps the hash out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}
