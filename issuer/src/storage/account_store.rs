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
        read_separately(self, id, session, kid).await
    }
}

async fn read_separately<S: UserStore + SessionStore + ?Sized>(
    store: &S,
    id: UserId,
    session: &str,
    kid: &str,
) -> Result<Option<UserAndSession>, StorageError> {
    let Some(user) = store.user_by_id(id).await? else { return Ok(None) };
    let session = match store.session(session).await? {
        Some(session) if session.user_id == id && !store.is_ended_key(kid).await? => Some(session),
        _ => None,
    };
    Ok(Some(UserAndSession { user, session }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{KeySessions, NewUser, PasswordHash, RefreshToken};
    use crate::storage;

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
        let store = storage::open(&url).await.expect("a database");
        let owner = store.insert_user(&new_user("owner")).await.expect("a new user");
        let other = store.insert_user(&new_user("other")).await.expect("a new user");
        for (id, kid) in [("live", "good"), ("revoked", "good"), ("ended", "stolen")] {
            let first = RefreshToken { jti: id.to_owned(), issued_at: 1, expires_at: 9 };
            let session = Session::new(id.to_owned(), owner.id, first, 60, kid.to_owned());
            assert!(store.insert_session(&session, &owner).await.expect("it is stored"), "{id}");
        }
        assert!(store.revoke_session("revoked", owner.id, 2).await.expect("it works"));
        let ended = store.revoke_sessions_of_key("stolen", KeySessions::Never, 3).await;
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
            let one = store.user_and_session(user, session, kid).await.expect("it works");
            let two = read_separately(&*store, user, session, kid).await.expect("it works");
            assert_eq!(one, two, "{user} {session} {kid}");
            let one = one.expect("a user");
            assert_eq!((one.user.id, one.session.is_some()), (user, is_found), "{session} {kid}");
        }
        let gone = other.id + 1;
        assert_eq!(store.user_and_session(gone, "live", "good").await.expect("it works"), None);
        assert_eq!(read_separately(&*store, gone, "live", "good").await.expect("it works"), None);
        store.close().await;
    }
}
