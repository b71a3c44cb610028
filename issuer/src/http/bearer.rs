//! The `Authorization` header (RFC 6750 section 2.1), read as SimpleJWT reads it.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::{ApiError, Issuer};
use crate::token::{Subject, TokenRefusal};
use crate::users::User;

/// The user behind the access token of a request, and what the token said.
///
/// # Errors
/// 401 as SimpleJWT words it: credentials, token, session or user are not good.
pub(super) async fn authenticated(
    issuer: &Issuer,
    headers: &HeaderMap,
) -> Result<(User, Subject), ApiError> {
    let token = bearer_token(headers)?;
    let subject =
        issuer.checker.access(token, issuer.clock.now()).map_err(ApiError::BearerToken)?;
    if !subject.names_a_user {
        return Err(ApiError::NoUserIdentification);
    }
    let id = subject.user_id.ok_or(ApiError::UserNotFound)?;
    let (user, session_is_live) =
        issuer.sessions.user(id, &subject).await?.ok_or(ApiError::UserNotFound)?;
    // First: a user who becomes inactive has no session left, and this is the reason.
    if !user.is_active {
        return Err(ApiError::UserInactive);
    }
    if !session_is_live {
        return Err(ApiError::BearerToken(TokenRefusal::REVOKED));
    }
    Ok((user, subject))
}

/// The bearer token of a request, not yet checked.
///
/// The scheme name is matched ignoring case (RFC 9110 section 11.1).
///
/// # Errors
/// 401: no header or another scheme; a header that is not two parts, or two headers.
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
