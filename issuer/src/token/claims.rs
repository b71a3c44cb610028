//! The claims of SimpleJWT's tokens, with the document's additions, and `sid`, which tells what ends with a logout.

use serde::Serialize;
use verifier_core::TokenType;

use crate::users::User;

/// Everything in a token but `exp` and `iat`, which jwt-compact writes.
#[derive(Debug, Serialize)]
pub(super) struct TokenClaims<'a> {
    token_type: &'static str,
    jti: &'a str,
    sid: &'a str,
    user_id: i64,
    username: &'a str,
    email: &'a str,
    role: &'a str,
    premium: bool,
}

impl<'a> TokenClaims<'a> {
    /// The claims of a new token for this user, as the user is now.
    pub(super) fn of(user: &'a User, session: &'a str, token_type: TokenType, jti: &'a str) -> Self {
        Self {
            token_type: token_type.as_str(),
            jti,
            sid: session,
            user_id: user.id,
            username: &user.username,
            email: &user.email,
            role: &user.role,
            premium: user.premium,
        }
    }
}
