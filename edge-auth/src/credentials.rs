//! The bearer token of a request (RFC 6750, section 2.1).

use std::borrow::Cow;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::error::AuthError;

/// Returns the text after `Bearer`, whose case does not matter (RFC 9110, section 11.1). Bytes that
/// are not UTF-8 are replaced, so that the verifier refuses them with its own code.
///
/// # Errors
/// [`AuthError::CredentialsMissing`]; [`AuthError::CredentialsAmbiguous`], because two parties
/// could each act on a different header.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<Cow<'_, str>, AuthError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(AuthError::CredentialsMissing)?;
    if values.next().is_some() {
        return Err(AuthError::CredentialsAmbiguous);
    }
    let (scheme, token) =
        split_at_space(value.as_bytes().trim_ascii()).ok_or(AuthError::CredentialsMissing)?;
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Err(AuthError::CredentialsMissing);
    }
    Ok(String::from_utf8_lossy(token.trim_ascii()))
}

fn split_at_space(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = value.iter().position(|byte| *byte == b' ')?;
    value.split_at_checked(space)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).expect("a header value"));
        }
        headers
    }

    #[test]
    fn the_token_is_what_follows_the_scheme_in_any_case() {
        for value in
            ["Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c", "Bearer   a.b.c ", " Bearer a.b.c"]
        {
            assert_eq!(
                bearer_token(&headers(&[value.as_bytes()])).as_deref(),
                Ok("a.b.c"),
                "{value:?}"
            );
        }
    }

    #[test]
    fn other_credentials_are_missing_ones() {
        for value in [
            "",
            "Bearer",
            "Bearer ",
            "Basic YTpi",
            "Token a.b.c",
            "Bearera.b.c",
            "a.b.c",
            "Bearer\ta.b.c",
        ] {
            assert_eq!(
                bearer_token(&headers(&[value.as_bytes()])),
                Err(AuthError::CredentialsMissing),
                "{value:?}"
            );
        }
        assert_eq!(bearer_token(&HeaderMap::new()), Err(AuthError::CredentialsMissing));
    }

    #[test]
    fn two_headers_are_ambiguous_even_when_they_are_equal() {
        assert_eq!(
            bearer_token(&headers(&[b"Bearer a", b"Bearer a"])),
            Err(AuthError::CredentialsAmbiguous)
        );
        assert_eq!(
            bearer_token(&headers(&[b"Basic a", b"Bearer a"])),
            Err(AuthError::CredentialsAmbiguous)
        );
    }

    #[test]
    fn bytes_that_are_not_utf_8_reach_the_verifier() {
        let token = headers(&[b"Bearer a.\xff.c"]);
        assert_eq!(bearer_token(&token).as_deref(), Ok("a.\u{fffd}.c"));
        assert_eq!(bearer_token(&headers(&[b"Bearer a b"])).as_deref(), Ok("a b"));
    }
}
