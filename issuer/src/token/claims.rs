//! The claims of SimpleJWT's tokens, with the document's additions, and `sid`, which tells what
//! ends with a logout.

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
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status<'a>>,
}

/// Where a verifier learns whether the session goes on (draft-ietf-oauth-status-list, section
/// "Referenced Token").
#[derive(Debug, Serialize)]
struct Status<'a> {
    status_list: Place<'a>,
}

#[derive(Debug, Serialize)]
struct Place<'a> {
    idx: i64,
    uri: &'a str,
}

impl<'a> TokenClaims<'a> {
    /// The claims of a new token for this user, as the user is now.
    ///
    /// `status`: index in a status list, and the list's URI.
    pub(super) fn of(
        user: &'a User,
        session: &'a str,
        token_type: TokenType,
        jti: &'a str,
        status: Option<(i64, &'a str)>,
    ) -> Self {
        Self {
            token_type: token_type.as_str(),
            jti,
            sid: session,
            user_id: user.id,
            username: &user.username,
            email: &user.email,
            role: &user.role,
            premium: user.premium,
            status: status.map(|(idx, uri)| Status { status_list: Place { idx, uri } }),
        }
    }
}
