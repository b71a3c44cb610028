//! Rules for every request head, before routing: one valid `Host` (RFC 9112 section 3.2) and a
//! bounded size.

use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::http::error::ApiError;
use crate::http::origin::Origin;

/// Largest request head, in bytes: fits the longest token and usual headers.
pub(in crate::http) const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The scheme of a server, `http` or `https`.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) struct Scheme(pub(in crate::http) &'static str);

/// Rejects a request whose head breaks a rule, and closes its connection: client and server may
/// disagree about where such a request ends.
pub(in crate::http) async fn check_head(
    State(Scheme(scheme)): State<Scheme>,
    mut request: Request,
    next: Next,
) -> Response {
    if head_bytes(&request) > MAX_HEAD_BYTES {
        return rejected(ApiError::HeadTooLarge(MAX_HEAD_BYTES));
    }
    match host(request.version(), request.headers()) {
        Err(()) => return rejected(ApiError::BadHost),
        Ok(None) => {}
        Ok(Some(host)) => {
            // An absolute request target overrides `Host` (RFC 9112 section 3.2.2).
            let authority = request.uri().authority().unwrap_or(&host);
            let origin = Origin::new(scheme, authority);
            request.extensions_mut().insert(origin);
        }
    }
    next.run(request).await
}

fn rejected(error: ApiError) -> Response {
    let mut response = error.into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Returns the `Host` of a request; HTTP/1.0 may omit it. `http` and `https` targets never have an
/// empty host (RFC 9110 section 4.2.1).
fn host(version: Version, headers: &HeaderMap) -> Result<Option<Authority>, ()> {
    let mut values = headers.get_all(HOST).iter();
    let host = match (values.next(), values.next()) {
        (Some(host), None) => host.as_bytes(),
        (None, _) if version == Version::HTTP_10 => return Ok(None),
        _ => return Err(()),
    };
    // `uri-host [ ":" port ]`: an authority without user information.
    let host = Authority::try_from(host).map_err(|_| ())?;
    let has_host = !host.host().is_empty() && !host.as_str().contains('@');
    let port = host.as_str().strip_prefix(host.host()).and_then(|rest| rest.strip_prefix(':'));
    let has_port = port.is_none_or(|port| port.is_empty() || port.parse::<u16>().is_ok());
    if has_host && has_port { Ok(Some(host)) } else { Err(()) }
}

/// Returns the size of the request line and the header lines, without optional white space.
fn head_bytes(request: &Request) -> usize {
    let line = request.method().as_str().len()
        + request.uri().to_string().len()
        + "  HTTP/1.1\r\n\r\n".len();
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    headers.fold(line, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// HTTP version, values of `Host`, and the expected result.
    type Case = (Version, &'static [&'static str], Result<Option<&'static str>, ()>);

    #[test]
    fn one_valid_host_is_required() {
        let (old, new) = (Version::HTTP_10, Version::HTTP_11);
        let cases: [Case; 21] = [
            (new, &["localhost"], Ok(Some("localhost"))),
            (new, &["login.example:8000"], Ok(Some("login.example:8000"))),
            (new, &["[::1]:8000"], Ok(Some("[::1]:8000"))),
            (new, &["[::1]"], Ok(Some("[::1]"))),
            (new, &["localhost:"], Ok(Some("localhost:"))),
            (new, &[""], Err(())),
            (old, &[""], Err(())),
            (new, &[], Err(())),
            (new, &["a", "a"], Err(())),
            (new, &["a", "b"], Err(())),
            (new, &["a b"], Err(())),
            (new, &["a/b"], Err(())),
            (new, &["a,b/"], Err(())),
            (new, &["user@a"], Err(())),
            (new, &["a:b"], Err(())),
            (new, &["a:99999"], Err(())),
            (new, &[":80"], Err(())),
            (new, &["\u{e9}"], Err(())),
            (old, &[], Ok(None)),
            (old, &["a"], Ok(Some("a"))),
            (old, &["a", "a"], Err(())),
        ];
        for (version, values, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(
                    HOST,
                    HeaderValue::from_bytes(value.as_bytes()).expect("a header value"),
                );
            }
            let found = host(version, &headers);
            assert_eq!(
                found.as_ref().map(|host| host.as_ref().map(Authority::as_str)),
                expected.as_ref().map(|host| *host),
                "{values:?}"
            );
        }
    }
}
