//! How often passwords may be tried: from one address, for one user name from one network, and for
//! one user name.
//!
//! A limit is a bucket of tries that fills up again evenly over a minute (GCRA, by `governor`).
//! Addresses and names are hashed to one of a fixed number of buckets, so that memory is bounded
//! whatever is tried; the hash is keyed at the start, so that nobody can choose a name that shares
//! the bucket of another.
//!
//! Wrong passwords from one network use up the tries of that network alone, so an attacker there
//! does not lock out the owner of the name elsewhere; the limit for the name from everywhere is
//! wide, against attackers with many networks.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
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
    /// For one user name from one network, IPv4 /24 or IPv6 /64. A right password does not count.
    pub per_name: u32,
    /// For one user name from everywhere. A right password does not count.
    pub per_name_everywhere: u32,
}

impl Default for LoginLimits {
    /// 60 for an address, behind which there may be an office; 30 for a name from one network and
    /// ten times as many from everywhere.
    fn default() -> Self {
        Self { per_address: 60, per_name: 30, per_name_everywhere: 300 }
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

    /// The address of the client: the nearest one that is not a trusted proxy. What stands before
    /// it in the header, anybody can have written.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
        // Not as text: a client may send bytes that are none, before what a proxy appends.
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
fn one_address(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
    }
}

/// What counts as one network for the tries of a name: IPv4 /24 and IPv6 /64. Whoever rents IPv4
/// addresses easily has several of one /24.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from(u32::from(address) & !0xff)),
        IpAddr::V6(_) => one_address(address),
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

/// The state of all buckets of a limit, which the limit can put tries back into.
#[derive(Clone, Default)]
struct Levels(Arc<HashMapStateStore<u64>>);

impl StateStore for Levels {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.measure_and_replace(key, f)
    }
}

type Limiter = RateLimiter<u64, Levels, Monotonic, NoOpMiddleware<Duration>>;

struct Buckets {
    limiter: Limiter,
    levels: Levels,
    /// Time in which one try comes back.
    interval: Nanos,
}

struct Limit {
    buckets: Option<Buckets>,
    refused: AtomicU64,
    hasher: RandomState,
    clock: Monotonic,
}

impl Limit {
    fn new(per_minute: u32, clock: &Monotonic) -> Self {
        let quota = NonZeroU32::new(per_minute).map(Quota::per_minute);
        let buckets = quota.map(|quota| {
            let levels = Levels::default();
            let limiter = RateLimiter::new(quota, levels.clone(), clock.clone());
            Buckets { limiter, levels, interval: quota.replenish_interval().into() }
        });
        Self {
            buckets,
            refused: AtomicU64::new(0),
            hasher: RandomState::new(),
            clock: clock.clone(),
        }
    }

    /// Takes a try, and returns the bucket that it came from.
    fn take(&self, key: impl Hash) -> Result<u64, ApiError> {
        let bucket = self.hasher.hash_one(key) % BUCKETS;
        let Some(buckets) = &self.buckets else { return Ok(bucket) };
        let taken = buckets.limiter.check_key(&bucket).map_err(|until| {
            self.refused.fetch_add(1, Ordering::Relaxed);
            let wait = until.wait_time_from(self.clock.now());
            ApiError::Throttled(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        });
        taken.map(|()| bucket)
    }

    /// Puts a try back that was taken from this bucket.
    fn put_back(&self, bucket: u64) {
        let Some(buckets) = &self.buckets else { return };
        // GCRA's state is the time at which the bucket is full again: each try moves it by one
        // interval.
        let earlier = |full_at: Option<Nanos>| {
            let full_at = full_at.unwrap_or(Nanos::new(0)).saturating_sub(buckets.interval);
            Ok::<_, std::convert::Infallible>(((), full_at))
        };
        let Ok(()) = buckets.levels.measure_and_replace(&bucket, earlier);
    }
}

/// A try for a user name, which counts unless it turns out right.
#[must_use]
pub(super) struct Attempt<'a> {
    throttle: &'a Throttle,
    from_network: u64,
    from_everywhere: u64,
}

impl Attempt<'_> {
    /// Puts the try back: a right password does not count.
    pub(super) fn was_right(self) {
        self.throttle.names.put_back(self.from_network);
        self.throttle.names_everywhere.put_back(self.from_everywhere);
    }
}

/// How many tries were refused since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedTries {
    /// By the limit for an address.
    pub by_address: u64,
    /// By a limit for a user name, from one network or from everywhere.
    pub by_name: u64,
}

/// Limits how often passwords are tried.
pub struct Throttle {
    addresses: Limit,
    /// For a name from one network.
    names: Limit,
    names_everywhere: Limit,
    proxies: TrustedProxies,
}

impl Throttle {
    /// Limits in this time.
    #[must_use]
    pub fn new(limits: LoginLimits, proxies: TrustedProxies, clock: &Arc<dyn Clock>) -> Self {
        let clock = Monotonic(Arc::clone(clock));
        Self {
            addresses: Limit::new(limits.per_address, &clock),
            names: Limit::new(limits.per_name, &clock),
            names_everywhere: Limit::new(limits.per_name_everywhere, &clock),
            proxies,
        }
    }

    /// How many tries were refused.
    #[must_use]
    pub fn refused(&self) -> RefusedTries {
        let read = |limit: &Limit| limit.refused.load(Ordering::Relaxed);
        RefusedTries {
            by_address: read(&self.addresses),
            by_name: read(&self.names) + read(&self.names_everywhere),
        }
    }

    /// Where the request comes from. Without a connection, as when the router is called directly,
    /// that is nowhere.
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
        let taken = self.addresses.take(one_address(address));
        taken.map(drop).inspect_err(|_| tracing::warn!(%address, "too many password tries"))
    }

    /// Counts a try for a user name from this address, whether there is such a user or not. The
    /// try must be dropped unless the password was right.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub(super) fn try_name(
        &self,
        client: Option<IpAddr>,
        username: &str,
    ) -> Result<Attempt<'_>, ApiError> {
        let from_network = self.names.take((client.map(network), username)).inspect_err(|_| {
            tracing::warn!("too many password tries for one user name from one network")
        })?;
        let from_everywhere = self.names_everywhere.take(username).inspect_err(|_| {
            // This network is not the one that has tried too often.
            self.names.put_back(from_network);
            tracing::warn!("too many password tries for one user name from all networks together");
        })?;
        Ok(Attempt { throttle: self, from_network, from_everywhere })
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
    fn addresses_of_one_network_count_together() {
        let addresses =
            ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"].map(|a| a.parse().expect("v6"));
        for grouped in [addresses.map(one_address), addresses.map(network)] {
            let [a, b, c] = grouped;
            assert_eq!(a, b);
            assert_ne!(a, c);
        }
        let addresses = ["192.0.2.1", "192.0.2.254", "192.0.3.1"].map(|a| a.parse().expect("v4"));
        let [a, b, c] = addresses.map(network);
        assert_eq!(a, b);
        assert_ne!(a, c);
        assert_eq!(addresses.map(one_address), addresses, "an IPv4 address counts for itself");
    }
}
