//! Continuing a session with a refresh token.

use super::error::SessionError;
use super::service::{Refreshed, Sessions};
use crate::model::{RefreshToken, Session, TokenPosition, User};
use crate::storage::UserAndSession;
use crate::token::Subject;

impl Sessions {
    /// Continues the session of a verified refresh token. The new tokens carry the user's current
    /// claims, not those of the token.
    ///
    /// # Errors
    /// [`SessionError::Reused`] for a superseded token whose successor was used, which revokes the
    /// session; or another [`SessionError`].
    pub async fn refresh(&self, token: &Subject) -> Result<Refreshed, SessionError> {
        let (user, mut session) = self.continued(token).await?;
        // The session's own end counts, whatever `exp` the token has.
        if self.now() >= session.refresh_expires_at {
            return Err(SessionError::Expired);
        }
        // A token of another system is exchanged for one of the issuer's.
        let rotates = self.rotates || token.is_foreign;
        if rotates && session.position(&token.jti) == TokenPosition::Current {
            let successor = self.tokens.new_refresh_token()?;
            let expires_at = self.last_expiry(session.expires_at, successor.expires_at);
            if self.store.rotate_session(&session.id, &token.jti, &successor, expires_at).await? {
                return self.issue(&user, &session, Some(&successor));
            }
            // A concurrent refresh of the same token won: its successor serves both.
            session = self.live(&session.id, user.id).await?;
        }
        match session.position(&token.jti) {
            TokenPosition::Superseded => Err(self.revoke_reused(&session).await?),
            _ if rotates => self.issue(&user, &session, Some(&session.newest())),
            position => {
                if position == TokenPosition::Current && session.previous_jti.is_some() {
                    // The successor of an exchanged token is in use, which supersedes that token.
                    self.store.forget_previous(&session.id, &token.jti).await?;
                }
                let expires_at = self.last_expiry(session.expires_at, self.now());
                if expires_at > session.expires_at {
                    self.store.extend_session(&session.id, expires_at).await?;
                }
                self.issue(&user, &session, None)
            }
        }
    }

    async fn revoke_reused(&self, session: &Session) -> Result<SessionError, SessionError> {
        tracing::warn!(
            user_id = session.user_id,
            session = session.id,
            "a superseded refresh token was presented"
        );
        self.store.revoke_session(&session.id, session.user_id, self.now()).await?;
        self.publish_revocations().await;
        Ok(SessionError::Reused)
    }

    /// Returns the active user and the live session of a refresh token, with one read in the usual
    /// case.
    async fn continued(&self, token: &Subject) -> Result<(User, Session), SessionError> {
        if let (Some(user), Some(session)) = (token.user_id, &token.session)
            && let Some(UserAndSession { user, session: Some(session) }) =
                self.store.user_and_session(user, session, &token.kid).await?
        {
            return match (user.is_active, session.revoked_at) {
                (false, _) => Err(SessionError::NoActiveUser),
                (true, Some(_)) => Err(SessionError::Ended),
                (true, None) => {
                    self.require_trust(&session).await?;
                    Ok((user, session))
                }
            };
        }
        if self.store.is_ended_key(&token.kid).await? {
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

    fn issue(
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

    /// Returns when the last token of a session expires: no earlier than `known`, nor than an
    /// access token that is issued at `last_refresh`.
    fn last_expiry(&self, known: i64, last_refresh: i64) -> i64 {
        let access_seconds = i64::from(self.tokens.lifetimes().access_seconds);
        known.max(last_refresh.saturating_add(access_seconds))
    }
}
