//! The service that introspects a token, by HTTP Basic authentication (RFC 6749 section 2.3.1).

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use crate::http::error::{ApiError, OAuthError};
use crate::http::state::Issuer;

/// A service of `--introspection-clients` that has shown its secret.
///
/// Rejects with 404 when no service may introspect, and with 401 `invalid_client`.
pub(in crate::http) struct IntrospectionClient;

impl FromRequestParts<Arc<Issuer>> for IntrospectionClient {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, issuer: &Arc<Issuer>) -> Result<Self, ApiError> {
        if issuer.introspection_clients.is_empty() {
            return Err(ApiError::NotFound);
        }
        let credentials = credentials(&parts.headers).ok_or(OAuthError::InvalidClient)?;
        let is_known =
            issuer.introspection_clients.authenticate(&credentials.name, &credentials.secret);
        if is_known { Ok(Self) } else { Err(OAuthError::InvalidClient.into()) }
    }
}

struct Credentials {
    name: String,
    secret: Zeroizing<Vec<u8>>,
}

/// Returns the name and the secret of the only `Authorization` header. Both are form-encoded before
/// they are joined.
fn credentials(headers: &HeaderMap) -> Option<Credentials> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    let (scheme, encoded) = value.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let joined = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let at = joined.iter().position(|byte| *byte == b':')?;
    let (name, secret) = (joined.get(..at)?, joined.get(at + 1..)?);
    Some(Credentials {
        name: String::from_utf8(form_decoded(name)).ok()?,
        secret: Zeroizing::new(form_decoded(secret)),
    })
}

fn form_decoded(bytes: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> =
        bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_read_as_rfc_6749_encodes_them() {
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        let cases = [
            (vec![], None),
            (vec!["Bearer abc".into()], None),
            (vec!["Basic".into()], None),
            (vec!["Basic !".into()], None),
            (vec![header("name")], None),
            (vec![header("a:b"), header("a:b")], None),
            (vec![header("a:b")], Some(("a", "b"))),
            (vec![header("a:b:c")], Some(("a", "b:c"))),
            (vec![header("a%2Db:c+d%2B")], Some(("a-b", "c d+"))),
            (vec![header("a:b").replace("Basic ", "bASIC  ")], Some(("a", "b"))),
        ];
        for (values, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in &values {
                headers.append(AUTHORIZATION, value.parse().expect("a header value"));
            }
            let found = credentials(&headers).map(|found| (found.name, found.secret.to_vec()));
            let expected = expected.map(|(name, secret)| (name.to_owned(), secret.into()));
            assert_eq!(found, expected, "{values:?}");
        }
    }
}
