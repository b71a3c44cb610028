use async_trait::async_trait;

use super::error::StorageError;
use super::session_store::SessionStore;
use super::user_store::UserStore;
use crate::model::{Session, User, UserId};

/// A user and one of their sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAndSession {
    /// The user.
    pub user: User,
    /// The session, revoked or not; `None` if there is no such session of this user, or if the
    /// sessions of the key that signed the token were ended for good.
    pub session: Option<Session>,
}

/// Reads users and sessions together.
#[async_trait]
pub trait AccountStore: UserStore + SessionStore {
    /// Returns the user with this id together with the session of a token that names both and was
    /// signed by the key with the thumbprint `kid`. `None` if there is no such user.
    ///
    /// Reads user and session separately, since they may be in different databases. Override it
    /// where one query does both.
    ///
    /// # Errors
    /// When the database fails.
    async fn user_and_session(
        &self,
        id: UserId,
        session: &str,
        kid: &str,
    ) -> Result<Option<UserAndSession>, StorageError> {
        let Some(user) = self.user_by_id(id).await? else { return Ok(None) };
        let session = match self.session(session).await? {
            Some(session) if session.user_id == id && !self.is_ended_key(kid).await? => {
                Some(session)
            }
            _ => None,
        };
        Ok(Some(UserAndSession { user, session }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{KeySessions, NewUser, PasswordHash, RefreshToken};
    use crate::storage::{self, Storage, StorageError};

    /// The same users and sessions, as if they were in different databases.
    struct Separate(Arc<dyn Storage>);

    #[async_trait]
    impl UserStore for Separate {
        async fn user_by_name(&self, username: &str) -> Result<Option<User>, StorageError> {
            self.0.user_by_name(username).await
        }

        async fn user_by_id(&self, id: UserId) -> Result<Option<User>, StorageError> {
            self.0.user_by_id(id).await
        }

        async fn users_from(&self, first: UserId, limit: u32) -> Result<Vec<User>, StorageError> {
            self.0.users_from(first, limit).await
        }

        async fn users_page(
            &self,
            offset: i64,
            limit: u32,
        ) -> Result<(i64, Vec<User>), StorageError> {
            self.0.users_page(offset, limit).await
        }
    }

    #[async_trait]
    impl SessionStore for Separate {
        async fn session(&self, id: &str) -> Result<Option<Session>, StorageError> {
            self.0.session(id).await
        }

        async fn insert_session(
            &self,
            session: &Session,
            user: &User,
        ) -> Result<bool, StorageError> {
            self.0.insert_session(session, user).await
        }

        async fn rotate_session(
            &self,
            id: &str,
            from_jti: &str,
            to: &RefreshToken,
            expires_at: i64,
        ) -> Result<bool, StorageError> {
            self.0.rotate_session(id, from_jti, to, expires_at).await
        }

        async fn extend_session(&self, id: &str, expires_at: i64) -> Result<(), StorageError> {
            self.0.extend_session(id, expires_at).await
        }

        async fn forget_previous(&self, id: &str, jti: &str) -> Result<(), StorageError> {
            self.0.forget_previous(id, jti).await
        }

        async fn revoke_session(
            &self,
            id: &str,
            user: UserId,
            now: i64,
        ) -> Result<bool, StorageError> {
            self.0.revoke_session(id, user, now).await
        }

        async fn revoke_sessions(
            &self,
            user: UserId,
            except: Option<&str>,
            now: i64,
        ) -> Result<u64, StorageError> {
            self.0.revoke_sessions(user, except, now).await
        }

        async fn is_ended_key(&self, kid: &str) -> Result<bool, StorageError> {
            self.0.is_ended_key(kid).await
        }
    }

    impl AccountStore for Separate {}

    fn new_user(username: &str) -> NewUser {
        NewUser {
            username: username.to_owned(),
            email: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            password_hash: PasswordHash::from_encoded("!".to_owned()),
            role: "student".to_owned(),
            premium: false,
            is_active: true,
            created_at: 1,
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn separate_reads_find_what_one_query_finds() {
        let directory = tempfile::TempDir::new().expect("a temporary directory");
        let url = format!("sqlite://{}", directory.path().join("issuer.sqlite3").display());
        let joined = storage::open(&url).await.expect("a database");
        let separate = Separate(joined.clone());
        let owner = joined.insert_user(&new_user("owner")).await.expect("a new user");
        let other = joined.insert_user(&new_user("other")).await.expect("a new user");
        for (id, kid) in [("live", "good"), ("revoked", "good"), ("ended", "stolen")] {
            let first = RefreshToken { jti: id.to_owned(), issued_at: 1, expires_at: 9 };
            let session = Session::new(id.to_owned(), owner.id, first, 60, kid.to_owned());
            assert!(joined.insert_session(&session, &owner).await.expect("it is stored"), "{id}");
        }
        assert!(joined.revoke_session("revoked", owner.id, 2).await.expect("it works"));
        let ended = joined.revoke_sessions_of_key("stolen", KeySessions::Never, 3).await;
        assert_eq!(ended.expect("it works"), 1);
        for (user, session, kid, is_found) in [
            (owner.id, "live", "good", true),
            (owner.id, "revoked", "good", true),
            (owner.id, "ended", "good", true),
            (owner.id, "ended", "stolen", false),
            (owner.id, "live", "stolen", false),
            (owner.id, "unknown", "good", false),
            (other.id, "live", "good", false),
        ] {
            let one = joined.user_and_session(user, session, kid).await.expect("it works");
            let two = separate.user_and_session(user, session, kid).await.expect("it works");
            assert_eq!(one, two, "{user} {session} {kid}");
            let one = one.expect("a user");
            assert_eq!((one.user.id, one.session.is_some()), (user, is_found), "{session} {kid}");
        }
        let gone = other.id + 1;
        assert_eq!(joined.user_and_session(gone, "live", "good").await.expect("it works"), None);
        assert_eq!(separate.user_and_session(gone, "live", "good").await.expect("it works"), None);
        joined.close().await;
    }
}
