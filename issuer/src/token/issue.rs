use std::sync::Arc;

use chrono::DateTime;
use jwt_compact::Claims;

use super::claims::TokenClaims;
use crate::clock::Clock;
use crate::keys::{self, LiveKeys, SignError};
use crate::model::{RefreshToken, Session, StatusSlot, TokenProfile, TokenType, User};
use crate::random::{Random, RandomError, hex128};
use crate::revocation::StatusLists;

/// Lifetimes of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of an access token, in seconds.
    pub access_seconds: u32,
    /// Of a refresh token, in seconds.
    pub refresh_seconds: u32,
}

impl Default for Lifetimes {
    /// Two hours and one day.
    fn default() -> Self {
        Self { access_seconds: 7_200, refresh_seconds: 86_400 }
    }
}

/// A token was not issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The random source failed, so that there is no `jti`.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The token could not be serialized or signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// `iat` or `exp` is beyond the calendar.
    #[error("the clock or a lifetime is out of range")]
    Time,
}

/// Issues tokens, signed by the active key.
pub struct TokenIssuer {
    keys: Arc<LiveKeys>,
    lifetimes: Lifetimes,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    lists: Option<StatusLists>,
    profile: Option<TokenProfile>,
}

impl TokenIssuer {
    /// Creates an issuer of tokens with these lifetimes.
    #[must_use]
    pub fn new(
        keys: Arc<LiveKeys>,
        lifetimes: Lifetimes,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self { keys, lifetimes, clock, random, lists: None, profile: None }
    }

    /// Makes tokens refer to these status lists.
    #[must_use]
    pub fn with_status_lists(mut self, lists: StatusLists) -> Self {
        self.lists = Some(lists);
        self
    }

    /// Gives tokens the standard claims of this profile.
    #[must_use]
    pub fn with_profile(mut self, profile: TokenProfile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Returns a status slot to try for a new session, another one for each `attempt`; `None`
    /// without lists, or if they seem full.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new_slot(&self, attempt: u32) -> Result<Option<StatusSlot>, IssueError> {
        match &self.lists {
            Some(lists) => Ok(lists.slot(attempt, &*self.random)?),
            None => Ok(None),
        }
    }

    /// Returns the lifetimes of tokens.
    #[must_use]
    pub fn lifetimes(&self) -> Lifetimes {
        self.lifetimes
    }

    /// Returns the thumbprint of the active key.
    #[must_use]
    pub fn signing_kid(&self) -> String {
        self.keys.current().signing.kid().to_owned()
    }

    /// Returns whether tokens of the key with this thumbprint are accepted.
    #[must_use]
    pub fn trusts(&self, kid: &str) -> bool {
        self.keys.trusts(kid)
    }

    /// Returns how far in the future the `iat` of an accepted token may be, in seconds.
    #[must_use]
    pub fn future_leeway_seconds(&self) -> u64 {
        self.keys.accepted().future_leeway_seconds()
    }

    /// Returns a new session id.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new_session_id(&self) -> Result<String, IssueError> {
        Ok(hex128(&*self.random)?)
    }

    /// Returns the `jti` and times of a new refresh token.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new_refresh_token(&self) -> Result<RefreshToken, IssueError> {
        let issued_at = self.clock.now().timestamp();
        let expires_at = issued_at + i64::from(self.lifetimes.refresh_seconds);
        Ok(RefreshToken { jti: hex128(&*self.random)?, issued_at, expires_at })
    }

    /// Signs a refresh token of a session. The same arguments give the same text, because RS256 is
    /// deterministic.
    ///
    /// # Errors
    /// See [`IssueError`]; none depends on the request.
    pub fn refresh(
        &self,
        user: &User,
        session: &Session,
        token: &RefreshToken,
    ) -> Result<String, IssueError> {
        let (issued_at, expires_at) = (token.issued_at, token.expires_at);
        self.sign(user, session, TokenType::Refresh, &token.jti, issued_at, expires_at)
    }

    /// Signs a new access token of a session, with the claims of `user`.
    ///
    /// # Errors
    /// See [`IssueError`]; none depends on the request.
    pub fn access(&self, user: &User, session: &Session) -> Result<String, IssueError> {
        let jti = hex128(&*self.random)?;
        let now = self.clock.now().timestamp();
        let expires_at = now + i64::from(self.lifetimes.access_seconds);
        self.sign(user, session, TokenType::Access, &jti, now, expires_at)
    }

    fn sign(
        &self,
        user: &User,
        session: &Session,
        token_type: TokenType,
        jti: &str,
        issued_at: i64,
        expires_at: i64,
    ) -> Result<String, IssueError> {
        let profile = self.profile.as_ref();
        let slot = self.lists.as_ref().zip(session.status);
        let status = slot.map(|(lists, slot)| (slot.index, lists.uri(slot.list)));
        let status = status.as_ref().map(|(index, uri)| (*index, uri.as_str()));
        let claims = TokenClaims::of(user, &session.id, token_type, jti, status, profile);
        let mut claims = Claims::new(claims);
        claims.issued_at = DateTime::from_timestamp(issued_at, 0);
        claims.expiration = DateTime::from_timestamp(expires_at, 0);
        if claims.issued_at.is_none() || claims.expiration.is_none() {
            return Err(IssueError::Time);
        }
        let typ = profile.map_or("JWT", |profile| profile.typ(token_type));
        Ok(keys::sign(typ, &claims, &self.keys.current().signing)?)
    }
}
