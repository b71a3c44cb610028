//! The `Authorization` header (RFC 6750 section 2.1), parsed as SimpleJWT parses it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::http::error::ApiError;
use crate::http::state::Issuer;
use crate::token::{Subject, TokenRefusal};
use crate::users::{ADMIN_ROLE, User};

/// A verified bearer: a valid access token of a live session, and its active user.
///
/// Rejects with 401, in SimpleJWT's words.
pub(in crate::http) struct Bearer {
    pub(in crate::http) user: User,
    pub(in crate::http) token: Subject,
}

/// A verified bearer with the role `admin`. The user's record decides, not the token: a revoked
/// role takes effect at once.
///
/// Rejects with 401 like [`Bearer`], and with 403 without the role.
pub(in crate::http) struct Administrator(pub(in crate::http) User);

impl FromRequestParts<Arc<Issuer>> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, issuer: &Arc<Issuer>) -> Result<Self, ApiError> {
        let token = bearer_token(&parts.headers)?;
        let token =
            issuer.checker.access(token, issuer.clock.now()).map_err(ApiError::BearerToken)?;
        if !token.names_a_user {
            return Err(ApiError::NoUserIdentification);
        }
        let id = token.user_id.ok_or(ApiError::UserNotFound)?;
        let (user, is_live) =
            issuer.sessions.user(id, &token).await?.ok_or(ApiError::UserNotFound)?;
        // Before the session: deactivating a user ends all sessions, and is the reason to report.
        if !user.is_active {
            return Err(ApiError::UserInactive);
        }
        if !is_live {
            return Err(ApiError::BearerToken(TokenRefusal::REVOKED));
        }
        Ok(Self { user, token })
    }
}

impl FromRequestParts<Arc<Issuer>> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, issuer: &Arc<Issuer>) -> Result<Self, ApiError> {
        let Bearer { user, .. } = Bearer::from_request_parts(parts, issuer).await?;
        if user.role == ADMIN_ROLE { Ok(Self(user)) } else { Err(ApiError::Forbidden) }
    }
}

/// Returns the bearer token of a request, unverified.
///
/// The scheme is matched ignoring case (RFC 9110 section 11.1).
///
/// # Errors
/// 401 without the header, with another scheme, with other than two parts, or with two headers.
fn bearer_token(headers: &HeaderMap) -> Result<&[u8], ApiError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Err(ApiError::NotAuthenticated) };
    if values.next().is_some() {
        return Err(ApiError::BadAuthorizationHeader);
    }
    let mut parts = value.as_bytes().split(u8::is_ascii_whitespace).filter(|part| !part.is_empty());
    match (parts.next(), parts.next(), parts.next()) {
        (Some(scheme), token, more) if scheme.eq_ignore_ascii_case(b"Bearer") => {
            match (token, more) {
                (Some(token), None) => Ok(token),
                _ => Err(ApiError::BadAuthorizationHeader),
            }
        }
        _ => Err(ApiError::NotAuthenticated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_as_simplejwt_reads_it() {
        const MISSING: &str = "NotAuthenticated";
        const MALFORMED: &str = "BadAuthorizationHeader";
        let cases: [(&[&str], Result<&str, &str>); 12] = [
            (&[], Err(MISSING)),
            (&[""], Err(MISSING)),
            (&["Basic dTpw"], Err(MISSING)),
            (&["Bearerx abc"], Err(MISSING)),
            (&["Bearer"], Err(MALFORMED)),
            (&["Bearer "], Err(MALFORMED)),
            (&["Bearer a b"], Err(MALFORMED)),
            (&["Bearer a", "Bearer a"], Err(MALFORMED)),
            (&["Basic dTpw", "Bearer a"], Err(MALFORMED)),
            (&["Bearer abc"], Ok("abc")),
            (&["bEARER abc"], Ok("abc")),
            (&["  Bearer   abc "], Ok("abc")),
        ];
        for (values, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().expect("a header value"));
            }
            let found = bearer_token(&headers).map_err(|error| format!("{error:?}"));
            assert_eq!(found, expected.map(str::as_bytes).map_err(str::to_owned), "{values:?}");
        }
    }
}
