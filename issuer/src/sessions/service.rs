//! The service and what begins and ends sessions.

use std::sync::Arc;

use super::error::SessionError;
use crate::clock::Clock;
use crate::model::{Session, User, UserId};
use crate::revocation::Revocations;
use crate::storage::{AccountStore, StorageError};
use crate::token::{Subject, TokenIssuer};

/// The tokens of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPair {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

/// The tokens of a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed {
    /// The access token.
    pub access: String,
    /// The successor of the refresh token, if it is rotated.
    pub refresh: Option<String>,
}

/// Begins, continues and ends sessions.
pub struct Sessions {
    pub(super) store: Arc<dyn AccountStore>,
    pub(super) tokens: TokenIssuer,
    clock: Arc<dyn Clock>,
    pub(super) rotates: bool,
    revocations: Arc<Revocations>,
}

impl Sessions {
    /// Creates a service on this store, which publishes revocations to `revocations`. With
    /// `rotates`, every refresh replaces the refresh token.
    #[must_use]
    pub fn new(
        store: Arc<dyn AccountStore>,
        tokens: TokenIssuer,
        clock: Arc<dyn Clock>,
        rotates: bool,
        revocations: Arc<Revocations>,
    ) -> Self {
        Self { store, tokens, clock, rotates, revocations }
    }

    /// Begins a session for a user who has just logged in.
    ///
    /// # Errors
    /// [`SessionError::NoActiveUser`] if the user was deleted or deactivated, got another password
    /// or was logged out everywhere since the record was read. [`SessionError::KeyEnded`], or when
    /// the database or the signer fails.
    pub async fn begin(&self, user: &User) -> Result<TokenPair, SessionError> {
        let id = self.tokens.new_session_id()?;
        let token = self.tokens.new_refresh_token()?;
        let access_seconds = self.tokens.lifetimes().access_seconds;
        let mut session =
            Session::new(id, user.id, token.clone(), access_seconds, self.tokens.signing_kid());
        if !self.insert(&mut session, user).await? {
            return Err(SessionError::NoActiveUser);
        }
        Ok(TokenPair {
            access: self.tokens.access(user, &session)?,
            refresh: self.tokens.refresh(user, &session, &token)?,
        })
    }

    /// Stores a new session in a free status slot. Returns false if the user has changed since the
    /// record was read, or if the session exists already.
    pub(super) async fn insert(
        &self,
        session: &mut Session,
        user: &User,
    ) -> Result<bool, SessionError> {
        let is_inserted = self.insert_in_free_slot(session, user).await?;
        if let (false, Some(kid)) = (is_inserted, &session.kid)
            && self.store.is_ended_key(kid).await?
        {
            tracing::error!(
                kid,
                "refused a new session: the active key was removed with all its sessions"
            );
            return Err(SessionError::KeyEnded);
        }
        Ok(is_inserted)
    }

    /// Finds a free slot by trying random ones: the insertion fails on a slot in use.
    async fn insert_in_free_slot(
        &self,
        session: &mut Session,
        user: &User,
    ) -> Result<bool, SessionError> {
        let mut attempt = 0;
        while let Some(slot) = self.tokens.new_slot(attempt)? {
            session.status = Some(slot);
            if self.store.insert_session(session, user).await? {
                return Ok(true);
            }
            if !self.may_insert(session, user).await? {
                return Ok(false);
            }
            attempt += 1;
        }
        if attempt > 0 {
            tracing::error!("the status lists are full: a new session is in none of them");
        }
        session.status = None;
        Ok(self.store.insert_session(session, user).await?)
    }

    /// Returns whether a failed insertion can succeed in another slot.
    async fn may_insert(&self, session: &Session, user: &User) -> Result<bool, StorageError> {
        let current = self.store.user_by_id(user.id).await?;
        if self.store.session(&session.id).await?.is_some()
            || !current.is_some_and(|current| current.is_trusted_as(user))
        {
            return Ok(false);
        }
        match &session.kid {
            Some(kid) => Ok(!self.store.is_ended_key(kid).await?),
            None => Ok(true),
        }
    }

    /// Publishes revocations. Call after committing them.
    pub async fn publish_revocations(&self) {
        self.revocations.publish().await;
    }

    /// Revokes the session of a verified token: a logout. An access token must name its session.
    ///
    /// # Errors
    /// [`SessionError::Ended`] if it was revoked before, unless its user is gone or inactive: then
    /// the token is useless anyway.
    pub async fn end(&self, token: &Subject) -> Result<(), SessionError> {
        match self.revoke(token).await {
            Err(SessionError::Ended)
                if !self.subject(token).await?.is_some_and(|user| user.is_active) =>
            {
                Ok(())
            }
            result => result,
        }
    }

    async fn revoke(&self, token: &Subject) -> Result<(), SessionError> {
        if self.store.is_ended_key(&token.kid).await? {
            return Err(SessionError::Ended);
        }
        if token.session.is_none() {
            let Some(user) = self.subject(token).await? else { return Ok(()) };
            if user.is_active {
                self.open(token, &user).await?;
            } else {
                // Revoked from its beginning, so that it stays so if the user becomes active again.
                let mut session = self.taken_over(token, &user)?;
                session.revoked_at = Some(self.now());
                if self.store.insert_session(&session, &user).await? {
                    return Ok(());
                }
            }
        }
        let id = token.session.as_deref().unwrap_or(&token.jti);
        // Only a session of the token's user, also for a token of another system.
        let user = token.user_id.ok_or(SessionError::Ended)?;
        if !self.store.revoke_session(id, user, self.now()).await? {
            return Err(SessionError::Ended);
        }
        self.publish_revocations().await;
        Ok(())
    }

    /// Revokes all sessions of a user except the one with the id `except`. Returns how many were
    /// live.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_all(&self, user: UserId, except: Option<&str>) -> Result<u64, StorageError> {
        let revoked = self.store.revoke_sessions(user, except, self.now()).await?;
        self.publish_revocations().await;
        Ok(revoked)
    }

    /// Returns the user of a token, active or not.
    pub(super) async fn subject(&self, token: &Subject) -> Result<Option<User>, StorageError> {
        match token.user_id {
            Some(id) => self.store.user_by_id(id).await,
            None => Ok(None),
        }
    }

    /// Returns a live session of this user.
    pub(super) async fn live(&self, id: &str, user: UserId) -> Result<Session, SessionError> {
        let session = self.store.session(id).await?;
        session
            .filter(|session| session.revoked_at.is_none() && session.user_id == user)
            .ok_or(SessionError::Ended)
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now().timestamp()
    }
}
