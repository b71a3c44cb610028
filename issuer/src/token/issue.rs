//! Signing new tokens.

use std::sync::Arc;

use chrono::DateTime;
use jwt_compact::Claims;
use verifier_core::TokenType;

use super::claims::TokenClaims;
use crate::clock::Clock;
use crate::keys::{self, LiveKeys, SignError};
use crate::random::{Random, RandomError, hex128};
use crate::revocation::StatusLists;
use crate::sessions::{RefreshToken, Session};
use crate::users::User;

/// How long tokens live, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of an access token.
    pub access_seconds: u32,
    /// Of a refresh token.
    pub refresh_seconds: u32,
}

impl Default for Lifetimes {
    /// Two hours and one day.
    fn default() -> Self {
        Self { access_seconds: 7_200, refresh_seconds: 86_400 }
    }
}

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// No `jti` without randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The token could not be serialized or signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The clock is beyond the calendar.
    #[error("the clock or a lifetime is out of range")]
    Time,
}

/// Makes tokens with the active key.
pub struct TokenIssuer {
    keys: Arc<LiveKeys>,
    lifetimes: Lifetimes,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    lists: Option<StatusLists>,
}

impl TokenIssuer {
    /// An issuer of tokens with these lifetimes.
    #[must_use]
    pub fn new(
        keys: Arc<LiveKeys>,
        lifetimes: Lifetimes,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self { keys, lifetimes, clock, random, lists: None }
    }

    /// Makes tokens name their place in these status lists.
    #[must_use]
    pub fn with_status_lists(mut self, lists: StatusLists) -> Self {
        self.lists = Some(lists);
        self
    }

    /// A place in a status list for a session that begins, another one for each `attempt`; `None`
    /// without lists, or when the attempts are used up because they are full.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new_place(&self, attempt: u32) -> Result<Option<(i64, i64)>, IssueError> {
        match &self.lists {
            Some(lists) => Ok(lists.place(attempt, &*self.random)?),
            None => Ok(None),
        }
    }

    /// How long tokens live.
    #[must_use]
    pub fn lifetimes(&self) -> Lifetimes {
        self.lifetimes
    }

    /// The thumbprint of the key that signs now.
    #[must_use]
    pub fn signing_kid(&self) -> String {
        self.keys.current().signing.kid().to_owned()
    }

    /// Returns whether tokens of the key with this thumbprint are accepted now.
    #[must_use]
    pub fn trusts(&self, kid: &str) -> bool {
        self.keys.trusts(kid)
    }

    /// How far ahead of this clock the `iat` of an accepted token may be, in seconds.
    #[must_use]
    pub fn future_leeway_seconds(&self) -> u64 {
        self.keys.accepted().future_leeway_seconds
    }

    /// The id of a session that begins.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new_session_id(&self) -> Result<String, IssueError> {
        Ok(hex128(&*self.random)?)
    }

    /// What tells a new refresh token from all others, and its times.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new_refresh_token(&self) -> Result<RefreshToken, IssueError> {
        let issued_at = self.clock.now().timestamp();
        let expires_at = issued_at + i64::from(self.lifetimes.refresh_seconds);
        Ok(RefreshToken { jti: hex128(&*self.random)?, issued_at, expires_at })
    }

    /// A refresh token of a session. The same `token` for the same user gives the same text: RS256
    /// is deterministic.
    ///
    /// # Errors
    /// See [`IssueError`]; none depends on the request.
    pub fn refresh(
        &self,
        user: &User,
        session: &Session,
        token: &RefreshToken,
    ) -> Result<String, IssueError> {
        let uri = self.list_uri(session);
        let status = session.status_idx.zip(uri.as_deref());
        let claims = TokenClaims::of(user, &session.id, TokenType::Refresh, &token.jti, status);
        self.signed(claims, token.issued_at, token.expires_at)
    }

    /// A new access token of a session, with the user's claims as they are in `user`.
    ///
    /// # Errors
    /// See [`IssueError`]; none depends on the request.
    pub fn access(&self, user: &User, session: &Session) -> Result<String, IssueError> {
        let jti = hex128(&*self.random)?;
        let now = self.clock.now().timestamp();
        let uri = self.list_uri(session);
        let status = session.status_idx.zip(uri.as_deref());
        let claims = TokenClaims::of(user, &session.id, TokenType::Access, &jti, status);
        self.signed(claims, now, now + i64::from(self.lifetimes.access_seconds))
    }

    fn list_uri(&self, session: &Session) -> Option<String> {
        Some(self.lists.as_ref()?.uri(session.status_list?))
    }

    fn signed(
        &self,
        claims: TokenClaims<'_>,
        issued_at: i64,
        expires_at: i64,
    ) -> Result<String, IssueError> {
        let mut claims = Claims::new(claims);
        claims.issued_at = DateTime::from_timestamp(issued_at, 0);
        claims.expiration = DateTime::from_timestamp(expires_at, 0);
        if claims.issued_at.is_none() || claims.expiration.is_none() {
            return Err(IssueError::Time);
        }
        Ok(keys::sign("JWT", &claims, &self.keys.current().signing)?)
    }
}
