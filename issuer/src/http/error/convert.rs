//! Maps errors to responses, and logs those whose cause the response does not contain.

use super::{ApiError, OAuthError};
use crate::http::throttle::Throttled;
use crate::sessions::SessionError;
use crate::storage::{ChangeError, InsertError, StorageError};
use crate::token::{IssueError, TokenRefusal};
use crate::users::{Busy, HashingError, InvalidField, InvalidRecord};

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "the storage failed");
        Self::Unavailable
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Ended | SessionError::Reused => Self::Token(TokenRefusal::REVOKED),
            SessionError::Expired => Self::Token(TokenRefusal::EXPIRED),
            SessionError::Undated => Self::Token(TokenRefusal::UNDATED),
            // Logged where it is found.
            SessionError::KeyEnded => Self::Unavailable,
            SessionError::NoActiveUser => Self::NoActiveAccountForToken,
            SessionError::Storage(error) => error.into(),
            SessionError::Issue(error) => error.into(),
        }
    }
}

impl From<OAuthError> for ApiError {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<IssueError> for ApiError {
    fn from(error: IssueError) -> Self {
        tracing::error!(%error, "cannot issue a token");
        Self::Unavailable
    }
}

impl From<InvalidField> for ApiError {
    fn from(error: InvalidField) -> Self {
        Self::Fields(vec![(error.field, error.rule)])
    }
}

impl From<InvalidRecord> for ApiError {
    fn from(error: InvalidRecord) -> Self {
        Self::Fields(error.fields().iter().map(|invalid| (invalid.field, invalid.rule)).collect())
    }
}

impl From<InsertError> for ApiError {
    fn from(error: InsertError) -> Self {
        match error {
            InsertError::NameTaken => {
                Self::Fields(vec![("username", "A user with that username already exists.")])
            }
            InsertError::Storage(error) => error.into(),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::LastAdministrator => Self::LastAdministrator,
            ChangeError::Storage(error) => error.into(),
        }
    }
}

impl From<HashingError> for ApiError {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy(busy) => busy.into(),
            error => {
                tracing::error!(%error, "cannot hash a password");
                Self::Unavailable
            }
        }
    }
}

impl From<Busy> for ApiError {
    fn from(_: Busy) -> Self {
        tracing::warn!("rejected a login: the queue for password hashes is full");
        Self::Busy
    }
}

impl From<Throttled> for ApiError {
    fn from(Throttled { retry_after_seconds }: Throttled) -> Self {
        Self::Throttled(retry_after_seconds)
    }
}
