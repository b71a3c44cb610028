//! The origins to which the component may send requests.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::Uri;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// Scheme, host and port of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: Protocol,
    host: String,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Http,
    Https,
    Redis,
    /// Redis over TLS.
    Rediss,
}

impl Origin {
    fn of(uri: &Uri) -> Option<Self> {
        let (scheme, default_port) = match uri.scheme_str()? {
            "http" => (Protocol::Http, 80),
            "https" => (Protocol::Https, 443),
            "redis" => (Protocol::Redis, 6379),
            "rediss" => (Protocol::Rediss, 6379),
            _ => return None,
        };
        let host = uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(default_port);
        Some(Self { scheme, host, port })
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
        let bare = uri.path_and_query().is_none_or(|rest| rest.as_str() == "/");
        Self::of(&uri)
            .filter(|_| bare)
            .ok_or_else(|| "not an origin such as http://localhost:8000".to_owned())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Protocol::Http => "http",
            Protocol::Https => "https",
            Protocol::Redis => "redis",
            Protocol::Rediss => "rediss",
        };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

/// The allowed origins. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    origins: Arc<[Origin]>,
    /// Whether denied requests are logged.
    logs: bool,
}

impl Outbound {
    pub(crate) fn to(origins: Vec<Origin>) -> Self {
        Self { origins: origins.into(), logs: true }
    }

    /// Denies every origin without logging it.
    pub(crate) fn nowhere() -> Self {
        Self { origins: Arc::default(), logs: false }
    }

    /// Logs a denied request.
    pub(crate) fn log_denied(&self, origin: &str) {
        if self.logs {
            tracing::warn!(%origin, "outbound request denied: the origin is not among \
                 --allow-outbound");
        }
    }

    pub(crate) fn allows(&self, uri: &Uri) -> bool {
        Origin::of(uri).is_some_and(|origin| self.origins.contains(&origin))
    }
}

type Sent =
    Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let allowed = self.allows(request.uri());
        if !allowed {
            self.log_denied(
                &Origin::of(request.uri()).map_or_else(String::new, |origin| origin.to_string()),
            );
        }
        Box::new(async move {
            if !allowed {
                return Err(Error::HttpRequestDenied);
            }
            let (response, io) = wasmtime_wasi_http::default_send_request(request, options).await?;
            let io: Box<dyn Future<Output = Result<(), Error>> + Send> = Box::new(io);
            Ok((response.map(http_body_util::BodyExt::boxed_unsync), io))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_origins_are_allowed() {
        let outbound = Outbound::to(vec![
            "http://Localhost:8000".parse().expect("an origin"),
            "https://issuer.example/".parse().expect("an origin"),
            "redis://localhost".parse().expect("an origin"),
            "rediss://cache.example:6390".parse().expect("an origin"),
        ]);
        for (uri, allowed) in [
            ("http://localhost:8000/.well-known/jwks.json", true),
            ("https://issuer.example:443/keys?x=1", true),
            ("https://localhost:8000/", false),
            ("http://localhost:8001/", false),
            ("http://localhost/", false),
            ("http://issuer.example/", false),
            ("https://issuer.example.evil/", false),
            ("https://issuer.example@evil.example/", false),
            ("redis://localhost:6379/0", true),
            ("redis://localhost:6380", false),
            ("rediss://localhost:6379", false),
            ("redis://user:secret@localhost", true),
            ("rediss://:secret@cache.example:6390/1", true),
            ("/relative", false),
        ] {
            assert_eq!(outbound.allows(&uri.parse().expect("a URI")), allowed, "{uri}");
        }
    }

    #[test]
    fn an_origin_has_scheme_and_host_and_nothing_after() {
        for text in ["localhost:8000", "ftp://a", "http://a/b", "http://", "", "http://a?b"] {
            assert!(text.parse::<Origin>().is_err(), "{text:?}");
        }
    }
}
