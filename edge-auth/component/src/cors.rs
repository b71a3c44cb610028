//! Cross-origin calls from browsers (the Fetch standard's CORS protocol).
//!
//! A page sets the `Authorization` header itself and no cookie authenticates, so credentials mode
//! is never offered and `*` is safe.

use edge_auth::response::with_length;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, Uri};

/// The origins whose pages may call; by default none.
#[derive(Clone, Debug, Default)]
pub struct AllowedOrigins(Allowed);

#[derive(Clone, Debug)]
enum Allowed {
    Everyone,
    These(Vec<String>),
}

impl Default for Allowed {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl AllowedOrigins {
    /// Parses a comma separated list of origins, such as `https://app.example`, or `*`.
    ///
    /// # Errors
    /// The entry that is not an origin.
    pub fn parse(list: &str) -> Result<Self, String> {
        let mut allowed = Vec::new();
        let mut everyone = false;
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            if entry == "*" {
                everyone = true;
            } else {
                allowed.push(origin(entry).ok_or_else(|| entry.to_owned())?);
            }
        }
        match (everyone, allowed.is_empty() && !list.trim().is_empty()) {
            (true, _) => Ok(Self(Allowed::Everyone)),
            (false, true) => Err(list.to_owned()),
            (false, false) => Ok(Self(Allowed::These(allowed))),
        }
    }

    /// Returns whether pages of this origin may read responses.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        match &self.0 {
            Allowed::Everyone => true,
            Allowed::These(origins) => origins.iter().any(|allowed| allowed == origin),
        }
    }

    /// Adds the headers that let an allowed page read the response.
    pub fn admit<B>(&self, request: &Parts, response: &mut Response<B>) {
        let headers = response.headers_mut();
        match &self.0 {
            Allowed::Everyone => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
            Allowed::These(_) => {
                // For other origins too: a shared cache must not serve their response to an allowed
                // one.
                headers.append(VARY, HeaderValue::from_static("Origin"));
                match request.headers.get(ORIGIN) {
                    Some(origin) if origin.to_str().is_ok_and(|origin| self.allows(origin)) => {
                        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                    }
                    _ => return,
                }
            }
        }
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(
                "WWW-Authenticate, Retry-After, Content-Disposition, Content-Range, ETag, \
                 X-Request-Id",
            ),
        );
    }
}

/// Returns whether a request is a CORS preflight.
#[must_use]
pub fn is_preflight(request: &Parts) -> bool {
    request.method == Method::OPTIONS
        && request.headers.contains_key(ORIGIN)
        && request.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Returns the response to a preflight for these methods, which [`AllowedOrigins::admit`]
/// completes.
#[must_use]
pub fn preflight_response(methods: &'static str) -> Response<String> {
    // A 204 must not have a `Content-Length` (RFC 9110, section 8.6).
    let mut response = with_length(StatusCode::OK, String::new(), 0);
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "Authorization, Content-Type, Accept, Accept-Language, User-Agent, X-CSRFToken, X-Requested-With, X-Request-Id, \
             Range, If-Range, If-Match, If-None-Match",
        ),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// Returns an origin as browsers write it: scheme, host, and the port unless it is the default.
fn origin(text: &str) -> Option<String> {
    let uri: Uri = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase().parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let host = uri.host().filter(|host| !host.is_empty())?;
    let bare = uri.path_and_query().is_none_or(|rest| rest.as_str() == "/");
    if !bare || uri.authority()?.as_str().contains('@') || text.ends_with("//") {
        return None;
    }
    match (scheme, uri.port_u16()) {
        (_, None) | ("http", Some(80)) | ("https", Some(443)) => Some(format!("{scheme}://{host}")),
        (_, Some(port)) => Some(format!("{scheme}://{host}:{port}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_as_browsers_write_them() {
        let allowed = AllowedOrigins::parse(
            "HTTPS://App.Example:443/, http://localhost:80 ,http://[::1]:3000",
        )
        .expect("valid");
        for origin in ["https://app.example", "http://localhost", "http://[::1]:3000"] {
            assert!(allowed.allows(origin), "{origin}");
        }
        for origin in [
            "http://app.example",
            "https://app.example.evil",
            "https://app.example:444",
            "null",
            "",
        ] {
            assert!(!allowed.allows(origin), "{origin}");
        }
    }

    #[test]
    fn an_entry_that_is_not_an_origin_is_rejected() {
        for text in [
            "app.example",
            "https://",
            "https://a/b",
            "https://a?b",
            "ftp://a",
            "https://u@a",
            "null",
            "https://a b",
            ",,",
        ] {
            assert_eq!(AllowedOrigins::parse(text).err().as_deref(), Some(text));
        }
        assert_eq!(AllowedOrigins::parse("*, null").err().as_deref(), Some("null"));
        assert!(AllowedOrigins::parse("").is_ok_and(|none| !none.allows("https://a")));
    }
}
