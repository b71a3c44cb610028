//! Rules for every request head, before it reaches a route: one valid `Host` (RFC 9112 section
//! 3.2) and a bounded size.

use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::ApiError;

/// Largest request head, in bytes: room for the longest token and ordinary headers.
pub(super) const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The scheme that a server speaks, `http` or `https`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scheme(pub(super) &'static str);

/// Scheme and host that a request called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin(String);

impl Origin {
    /// The URL of a path, which begins with a slash.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

/// Refuses a request whose head breaks a rule, and closes its connection: who sends such a head
/// may mean another end of the request than the server does.
pub(super) async fn check_head(
    State(Scheme(scheme)): State<Scheme>,
    mut request: Request,
    next: Next,
) -> Response {
    if head_bytes(&request) > MAX_HEAD_BYTES {
        return refused(ApiError::HeadTooLarge(MAX_HEAD_BYTES));
    }
    match host(request.version(), request.headers()) {
        Err(()) => return refused(ApiError::BadHost),
        Ok(None) => {}
        Ok(Some(called)) => {
            // The target of a request may name the host itself (RFC 9112 section 3.2.2).
            let authority = request.uri().authority().unwrap_or(&called);
            let origin = Origin(format!("{scheme}://{authority}"));
            request.extensions_mut().insert(origin);
        }
    }
    next.run(request).await
}

fn refused(error: ApiError) -> Response {
    let mut response = error.into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The host that the request names; none in HTTP/1.0. An empty one is of a target without a host,
/// which none of `http` and `https` is (RFC 9110 section 4.2.1).
fn host(version: Version, headers: &HeaderMap) -> Result<Option<Authority>, ()> {
    let mut values = headers.get_all(HOST).iter();
    let host = match (values.next(), values.next()) {
        (Some(host), None) => host.as_bytes(),
        (None, _) if version == Version::HTTP_10 => return Ok(None),
        _ => return Err(()),
    };
    // `uri-host [ ":" port ]`: an authority without a user.
    let host = Authority::try_from(host).map_err(|_| ())?;
    let has_host = !host.host().is_empty() && !host.as_str().contains('@');
    let port = host.as_str().strip_prefix(host.host()).and_then(|rest| rest.strip_prefix(':'));
    let has_port = port.is_none_or(|port| port.is_empty() || port.parse::<u16>().is_ok());
    if has_host && has_port { Ok(Some(host)) } else { Err(()) }
}

/// Bytes of the request line and the header lines, without white space that need not be there.
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

    /// HTTP version, values of `Host`, and what comes of them.
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
