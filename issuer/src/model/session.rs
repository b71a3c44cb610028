use super::user::UserId;

/// A session: the family of all refresh tokens that come from one login.
///
/// With rotation, each refresh replaces the newest token by its successor. Until the successor is
/// used, the token before it yields the same successor again, so that a lost response or a second
/// browser tab ends nothing. After that, presenting an older token proves a copy and ends the
/// session (RFC 9700 section 4.14.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The claim `sid` of its tokens. A session taken over from a token without `sid` has that
    /// token's `jti` as its id.
    pub id: String,
    /// The user who logged in.
    pub user_id: UserId,
    /// `jti` of the newest refresh token.
    pub current_jti: String,
    /// `jti` of the refresh token before the newest, until the newest is used.
    pub previous_jti: Option<String>,
    /// `iat` of the newest refresh token, in Unix seconds.
    pub issued_at: i64,
    /// `exp` of the newest refresh token, in Unix seconds.
    pub refresh_expires_at: i64,
    /// Unix seconds at which the last token of the session expires, access tokens included.
    pub expires_at: i64,
    /// Unix seconds at which the session was revoked.
    pub revoked_at: Option<i64>,
    /// Position in the Token Status Lists; `None` if its tokens name no list.
    pub status: Option<StatusSlot>,
    /// RFC 7638 thumbprint of the key that vouched for the session: the key that signed at the
    /// login, or that signed the token by which the session was taken over. `None` for sessions
    /// older than this column.
    pub kid: Option<String>,
    /// Whether the session began with a token of another system. It is then valid only as long as
    /// that system's key is trusted.
    pub taken_over: bool,
}

impl Session {
    /// Creates a session with its first refresh token. `kid` is the thumbprint of the key that
    /// vouches for it.
    #[must_use]
    pub fn new(
        id: String,
        user_id: UserId,
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
            status: None,
            kid: Some(kid),
            taken_over: false,
        }
    }

    /// Returns whether this session was taken over from a token without `sid` of this user and
    /// key.
    #[must_use]
    pub fn was_taken_over_from(&self, user_id: Option<UserId>, kid: &str) -> bool {
        // A session older than the column `kid` may have been.
        let by_that_key = self.kid.as_deref().is_none_or(|own| own == kid && self.taken_over);
        user_id == Some(self.user_id) && by_that_key
    }

    /// Returns the position of the refresh token with this `jti`.
    #[must_use]
    pub fn position(&self, jti: &str) -> TokenPosition {
        if self.current_jti == jti {
            TokenPosition::Current
        } else if self.previous_jti.as_deref() == Some(jti) {
            TokenPosition::Previous
        } else {
            TokenPosition::Superseded
        }
    }

    /// Returns whether the refresh token with this `jti` can still be used.
    #[must_use]
    pub fn is_live_for(&self, jti: &str) -> bool {
        self.revoked_at.is_none() && self.position(jti) != TokenPosition::Superseded
    }

    /// Returns the newest refresh token.
    #[must_use]
    pub fn newest(&self) -> RefreshToken {
        RefreshToken {
            jti: self.current_jti.clone(),
            issued_at: self.issued_at,
            expires_at: self.refresh_expires_at,
        }
    }
}

/// Position of a refresh token in its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenPosition {
    /// The newest.
    Current,
    /// Its successor exists and was not used yet.
    Previous,
    /// Its successor was used: the client that presents it has a copy.
    Superseded,
}

/// The part of a refresh token that a session stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its `jti`.
    pub jti: String,
    /// Its `iat`, in Unix seconds.
    pub issued_at: i64,
    /// Its `exp`, in Unix seconds.
    pub expires_at: i64,
}

/// A session's bit in the Token Status Lists (draft-ietf-oauth-status-list).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusSlot {
    /// Number of the list.
    pub list: i64,
    /// Index in the list.
    pub index: i64,
}

/// A revoked session, as services that check tokens themselves need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Id of the session.
    pub id: String,
    /// Unix seconds at which the session was revoked.
    pub revoked_at: i64,
    /// Unix seconds at which the last token of the session expires.
    pub expires_at: i64,
}

/// Whether new sessions of a key may begin after its sessions were revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySessions {
    /// The key stays in use.
    MayBegin,
    /// The key was removed: an issuer that still has it must not begin sessions with it.
    Never,
}
