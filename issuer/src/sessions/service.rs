//! Beginning, continuing and ending sessions.

use std::sync::Arc;

use verifier_core::TokenType;

use super::{Place, RefreshToken, Session};
use crate::clock::Clock;
use crate::revocation::Revocations;
use crate::storage::{Storage, StorageError, UserAndSession};
use crate::token::{IssueError, Subject, TokenIssuer};
use crate::users::User;

/// What a login gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPair {
    /// Opens resources.
    pub access: String,
    /// Gets new access tokens.
    pub refresh: String,
}

/// What a refresh gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed {
    /// Opens resources.
    pub access: String,
    /// The successor of the refresh token, with rotation.
    pub refresh: Option<String>,
}

/// A session cannot be continued or ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// It was ended already, or the token was replaced.
    #[error("the session was ended")]
    Ended,
    /// Its token was replaced and the successor used: somebody has a copy, and the session was
    /// ended for it.
    #[error("a used refresh token came again")]
    Reused,
    /// It lived as long as a session may.
    #[error("the session has expired")]
    Expired,
    /// A token without a session does not say when it was issued, so nothing bounds its lifetime.
    #[error("the token does not say when it was issued")]
    Undated,
    /// The key that would vouch for it was removed with all its sessions.
    #[error("the sessions of the key that signs were ended")]
    KeyEnded,
    /// Its user is inactive or gone.
    #[error("the session has no active user")]
    NoActiveUser,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// No token could be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

/// Everything that happens to sessions.
pub struct Sessions {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) tokens: TokenIssuer,
    clock: Arc<dyn Clock>,
    rotation: bool,
    revocations: Arc<Revocations>,
}

impl Sessions {
    /// Sessions in this storage; with `rotation`, every refresh replaces the refresh token. Ended
    /// sessions are told to `revocations`.
    #[must_use]
    pub fn new(
        storage: Arc<dyn Storage>,
        tokens: TokenIssuer,
        clock: Arc<dyn Clock>,
        rotation: bool,
        revocations: Arc<Revocations>,
    ) -> Self {
        Self { storage, tokens, clock, rotation, revocations }
    }

    /// Starts a session for a user who has just logged in.
    ///
    /// # Errors
    /// When the database or the signer fails. [`SessionError::NoActiveUser`] when the user was
    /// deleted or deactivated, got another password or was logged out everywhere since the record
    /// was read.
    pub async fn begin(&self, user: &User) -> Result<TokenPair, SessionError> {
        let id = self.tokens.new_session_id()?;
        let token = self.tokens.new_refresh_token()?;
        let access_seconds = self.tokens.lifetimes().access_seconds;
        let mut session =
            Session::new(id, user.id, token.clone(), access_seconds, self.tokens.signing_kid());
        if !self.store(&mut session, user).await? {
            return Err(SessionError::NoActiveUser);
        }
        Ok(TokenPair {
            access: self.tokens.access(user, &session)?,
            refresh: self.tokens.refresh(user, &session, &token)?,
        })
    }

    /// Stores a new session in a free place of the status lists, found by trying. False when the
    /// user is not any more as the record says, or the session is there already.
    pub(super) async fn store(
        &self,
        session: &mut Session,
        user: &User,
    ) -> Result<bool, SessionError> {
        let stored = self.store_somewhere(session, user).await?;
        if let (false, Some(kid)) = (stored, &session.kid)
            && self.storage.is_ended_key(kid).await?
        {
            tracing::error!(
                kid,
                "no session begins: the key was removed with all its sessions, but is still in use"
            );
            return Err(SessionError::KeyEnded);
        }
        Ok(stored)
    }

    async fn store_somewhere(
        &self,
        session: &mut Session,
        user: &User,
    ) -> Result<bool, SessionError> {
        let mut attempt = 0;
        while let Some((list, idx)) = self.tokens.new_place(attempt)? {
            (session.status_list, session.status_idx) = (Some(list), Some(idx));
            if self.storage.insert_session(session, user).await? {
                return Ok(true);
            }
            // Most often the place was taken; the rest is as quickly found out.
            let now = self.storage.user_by_id(user.id).await?;
            if self.storage.session(&session.id).await?.is_some()
                || !now.is_some_and(|now| now.is_trusted_as(user))
            {
                return Ok(false);
            }
            if let Some(kid) = &session.kid
                && self.storage.is_ended_key(kid).await?
            {
                return Ok(false);
            }
            attempt += 1;
        }
        if attempt > 0 {
            tracing::error!("the status lists are full: a session begins that they do not tell of");
        }
        (session.status_list, session.status_idx) = (None, None);
        Ok(self.storage.insert_session(session, user).await?)
    }

    /// Tells everybody who is told of ended sessions, soon; called after the database was told.
    pub async fn publish_revocations(&self) {
        self.revocations.publish().await;
    }

    /// Continues the session of a good refresh token.
    ///
    /// The record and not the token says who the user is: the new tokens carry the claims of this
    /// moment.
    ///
    /// # Errors
    /// [`SessionError::Reused`] for a token that was replaced and whose successor was used, which
    /// ends the session.
    pub async fn refresh(&self, token: &Subject) -> Result<Refreshed, SessionError> {
        let (user, mut session) = self.continued(token).await?;
        // The token may say what it likes: the session's own end is what the issuer has decided.
        if self.now() >= session.refresh_expires_at {
            return Err(SessionError::Expired);
        }
        // A token of another system is exchanged for one of the issuer's.
        let rotates = self.rotation || token.is_foreign;
        if rotates && session.place(&token.jti) == Place::Current {
            let successor = self.tokens.new_refresh_token()?;
            let expires_at = self.last_expiry(session.expires_at, successor.expires_at);
            if self.storage.rotate_session(&session.id, &token.jti, &successor, expires_at).await? {
                return self.refreshed(&user, &session, Some(&successor));
            }
            // Another refresh of the same token was faster: its successor serves both.
            session = self.live(&session.id, user.id).await?;
        }
        match session.place(&token.jti) {
            Place::Superseded => {
                tracing::warn!(
                    user_id = user.id,
                    session = session.id,
                    "a used refresh token came again"
                );
                self.storage.revoke_session(&session.id, user.id, self.now()).await?;
                self.publish_revocations().await;
                Err(SessionError::Reused)
            }
            _ if rotates => self.refreshed(&user, &session, Some(&session.newest())),
            place => {
                if place == Place::Current && session.previous_jti.is_some() {
                    // The successor of an exchanged token is in use: from now on, that one is a
                    // copy.
                    self.storage.forget_previous(&session.id, &token.jti).await?;
                }
                let expires_at = self.last_expiry(session.expires_at, self.now());
                if expires_at > session.expires_at {
                    self.storage.extend_session(&session.id, expires_at).await?;
                }
                self.refreshed(&user, &session, None)
            }
        }
    }

    /// Ends the session of a good refresh token: a logout.
    ///
    /// # Errors
    /// [`SessionError::Ended`] when it was ended before, unless its user is gone or inactive: then
    /// it is of no use to anybody, whoever has ended it.
    pub async fn end(&self, token: &Subject) -> Result<(), SessionError> {
        match self.end_once(token).await {
            Err(SessionError::Ended)
                if !self.subject(token).await?.is_some_and(|user| user.is_active) =>
            {
                Ok(())
            }
            outcome => outcome,
        }
    }

    async fn end_once(&self, token: &Subject) -> Result<(), SessionError> {
        if self.storage.is_ended_key(&token.kid).await? {
            return Err(SessionError::Ended);
        }
        if token.session.is_none() {
            let Some(user) = self.subject(token).await? else { return Ok(()) };
            if user.is_active {
                self.open(token, &user).await?;
            } else {
                // Ended from its beginning, so that it stays so should the user become active
                // again.
                let mut session = self.taken_over(token, &user)?;
                session.revoked_at = Some(self.now());
                if self.storage.insert_session(&session, &user).await? {
                    return Ok(());
                }
            }
        }
        let id = token.session.as_deref().unwrap_or(&token.jti);
        // A session of another user is none of this token's, whoever signed it.
        let user = token.user_id.ok_or(SessionError::Ended)?;
        if !self.storage.revoke_session(id, user, self.now()).await? {
            return Err(SessionError::Ended);
        }
        self.publish_revocations().await;
        Ok(())
    }

    /// Ends all sessions of a user but the one `kept`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_all(&self, user: i64, kept: Option<&str>) -> Result<u64, StorageError> {
        let ended = self.storage.revoke_sessions(user, kept, self.now()).await?;
        self.publish_revocations().await;
        Ok(ended)
    }

    /// Whether the session of a good token goes on. A token without a session is asked for its
    /// user's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_live(&self, token: &Subject) -> Result<bool, StorageError> {
        if self.storage.is_ended_key(&token.kid).await? {
            return Ok(false);
        }
        let id = match (&token.session, token.token_type) {
            (Some(id), _) => Some(id),
            (None, TokenType::Refresh) => Some(&token.jti),
            (None, TokenType::Access) => None,
        };
        let session = match id {
            Some(id) => self.storage.session(id).await?,
            None => None,
        };
        if let Some(session) = session {
            if !self.is_session_of(&session, token) {
                return Ok(false);
            }
            return Ok(match token.token_type {
                TokenType::Refresh => {
                    session.is_live_for(&token.jti) && self.now() < session.refresh_expires_at
                }
                TokenType::Access => session.revoked_at.is_none(),
            });
        }
        if token.session.is_some() {
            return Ok(false);
        }
        if token.token_type == TokenType::Refresh && self.takeover_end(token).is_err() {
            return Ok(false);
        }
        // A token without a `user_id` has no user whose sessions could have ended. One whose
        // `user_id` cannot be read may have: it is refused.
        let Some(id) = token.user_id else { return Ok(!token.names_a_user) };
        let user = self.storage.user_by_id(id).await?;
        Ok(user.is_some_and(|user| self.is_newer_than_the_end(token, &user)))
    }

    /// The user of a good access token, and whether the token's session goes on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user(
        &self,
        id: i64,
        token: &Subject,
    ) -> Result<Option<(User, bool)>, StorageError> {
        Ok(match &token.session {
            Some(session) => {
                self.storage.user_in_session(id, session, &token.kid).await?.map(|found| {
                    let is_trusted = found.taken_over_by.is_none_or(|kid| self.tokens.trusts(&kid));
                    (found.user, found.session_is_live && is_trusted)
                })
            }
            None => {
                let key_is_ended = self.storage.is_ended_key(&token.kid).await?;
                self.storage.user_by_id(id).await?.map(|user| {
                    let is_live = !key_is_ended && self.is_newer_than_the_end(token, &user);
                    (user, is_live)
                })
            }
        })
    }

    /// The active user and the live session of a refresh token: most often found by one question.
    async fn continued(&self, token: &Subject) -> Result<(User, Session), SessionError> {
        if let (Some(user), Some(session)) = (token.user_id, &token.session)
            && let Some(UserAndSession { user, session }) =
                self.storage.user_and_session(user, session, &token.kid).await?
        {
            return match (user.is_active, session.revoked_at) {
                (false, _) => Err(SessionError::NoActiveUser),
                (true, Some(_)) => Err(SessionError::Ended),
                (true, None) => {
                    self.still_trusted(&session).await?;
                    Ok((user, session))
                }
            };
        }
        if self.storage.is_ended_key(&token.kid).await? {
            return Err(SessionError::Ended);
        }
        let user = self
            .subject(token)
            .await?
            .filter(|user| user.is_active)
            .ok_or(SessionError::NoActiveUser)?;
        let session = self.open(token, &user).await?;
        Ok((user, session))
    }

    /// The user of a token, active or not.
    async fn subject(&self, token: &Subject) -> Result<Option<User>, StorageError> {
        match token.user_id {
            Some(id) => self.storage.user_by_id(id).await,
            None => Ok(None),
        }
    }

    pub(super) async fn live(&self, id: &str, user: i64) -> Result<Session, SessionError> {
        let session = self.storage.session(id).await?;
        session
            .filter(|session| session.revoked_at.is_none() && session.user_id == user)
            .ok_or(SessionError::Ended)
    }

    fn refreshed(
        &self,
        user: &User,
        session: &Session,
        successor: Option<&RefreshToken>,
    ) -> Result<Refreshed, SessionError> {
        let refresh = match successor {
            Some(token) => Some(self.tokens.refresh(user, session, token)?),
            None => None,
        };
        Ok(Refreshed { access: self.tokens.access(user, session)?, refresh })
    }

    /// When the last token of a session expires whose newest refresh token can be used until
    /// `refresh_expires_at`.
    fn last_expiry(&self, known: i64, refresh_expires_at: i64) -> i64 {
        known.max(
            refresh_expires_at.saturating_add(i64::from(self.tokens.lifetimes().access_seconds)),
        )
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now().timestamp()
    }
}
