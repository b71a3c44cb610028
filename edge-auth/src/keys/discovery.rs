//! The address of an issuer's key set, from its metadata: OAuth 2.0 Authorization Server Metadata
//! (RFC 8414), then OpenID Connect Discovery 1.0.

use std::fmt;

use http::Uri;
use serde::Deserialize;

use crate::fetch::{FetchError, FetchLimits, Fetched};
use crate::host::Host;

const ACCEPT: &str = "application/json";

/// An issuer that is an `http` or `https` address without query and fragment (RFC 8414 section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IssuerUrl {
    /// As configured, and as `iss` and the metadata must have it.
    issuer: String,
    url: Uri,
}

/// The members of the metadata that are read.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: Option<String>,
}

impl IssuerUrl {
    /// Returns `None` for any other text.
    pub(crate) fn parse(issuer: &str) -> Option<Self> {
        let url: Uri = issuer.parse().ok()?;
        let is_address = is_http(&url) && url.query().is_none() && !issuer.contains('#');
        is_address.then(|| Self { issuer: issuer.to_owned(), url })
    }

    /// Returns the address.
    pub(crate) const fn url(&self) -> &Uri {
        &self.url
    }

    /// Fetches the key set to which the metadata refers, within limits for all fetches together.
    ///
    /// When a document is missing, of another issuer, or without a key set, the next URL is tried,
    /// but not when the issuer cannot be reached.
    ///
    /// # Errors
    /// Those of the fetches, and [`FetchError::Failed`] with the reasons for both URLs.
    pub(super) async fn fetch_key_set(
        &self,
        accept: &'static str,
        limits: FetchLimits,
        host: &impl Host,
    ) -> Result<Fetched, FetchError> {
        let end = host.uptime() + limits.time;
        let left = || {
            let time = end.saturating_sub(host.uptime());
            if time.is_zero() {
                Err(FetchError::TimedOut)
            } else {
                Ok(FetchLimits { time, ..limits })
            }
        };
        let mut problems = Vec::new();
        for url in self.metadata_urls() {
            let problem = match host.fetch(&url, ACCEPT, left()?).await {
                Ok(Fetched { text, .. }) => match self.key_set_address(&text) {
                    Ok(address) => return host.fetch(&address, accept, left()?).await,
                    Err(problem) => problem.to_string(),
                },
                Err(
                    error @ (FetchError::Status(_) | FetchError::TooLarge | FetchError::NotText),
                ) => error.to_string(),
                Err(error) => return Err(error),
            };
            problems.push(format!("{url}: {problem}"));
        }
        Err(FetchError::Failed(format!("no metadata of the issuer: {}", problems.join("; "))))
    }

    /// Returns the URLs of the metadata: RFC 8414 section 3.1 puts the well-known path before the
    /// issuer's, OpenID Connect Discovery section 4.1 behind it.
    fn metadata_urls(&self) -> impl Iterator<Item = Uri> {
        let path = self.url.path();
        let path = path.strip_suffix('/').unwrap_or(path);
        let paths = [
            format!("/.well-known/oauth-authorization-server{path}"),
            format!("{path}/.well-known/openid-configuration"),
        ];
        paths.into_iter().filter_map(|path| {
            let mut parts = self.url.clone().into_parts();
            parts.path_and_query = path.parse().ok();
            Uri::from_parts(parts).ok()
        })
    }

    fn key_set_address(&self, text: &str) -> Result<Uri, Problem> {
        let metadata: Metadata = serde_json::from_str(text).map_err(|_| Problem::NotMetadata)?;
        // Exactly, so that no issuer can speak for another one (RFC 8414 section 3.3).
        if metadata.issuer != self.issuer {
            return Err(Problem::OtherIssuer);
        }
        let address: Uri =
            metadata.jwks_uri.ok_or(Problem::NoKeySet)?.parse().map_err(|_| Problem::NoAddress)?;
        let is_downgrade =
            self.url.scheme_str() == Some("https") && address.scheme_str() != Some("https");
        if is_http(&address) && !is_downgrade { Ok(address) } else { Err(Problem::NoAddress) }
    }
}

/// Returns whether a URI is an `http` or `https` address without user and password.
pub(crate) fn is_http(uri: &Uri) -> bool {
    matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(|host| !host.is_empty())
        && !uri.authority().is_some_and(|authority| authority.as_str().contains('@'))
}

/// Why a document does not lead to a key set.
enum Problem {
    NotMetadata,
    OtherIssuer,
    NoKeySet,
    NoAddress,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotMetadata => "the document is not metadata in JSON",
            Self::OtherIssuer => "the document is of another issuer",
            Self::NoKeySet => "the document has no jwks_uri",
            Self::NoAddress => "jwks_uri is not an address, or it is http and the issuer https",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata_urls(issuer: &str) -> Vec<String> {
        let issuer = IssuerUrl::parse(issuer).expect("an address");
        issuer.metadata_urls().map(|url| url.to_string()).collect()
    }

    #[test]
    fn the_well_known_path_precedes_and_follows_that_of_the_issuer() {
        for (issuer, oauth, openid) in [
            ("https://a.example", "", ""),
            ("https://a.example/", "", ""),
            ("https://a.example/realms/x", "/realms/x", "/realms/x"),
            ("https://a.example/realms/x/", "/realms/x", "/realms/x"),
            ("https://a.example/realms/x//", "/realms/x/", "/realms/x/"),
        ] {
            let origin = "https://a.example";
            let expected = [
                format!("{origin}/.well-known/oauth-authorization-server{oauth}"),
                format!("{origin}{openid}/.well-known/openid-configuration"),
            ];
            assert_eq!(metadata_urls(issuer), expected, "{issuer}");
        }
        assert_eq!(
            metadata_urls("http://localhost:8000"),
            [
                "http://localhost:8000/.well-known/oauth-authorization-server",
                "http://localhost:8000/.well-known/openid-configuration",
            ]
        );
    }

    #[test]
    fn only_an_address_without_query_and_fragment_is_discovered() {
        for issuer in [
            "issuer",
            "",
            "joe",
            "urn:issuer",
            "ftp://a.example",
            "https://",
            "https:///x",
            "/a",
            "https://a.example?x",
            "https://a.example/?x=1",
            "https://a.example/#x",
            "https://user@a.example",
            "https://user:password@a.example/x",
        ] {
            assert_eq!(IssuerUrl::parse(issuer), None, "{issuer}");
        }
    }
}
