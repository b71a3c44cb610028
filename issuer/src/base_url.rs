//! The base URL of a service.

use std::str::FromStr;

use axum::http::Uri;

/// An `http` or `https` URL without query, fragment and final slash. It may have a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

/// Not a base URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not the URL of a service: write it like https://login.example.com, without query \
     and fragment"
)]
pub struct InvalidBaseUrl(String);

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    /// Parses a URL without user name and password.
    fn from_str(text: &str) -> Result<Self, InvalidBaseUrl> {
        let is_anonymous = |url: &Self| {
            url.uri().authority().is_some_and(|authority| !authority.as_str().contains('@'))
        };
        Self::with_credentials(text)
            .filter(is_anonymous)
            .ok_or_else(|| InvalidBaseUrl(text.to_owned()))
    }
}

impl BaseUrl {
    /// Parses a URL that may contain a user name and a password. Messages must not repeat it.
    pub(crate) fn with_credentials(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let is_valid = matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some()
            && uri.query().is_none()
            && !text.contains('#');
        is_valid.then(|| Self(text.trim_end_matches('/').to_owned()))
    }

    /// Splits the URL from its `user:password`.
    pub(crate) fn without_credentials(&self) -> (Self, Option<&str>) {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        match authority.rsplit_once('@') {
            Some((credentials, host)) => {
                (Self(format!("{scheme}://{host}{path}")), Some(credentials))
            }
            None => (self.clone(), None),
        }
    }

    /// Returns the URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the path, without its final slash.
    #[must_use]
    pub fn path(&self) -> &str {
        let after_scheme = self.0.split_once("://").map_or("", |(_, rest)| rest);
        after_scheme.find('/').and_then(|at| after_scheme.get(at..)).unwrap_or("")
    }

    fn uri(&self) -> Uri {
        self.0.parse().unwrap_or_default()
    }

    /// Returns the URL of a path below it, which begins with a slash.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Returns whether requests leave this machine unencrypted.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        let uri = self.uri();
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_local = host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        self.0.starts_with("http:") && !is_local
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_parse_and_malformed_ones_are_rejected() {
        for (text, expected) in [
            ("https://login.example.com", "https://login.example.com"),
            ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
            ("https://example.com/login/", "https://example.com/login"),
            ("https://example.com/@login", "https://example.com/@login"),
        ] {
            assert_eq!(text.parse(), Ok(BaseUrl(expected.to_owned())));
        }
        for (text, path) in [("https://a", ""), ("http://a:1/", ""), ("http://a/b/c/", "/b/c")] {
            assert_eq!(text.parse::<BaseUrl>().expect("a URL").path(), path);
        }
        for bad in [
            "",
            "login.example.com",
            "localhost:4318",
            "ftp://a",
            "grpc://a:4317",
            "http://",
            "https://a/?q=1",
            "https://a/#f",
            "https://user:secret@a",
        ] {
            assert_eq!(bad.parse::<BaseUrl>(), Err(InvalidBaseUrl(bad.to_owned())));
        }
        for (text, without, credentials) in [
            ("https://user:se@cret@a:1/b@c", "https://a:1/b@c", Some("user:se@cret")),
            ("https://a/b@c", "https://a/b@c", None),
        ] {
            let url = BaseUrl(text.to_owned());
            assert_eq!(url.without_credentials(), (BaseUrl(without.to_owned()), credentials));
        }
        assert_eq!(
            BaseUrl::with_credentials("https://user:secret@a").expect("a URL").as_str(),
            "https://user:secret@a"
        );
    }

    #[test]
    fn only_https_and_this_machine_are_private() {
        for (text, expected) in [
            ("https://a.example", false),
            ("http://a.example", true),
            ("http://localhost:1", false),
            ("http://127.8.0.1", false),
            ("http://[::1]:8000", false),
            ("http://10.0.0.1", true),
        ] {
            assert_eq!(text.parse::<BaseUrl>().expect("a URL").is_exposed(), expected, "{text}");
        }
    }
}
