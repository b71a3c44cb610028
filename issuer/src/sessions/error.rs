use crate::storage::StorageError;
use crate::token::IssueError;

/// A session cannot begin, continue or end.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The session or the token was revoked.
    #[error("the session was ended")]
    Ended,
    /// The refresh token was superseded and its successor used: the token was stolen or replayed,
    /// so the session was revoked.
    #[error("a superseded refresh token was presented")]
    Reused,
    /// The session has expired.
    #[error("the session has expired")]
    Expired,
    /// A token without a session has no `iat`, so that its lifetime is unbounded.
    #[error("the token has no iat")]
    Undated,
    /// The active key was removed together with all its sessions.
    #[error("the sessions of the active key were ended")]
    KeyEnded,
    /// The user is inactive or gone.
    #[error("the session has no active user")]
    NoActiveUser,
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// No token could be issued.
    #[error(transparent)]
    Issue(#[from] IssueError),
}
