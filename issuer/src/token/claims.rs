//! The claims of SimpleJWT's tokens, with `username`, `email`, `role`, `premium`, and the session
//! as `sid`; and with a profile the standard claims.

use serde::Serialize;

use crate::model::{AudienceClaim, TokenProfile, TokenType, User};

/// All claims except `exp` and `iat`, which jwt-compact writes.
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
    #[serde(flatten)]
    standard: Option<StandardClaims<'a>>,
}

/// The claims of a [`TokenProfile`].
#[derive(Debug, Serialize)]
struct StandardClaims<'a> {
    iss: &'a str,
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<AudienceClaim<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

impl<'a> StandardClaims<'a> {
    fn of(profile: &'a TokenProfile, user: &User, token_type: TokenType) -> Self {
        Self {
            iss: &profile.issuer,
            sub: user.id.to_string(),
            aud: profile.audience_claim(token_type),
            client_id: profile.client_id(token_type),
        }
    }
}

/// Reference to a status list (draft-ietf-oauth-status-list, section "Referenced Token").
#[derive(Debug, Serialize)]
struct Status<'a> {
    status_list: StatusListReference<'a>,
}

#[derive(Debug, Serialize)]
struct StatusListReference<'a> {
    idx: i64,
    uri: &'a str,
}

impl<'a> TokenClaims<'a> {
    /// Returns the claims of a new token. `status` is an index in a status list, and the list's
    /// URI.
    pub(super) fn of(
        user: &'a User,
        session: &'a str,
        token_type: TokenType,
        jti: &'a str,
        status: Option<(i64, &'a str)>,
        profile: Option<&'a TokenProfile>,
    ) -> Self {
        let status =
            status.map(|(idx, uri)| Status { status_list: StatusListReference { idx, uri } });
        Self {
            token_type: token_type.as_str(),
            jti,
            sid: session,
            user_id: user.id,
            username: &user.username,
            email: &user.email,
            role: &user.role,
            premium: user.premium,
            status,
            standard: profile.map(|profile| StandardClaims::of(profile, user, token_type)),
        }
    }
}
