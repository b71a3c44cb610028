//! Web pages that may call the issuer (the Fetch standard's CORS protocol).

use std::str::FromStr;
use std::time::Duration;

use axum::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use tower_http::cors::{Any, CorsLayer};

use super::request_id::X_REQUEST_ID;

/// The origins whose pages may read responses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// All origins. Without cookies, a page has no more access than its user gives it.
    Any,
    /// These origins, compared exactly.
    List(Vec<HeaderValue>),
}

/// Not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an origin: write scheme, host and port like http://localhost:3000, without a \
     path, or *"
)]
pub struct InvalidOrigin(String);

impl FromStr for AllowedOrigins {
    type Err = InvalidOrigin;

    /// Parses `*`, or origins separated by commas. An empty text allows no origin.
    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        text.split(',')
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
            .map(origin)
            .collect::<Result<_, _>>()
            .map(Self::List)
    }
}

/// Parses an origin as browsers send it (RFC 6454 section 6.2): anything else would never match.
fn origin(text: &str) -> Result<HeaderValue, InvalidOrigin> {
    let invalid = || InvalidOrigin(text.to_owned());
    let uri: Uri = text.parse().map_err(|_| invalid())?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority))
            if text.ends_with(authority.as_str()) && !authority.as_str().contains('@') =>
        {
            let mut text = text.to_ascii_lowercase();
            // Browsers omit the default port of the scheme.
            let default = if text.starts_with("https:") { ":443" } else { ":80" };
            if let Some(length) = text.strip_suffix(default).map(str::len) {
                text.truncate(length);
            }
            text.parse().map_err(|_| invalid())
        }
        _ => Err(invalid()),
    }
}

/// Returns the layer of the API: pages of the configured origins may call it.
pub(in crate::http) fn api(origins: &AllowedOrigins) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            ACCEPT,
            AUTHORIZATION,
            CONTENT_TYPE,
            USER_AGENT,
            HeaderName::from_static("x-csrftoken"),
            HeaderName::from_static("x-requested-with"),
            X_REQUEST_ID,
        ])
        .expose_headers([WWW_AUTHENTICATE, RETRY_AFTER, X_REQUEST_ID])
        .max_age(Duration::from_secs(86_400));
    match origins {
        AllowedOrigins::Any => layer.allow_origin(Any),
        AllowedOrigins::List(list) => layer.allow_origin(list.clone()),
    }
}

/// Returns the layer of published data: every page may read it.
pub(in crate::http) fn public() -> CorsLayer {
    CorsLayer::new()
        .allow_methods([Method::GET, Method::HEAD])
        .allow_origin(Any)
        .max_age(Duration::from_secs(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_origins_is_read_and_mistakes_in_it_are_named() {
        let list = |origins: &[&'static str]| {
            AllowedOrigins::List(origins.iter().map(|o| HeaderValue::from_static(o)).collect())
        };
        let good = [
            ("*", AllowedOrigins::Any),
            ("", list(&[])),
            ("http://localhost:3000", list(&["http://localhost:3000"])),
            (" https://A.example , http://[::1]:80,", list(&["https://a.example", "http://[::1]"])),
            (
                "https://a:443,https://a:80,http://a:443",
                list(&["https://a", "https://a:80", "http://a:443"]),
            ),
        ];
        for (text, expected) in good {
            assert_eq!(text.parse(), Ok(expected), "{text:?}");
        }
        for bad in [
            "localhost:3000",
            "http://a/",
            "http://a/b",
            "http://u@a",
            "ftp://a",
            "http://a b",
            "http://a,*",
            "null",
        ] {
            let error = bad.parse::<AllowedOrigins>().expect_err(bad);
            assert!(error.to_string().contains("is not an origin"), "{error}");
        }
    }
}
