//! Sessions: what one login starts, and what ends together.
//!
//! A session is the family of all refresh tokens that come from one login. With rotation, each
//! refresh replaces the newest token by its successor. Until the successor is used, the token
//! before it gives the same successor again, so that a lost answer or a second browser tab ends
//! nothing; after that, an old token can only be a copy, and presenting it ends the session (RFC
//! 9700 section 4.14.2).

mod service;
mod takeover;

pub use service::{Refreshed, SessionError, Sessions, TokenPair};

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The claim `sid` of its tokens; for a token that came without, that token's `jti`.
    pub id: String,
    /// Whose it is.
    pub user_id: i64,
    /// `jti` of the newest refresh token.
    pub current_jti: String,
    /// `jti` of the one before, when there was one.
    pub previous_jti: Option<String>,
    /// `iat` of the newest refresh token, in Unix seconds.
    pub issued_at: i64,
    /// `exp` of the newest refresh token, in Unix seconds.
    pub refresh_expires_at: i64,
    /// When the last token of the session, access tokens included, has expired, in Unix seconds.
    pub expires_at: i64,
    /// When it was ended before its time, in Unix seconds.
    pub revoked_at: Option<i64>,
    /// Number of the Token Status List that its tokens name, when they name one.
    pub status_list: Option<i64>,
    /// Its index in that list.
    pub status_idx: Option<i64>,
    /// Thumbprint of the key that vouched for it: the one that signed at the login, or that signed
    /// the token by which the session was taken over. `None` for a session older than this record.
    pub kid: Option<String>,
    /// Whether it began with a token of another system, and so lives only as long as its key is
    /// trusted.
    pub taken_over: bool,
}

/// Where a refresh token stands in its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is the newest.
    Current,
    /// Its successor was made and not used yet.
    Previous,
    /// Its successor was used: whoever presents it has a copy.
    Superseded,
}

/// The newest refresh token of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its `jti`.
    pub jti: String,
    /// Its `iat`, in Unix seconds.
    pub issued_at: i64,
    /// Its `exp`, in Unix seconds.
    pub expires_at: i64,
}

impl Session {
    /// A new session with its first refresh token; the key with the thumbprint `kid` vouches for
    /// it.
    #[must_use]
    pub fn new(
        id: String,
        user_id: i64,
        first: RefreshToken,
        access_seconds: u32,
        kid: String,
    ) -> Self {
        Self {
            id,
            user_id,
            current_jti: first.jti,
            previous_jti: None,
            issued_at: first.issued_at,
            refresh_expires_at: first.expires_at,
            expires_at: first.expires_at.saturating_add(i64::from(access_seconds)),
            revoked_at: None,
            status_list: None,
            status_idx: None,
            kid: Some(kid),
            taken_over: false,
        }
    }

    /// Returns whether it is the session of a token without `sid`, of this user and this key.
    #[must_use]
    pub fn was_taken_over_from(&self, user_id: Option<i64>, kid: &str) -> bool {
        // A session older than the record of keys may be one.
        let by_that_key = self.kid.as_deref().is_none_or(|own| own == kid && self.taken_over);
        user_id == Some(self.user_id) && by_that_key
    }

    /// Where the refresh token of this `jti` stands.
    #[must_use]
    pub fn place(&self, jti: &str) -> Place {
        if self.current_jti == jti {
            Place::Current
        } else if self.previous_jti.as_deref() == Some(jti) {
            Place::Previous
        } else {
            Place::Superseded
        }
    }

    /// Whether a refresh token of this `jti` can still be used.
    #[must_use]
    pub fn is_live_for(&self, jti: &str) -> bool {
        self.revoked_at.is_none() && self.place(jti) != Place::Superseded
    }

    /// The newest refresh token.
    #[must_use]
    pub fn newest(&self) -> RefreshToken {
        RefreshToken {
            jti: self.current_jti.clone(),
            issued_at: self.issued_at,
            expires_at: self.refresh_expires_at,
        }
    }
}
