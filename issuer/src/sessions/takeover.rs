//! Sessions that begin with a refresh token of another system: whose they are, how long they live,
//! and what ends them.

use super::{RefreshToken, Session, SessionError, Sessions};
use crate::token::Subject;
use crate::users::User;

impl Sessions {
    /// Ends a session that was taken over from another system whose key is no longer trusted.
    pub(super) async fn still_trusted(&self, session: &Session) -> Result<(), SessionError> {
        if self.is_trusted(session) {
            return Ok(());
        }
        self.storage.revoke_session(&session.id, session.user_id, self.now()).await?;
        self.publish_revocations().await;
        tracing::warn!(
            session = session.id,
            "a session ended with the trust in the key that vouched for it"
        );
        Err(SessionError::Ended)
    }

    fn is_trusted(&self, session: &Session) -> bool {
        !session.taken_over || session.kid.as_deref().is_some_and(|kid| self.tokens.trusts(kid))
    }

    /// Whether the session that a token names, or that its `jti` is the id of, is the one of this
    /// token.
    pub(super) fn is_session_of(&self, session: &Session, token: &Subject) -> bool {
        let is_named = match token.session {
            Some(_) => token.user_id == Some(session.user_id),
            None => session.was_taken_over_from(token.user_id, &token.kid),
        };
        is_named && self.is_trusted(session)
    }

    /// The live session of a refresh token. A token that comes without one, of another system,
    /// gets one.
    pub(super) async fn open(&self, token: &Subject, user: &User) -> Result<Session, SessionError> {
        let id = token.session.as_deref().unwrap_or(&token.jti);
        if token.session.is_none() && self.storage.session(id).await?.is_none() {
            // One that has a session already may have been kept when the others ended.
            if !self.is_newer_than_the_end(token, user) {
                return Err(SessionError::Ended);
            }
            self.store(&mut self.taken_over(token, user)?, user).await?;
        }
        let session = self.live(id, user.id).await?;
        // The id may be that of a session which the token has nothing to do with.
        if token.session.is_none() && !session.was_taken_over_from(token.user_id, &token.kid) {
            return Err(SessionError::Ended);
        }
        self.still_trusted(&session).await?;
        Ok(session)
    }

    /// A session for a refresh token that comes without one. The key of that token vouches for it.
    pub(super) fn taken_over(&self, token: &Subject, user: &User) -> Result<Session, SessionError> {
        let expires_at = self.takeover_end(token)?;
        let first = RefreshToken { jti: token.jti.clone(), issued_at: token.issued_at, expires_at };
        let access_seconds = self.tokens.lifetimes().access_seconds;
        let session =
            Session::new(token.jti.clone(), user.id, first, access_seconds, token.kid.clone());
        Ok(Session { taken_over: true, ..session })
    }

    /// When a refresh token that comes without a session ends, in Unix seconds: no later than one
    /// of the issuer's own that was issued at the same time. Reckoned from `iat`, so that the
    /// token cannot begin again when the record of its session was deleted.
    pub(super) fn takeover_end(&self, token: &Subject) -> Result<i64, SessionError> {
        if token.issued_at == 0 {
            return Err(SessionError::Undated);
        }
        let end =
            token.issued_at.saturating_add(i64::from(self.tokens.lifetimes().refresh_seconds));
        let end = end.min(token.expires_at);
        if self.now() >= end { Err(SessionError::Expired) } else { Ok(end) }
    }

    /// For a token without a session: whether it was issued after the user's sessions were ended,
    /// all of them. The clock that wrote `iat` may be ahead by as much as is accepted; in case of
    /// doubt the user logs in once more.
    pub(super) fn is_newer_than_the_end(&self, token: &Subject, user: &User) -> bool {
        let ahead = i64::try_from(self.tokens.future_leeway_seconds()).unwrap_or(i64::MAX);
        user.sessions_ended_at == 0
            || token.issued_at > user.sessions_ended_at.saturating_add(ahead)
    }
}
