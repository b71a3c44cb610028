//! Sessions taken over with a refresh token of another system: their owner, lifetime and end.

use super::error::SessionError;
use super::service::Sessions;
use crate::model::{RefreshToken, Session, User};
use crate::token::Subject;

impl Sessions {
    /// Revokes a session that was taken over with a key that is no longer trusted.
    ///
    /// # Errors
    /// [`SessionError::Ended`] if it did so.
    pub(super) async fn require_trust(&self, session: &Session) -> Result<(), SessionError> {
        if self.is_trusted(session) {
            return Ok(());
        }
        self.store.revoke_session(&session.id, session.user_id, self.now()).await?;
        self.publish_revocations().await;
        tracing::warn!(session = session.id, "revoked a session: its key is no longer trusted");
        Err(SessionError::Ended)
    }

    pub(super) fn is_trusted(&self, session: &Session) -> bool {
        !session.taken_over || session.kid.as_deref().is_some_and(|kid| self.tokens.trusts(kid))
    }

    /// Returns whether a session belongs to a token that names it, or whose `jti` is its id.
    pub(super) fn is_session_of(&self, session: &Session, token: &Subject) -> bool {
        let is_named = match token.session {
            Some(_) => token.user_id == Some(session.user_id),
            None => session.was_taken_over_from(token.user_id, &token.kid),
        };
        is_named && self.is_trusted(session)
    }

    /// Returns the live session of a refresh token. A token without one, of another system, gets a
    /// new one.
    pub(super) async fn open(&self, token: &Subject, user: &User) -> Result<Session, SessionError> {
        let id = token.session.as_deref().unwrap_or(&token.jti);
        if token.session.is_none() && self.store.session(id).await?.is_none() {
            // Checked only for new sessions: an existing one may be the one that was excepted when
            // the others ended.
            if !self.is_newer_than_last_end(token, user) {
                return Err(SessionError::Ended);
            }
            self.insert(&mut self.taken_over(token, user)?, user).await?;
        }
        let session = self.live(id, user.id).await?;
        // The id may be that of an unrelated session.
        if token.session.is_none() && !session.was_taken_over_from(token.user_id, &token.kid) {
            return Err(SessionError::Ended);
        }
        self.require_trust(&session).await?;
        Ok(session)
    }

    /// Creates the session for a refresh token without one. The token's key vouches for it.
    pub(super) fn taken_over(&self, token: &Subject, user: &User) -> Result<Session, SessionError> {
        let expires_at = self.takeover_expiry(token)?;
        let first = RefreshToken { jti: token.jti.clone(), issued_at: token.issued_at, expires_at };
        let access_seconds = self.tokens.lifetimes().access_seconds;
        let session =
            Session::new(token.jti.clone(), user.id, first, access_seconds, token.kid.clone());
        Ok(Session { taken_over: true, ..session })
    }

    /// Returns when a refresh token without a session expires, in Unix seconds: no later than one
    /// of the issuer that was issued at the same time. Computed from `iat`, so that the token
    /// cannot begin another session after the record of the first was deleted.
    pub(super) fn takeover_expiry(&self, token: &Subject) -> Result<i64, SessionError> {
        if token.issued_at == 0 {
            return Err(SessionError::Undated);
        }
        let lifetime = i64::from(self.tokens.lifetimes().refresh_seconds);
        let expires_at = token.issued_at.saturating_add(lifetime).min(token.expires_at);
        if self.now() >= expires_at { Err(SessionError::Expired) } else { Ok(expires_at) }
    }

    /// Returns whether a token without a session was issued after all sessions of the user were
    /// last ended. The clock that wrote `iat` may be ahead by the accepted leeway; in doubt, the
    /// user logs in again.
    pub(super) fn is_newer_than_last_end(&self, token: &Subject, user: &User) -> bool {
        let leeway = i64::try_from(self.tokens.future_leeway_seconds()).unwrap_or(i64::MAX);
        user.sessions_ended_at == 0
            || token.issued_at > user.sessions_ended_at.saturating_add(leeway)
    }
}
