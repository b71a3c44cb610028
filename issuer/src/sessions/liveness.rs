//! Whether the session of a token is live.

use super::service::Sessions;
use crate::model::{TokenType, User, UserId};
use crate::storage::{StorageError, UserAndSession};
use crate::token::Subject;

impl Sessions {
    /// Returns whether the session of a verified token is live; for a token without a session,
    /// whether it is newer than the last end of all sessions of its user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_live(&self, token: &Subject) -> Result<bool, StorageError> {
        if self.store.is_ended_key(&token.kid).await? {
            return Ok(false);
        }
        let id = match (&token.session, token.token_type) {
            (Some(id), _) => Some(id),
            (None, TokenType::Refresh) => Some(&token.jti),
            (None, TokenType::Access) => None,
        };
        let session = match id {
            Some(id) => self.store.session(id).await?,
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
        if token.token_type == TokenType::Refresh && self.takeover_expiry(token).is_err() {
            return Ok(false);
        }
        // Without a `user_id`, no user's sessions could have ended. With one that is unusable, they
        // could have: the token is refused.
        let Some(id) = token.user_id else { return Ok(!token.names_a_user) };
        let user = self.store.user_by_id(id).await?;
        Ok(user.is_some_and(|user| self.is_newer_than_last_end(token, &user)))
    }

    /// Returns the user of a verified access token, and whether the token's session is live;
    /// `None` if there is no such user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user(
        &self,
        id: UserId,
        token: &Subject,
    ) -> Result<Option<(User, bool)>, StorageError> {
        if let Some(session) = &token.session {
            let both = self.store.user_and_session(id, session, &token.kid).await?;
            return Ok(both.map(|UserAndSession { user, session }| {
                let is_live = session.is_some_and(|session| {
                    session.revoked_at.is_none() && self.is_trusted(&session)
                });
                (user, is_live)
            }));
        }
        let is_ended_key = self.store.is_ended_key(&token.kid).await?;
        Ok(self.store.user_by_id(id).await?.map(|user| {
            let is_live = !is_ended_key && self.is_newer_than_last_end(token, &user);
            (user, is_live)
        }))
    }
}
