//! How often passwords may be tried, for each address and each user name.
//!
//! A limit is a bucket of tries that fills up again evenly over a minute (GCRA, by `governor`). Addresses and names are
//! hashed to one of a fixed number of buckets, so that memory is bounded whatever is tried; the hash is keyed at the
//! start, so that nobody can choose a name that shares the bucket of another.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;

use super::ApiError;
use crate::clock::Clock;

/// Buckets of each limit: a few MiB when all of them are in use.
const BUCKETS: u64 = 1 << 17;

/// Password tries each minute; also the number that may come at once. 0: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimits {
    /// From one IPv4 address or one IPv6 /64 network.
    pub per_address: u32,
    /// For one user name.
    pub per_name: u32,
}

impl Default for LoginLimits {
    /// 60 for an address, behind which there may be an office; 30 for a name.
    fn default() -> Self {
        Self { per_address: 60, per_name: 30 }
    }
}

/// The proxies in front of the issuer, whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// A text that is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address or network: write it like 10.0.0.1, 10.0.0.0/8 or fd00::/8")]
pub struct InvalidProxy(String);

impl FromStr for TrustedProxies {
    type Err = InvalidProxy;

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
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }

    /// The address of the client: the nearest one that is not a trusted proxy. What stands before it in the header,
    /// anybody can have written.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
        // Not as text: a client may send bytes that are none, before what a proxy appends.
        let hops = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = std::str::from_utf8(hop).ok().and_then(|hop| address(hop.trim())) else { break };
            client = address;
        }
        client
    }
}

/// An address as proxies write it: also with a port.
fn address(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|with_port| with_port.ip()))
        .or_else(|_| text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>())
        .ok()?;
    Some(address.to_canonical())
}

/// What counts as one address: a home or an office has a whole IPv6 /64 network.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
    }
}

/// The issuer's clock for `governor`: monotonic, and movable in tests.
#[derive(Clone)]
struct Monotonic(Arc<dyn Clock>);

impl GovernorClock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

type Buckets = RateLimiter<u64, HashMapStateStore<u64>, Monotonic, NoOpMiddleware<Duration>>;

struct Limit {
    buckets: Option<Buckets>,
    refused: AtomicU64,
    hasher: RandomState,
    clock: Monotonic,
}

impl Limit {
    fn new(per_minute: u32, clock: &Monotonic) -> Self {
        let quota = NonZeroU32::new(per_minute).map(Quota::per_minute);
        let buckets = quota.map(|quota| RateLimiter::hashmap_with_clock(quota, clock.clone()));
        Self { buckets, refused: AtomicU64::new(0), hasher: RandomState::new(), clock: clock.clone() }
    }

    fn take(&self, key: impl Hash) -> Result<(), ApiError> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        let bucket = self.hasher.hash_one(key) % BUCKETS;
        buckets.check_key(&bucket).map_err(|until| {
            self.refused.fetch_add(1, Ordering::Relaxed);
            let wait = until.wait_time_from(self.clock.now());
            ApiError::Throttled(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        })
    }
}

/// How many tries were refused since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedTries {
    /// By the limit for an address.
    pub by_address: u64,
    /// By the limit for a user name.
    pub by_name: u64,
}

/// Limits how often passwords are tried.
pub struct Throttle {
    addresses: Limit,
    names: Limit,
    proxies: TrustedProxies,
}

impl Throttle {
    /// Limits in this time.
    #[must_use]
    pub fn new(limits: LoginLimits, proxies: TrustedProxies, clock: &Arc<dyn Clock>) -> Self {
        let clock = Monotonic(Arc::clone(clock));
        Self { addresses: Limit::new(limits.per_address, &clock), names: Limit::new(limits.per_name, &clock), proxies }
    }

    /// How many tries were refused.
    #[must_use]
    pub fn refused(&self) -> RefusedTries {
        let read = |limit: &Limit| limit.refused.load(Ordering::Relaxed);
        RefusedTries { by_address: read(&self.addresses), by_name: read(&self.names) }
    }

    /// Where the request comes from. Without a connection, as when the router is called directly, that is nowhere.
    pub(super) fn client(&self, request: &Request) -> Option<IpAddr> {
        let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
        Some(self.proxies.client(peer.ip(), request.headers()))
    }

    /// Counts a try from this address.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub(super) fn try_address(&self, client: Option<IpAddr>) -> Result<(), ApiError> {
        let Some(address) = client else { return Ok(()) };
        self.addresses.take(network(address)).inspect_err(|_| tracing::warn!(%address, "too many password tries"))
    }

    /// Counts a try for a user name, whether there is such a user or not.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub(super) fn try_name(&self, username: &str) -> Result<(), ApiError> {
        self.names.take(username).inspect_err(|_| tracing::warn!("too many password tries for one user name"))
    }
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

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let [a, b, c] = ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"].map(|a| network(a.parse().expect("v6")));
        assert_eq!(a, b);
        assert_ne!(a, c);
    }
}
