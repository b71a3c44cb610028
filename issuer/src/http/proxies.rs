//! Proxies in front of the issuer, and the client address that they report.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The proxies whose `X-Forwarded-For` is trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// A proxy that is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address or network: write it like 10.0.0.1, 10.0.0.0/8 or fd00::/8")]
pub struct InvalidProxy(String);

impl FromStr for TrustedProxies {
    type Err = InvalidProxy;

    /// Parses addresses and networks, separated by commas.
    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let net = |part: &str| match part.parse::<IpAddr>() {
            Ok(address) => Ok(IpNet::from(address)),
            Err(_) => part.parse().map_err(|_| InvalidProxy(part.to_owned())),
        };
        parts.map(net).collect::<Result<_, _>>().map(Self)
    }
}

impl TrustedProxies {
    /// Returns the address of the client: the nearest one that is not a trusted proxy. A client
    /// can forge everything before it in the header.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
        // Split as bytes: a client may send invalid UTF-8 before the part that a proxy appends.
        let hops = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = std::str::from_utf8(hop).ok().and_then(|hop| address(hop.trim()))
            else {
                break;
            };
            client = address;
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }
}

/// Parses an address as proxies write it, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|with_port| with_port.ip()))
        .or_else(|_| text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>())
        .ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_client_is_the_nearest_address_that_is_no_trusted_proxy() {
        let proxies: TrustedProxies = "10.0.0.0/8, ::1".parse().expect("proxies");
        let cases: [(&str, &[&str], &str); 13] = [
            ("192.0.2.1", &[], "192.0.2.1"),
            ("192.0.2.1", &["198.51.100.7"], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["198.51.100.7, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.7, 10.9.9.9"], "198.51.100.7"),
            ("10.0.0.1", &["198.51.100.7", "203.0.113.9, 10.1.1.1"], "203.0.113.9"),
            ("10.0.0.1", &["nonsense"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7, nonsense, 10.1.1.1"], "10.1.1.1"),
            ("10.0.0.1", &["\u{e9}, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9, \u{e9}"], "10.0.0.1"),
            ("::1", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("::ffff:10.0.0.1", &["198.51.100.7:80"], "198.51.100.7"),
        ];
        for (peer, forwarded, client) in cases {
            let mut headers = HeaderMap::new();
            for line in forwarded {
                let line = HeaderValue::from_bytes(line.as_bytes()).expect("a header value");
                headers.append("x-forwarded-for", line);
            }
            let found = proxies.client(peer.parse().expect("an address"), &headers);
            assert_eq!(found.to_string(), client, "{peer} {forwarded:?}");
        }
        for bad in ["10.0.0.0/33", "localhost", "10.0.0.1,x"] {
            assert!(bad.parse::<TrustedProxies>().is_err(), "{bad}");
        }
    }
}
