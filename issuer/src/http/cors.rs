//! Which web pages may call the issuer.

use std::str::FromStr;
use std::time::Duration;

use axum::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use tower_http::cors::{Any, CorsLayer};

/// The origins whose pages may read answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// All of them. No cookies are used, so a page gains nothing that its user did not give it.
    Any,
    /// These, compared exactly.
    List(Vec<HeaderValue>),
}

/// A text that is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an origin: write scheme, host and port like http://localhost:3000, without a path, or *"
)]
pub struct InvalidOrigin(String);

impl FromStr for AllowedOrigins {
    type Err = InvalidOrigin;

    /// `*`, or origins separated by commas; nothing at all allows no origin.
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

/// An origin as browsers write it (RFC 6454 section 6.2): anything else would never match.
fn origin(text: &str) -> Result<HeaderValue, InvalidOrigin> {
    let invalid = || InvalidOrigin(text.to_owned());
    let uri: Uri = text.parse().map_err(|_| invalid())?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority))
            if text.ends_with(authority.as_str()) && !authority.as_str().contains('@') =>
        {
            let mut text = text.to_ascii_lowercase();
            // Browsers leave out the port that the scheme implies.
            let implied = if text.starts_with("https:") { ":443" } else { ":80" };
            if let Some(length) = text.strip_suffix(implied).map(str::len) {
                text.truncate(length);
            }
            text.parse().map_err(|_| invalid())
        }
        _ => Err(invalid()),
    }
}

/// For the API: the configured origins.
pub(super) fn api(origins: &AllowedOrigins) -> CorsLayer {
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
            HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([WWW_AUTHENTICATE, RETRY_AFTER, HeaderName::from_static("x-request-id")])
        .max_age(Duration::from_secs(86_400));
    match origins {
        AllowedOrigins::Any => layer.allow_origin(Any),
        AllowedOrigins::List(list) => layer.allow_origin(list.clone()),
    }
}

/// For public keys: everybody may have them.
pub(super) fn public() -> CorsLayer {
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
