//! Limits on password attempts: per address, per user name and network, and per user name.
//!
//! A limit is a bucket of attempts that refills evenly over a minute (GCRA, by `governor`).
//! Addresses and names are hashed into a fixed number of buckets, which bounds the memory. The
//! hash is keyed at start, so that an attacker cannot choose a name that shares another's bucket.
//!
//! Wrong passwords from one network use up the attempts of that network alone: an attacker there
//! does not lock the owner of the name out elsewhere. The limit for a name from all networks is
//! wide, against attackers with many networks.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::clock::Clock;

/// Buckets of each limit: a few MiB when all of them are in use.
const BUCKETS: u64 = 1 << 17;

/// Password attempts per minute, which is also the largest burst. 0: unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimits {
    /// From one IPv4 address or one IPv6 /64 network.
    pub per_address: u32,
    /// For one user name from one network, IPv4 /24 or IPv6 /64. A right password does not count.
    pub per_name: u32,
    /// For one user name from all networks. A right password does not count.
    pub per_name_everywhere: u32,
}

impl Default for LoginLimits {
    /// 60 for an address, which an office may share; 30 for a name from one network and ten times
    /// as many from all networks.
    fn default() -> Self {
        Self { per_address: 60, per_name: 30, per_name_everywhere: 300 }
    }
}

/// Too many password attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Throttled {
    /// When the next attempt is accepted, in whole seconds from now.
    pub(super) retry_after_seconds: u64,
}

/// Rejected password attempts since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RejectedAttempts {
    /// By the limit per address.
    pub(super) by_address: u64,
    /// By a limit per user name, from one network or from all networks.
    pub(super) by_name: u64,
}

/// Limits password attempts.
pub(super) struct Throttle {
    addresses: Limit,
    /// Per name and network.
    names: Limit,
    names_everywhere: Limit,
}

impl Throttle {
    /// Creates the limits, measured by `clock`.
    pub(super) fn new(limits: LoginLimits, clock: &Arc<dyn Clock>) -> Self {
        let clock = Monotonic(Arc::clone(clock));
        Self {
            addresses: Limit::new(limits.per_address, &clock),
            names: Limit::new(limits.per_name, &clock),
            names_everywhere: Limit::new(limits.per_name_everywhere, &clock),
        }
    }

    /// Returns the number of rejected attempts.
    pub(super) fn rejected(&self) -> RejectedAttempts {
        let read = |limit: &Limit| limit.rejected.load(Ordering::Relaxed);
        RejectedAttempts {
            by_address: read(&self.addresses),
            by_name: read(&self.names) + read(&self.names_everywhere),
        }
    }

    /// Counts an attempt from this address. Without an address, nothing is limited.
    ///
    /// # Errors
    /// [`Throttled`] after too many attempts.
    pub(super) fn try_address(&self, client: Option<IpAddr>) -> Result<(), Throttled> {
        let Some(address) = client else { return Ok(()) };
        let taken = self.addresses.take(subscriber(address));
        taken.map(drop).inspect_err(|_| tracing::warn!(%address, "too many password attempts"))
    }

    /// Counts an attempt for a user name from this address, whether the user exists or not. Call
    /// [`Attempt::succeeded`] when the password was right.
    ///
    /// # Errors
    /// [`Throttled`] after too many attempts.
    pub(super) fn try_name(
        &self,
        client: Option<IpAddr>,
        username: &str,
    ) -> Result<Attempt<'_>, Throttled> {
        let from_network = self.names.take((client.map(network), username)).inspect_err(|_| {
            tracing::warn!("too many password attempts for one user name from one network")
        })?;
        let from_everywhere = self.names_everywhere.take(username).inspect_err(|_| {
            // Other networks have used up the limit, not this one.
            self.names.put_back(from_network);
            tracing::warn!("too many password attempts for one user name from all networks");
        })?;
        Ok(Attempt { throttle: self, from_network, from_everywhere })
    }
}

/// An attempt for a user name, which counts unless it succeeds.
#[must_use]
pub(super) struct Attempt<'a> {
    throttle: &'a Throttle,
    from_network: u64,
    from_everywhere: u64,
}

impl Attempt<'_> {
    /// Uncounts the attempt: the password was right.
    pub(super) fn succeeded(self) {
        self.throttle.names.put_back(self.from_network);
        self.throttle.names_everywhere.put_back(self.from_everywhere);
    }
}

/// Groups addresses for the limit per address: a home or an office has a whole IPv6 /64 network.
fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
    }
}

/// Groups addresses for the limit per user name: IPv4 /24 and IPv6 /64. Rented IPv4 addresses
/// often share a /24.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from(u32::from(address) & !0xff)),
        IpAddr::V6(_) => subscriber(address),
    }
}

/// The issuer's clock for `governor`: monotonic, and controlled in tests.
#[derive(Clone)]
struct Monotonic(Arc<dyn Clock>);

impl GovernorClock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

/// The bucket levels of a limit, shared with its limiter so that attempts can be put back.
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
    /// Time until one attempt is available again.
    interval: Nanos,
}

struct Limit {
    /// `None`: unlimited.
    buckets: Option<Buckets>,
    rejected: AtomicU64,
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
            rejected: AtomicU64::new(0),
            hasher: RandomState::new(),
            clock: clock.clone(),
        }
    }

    /// Takes an attempt, and returns its bucket.
    fn take(&self, key: impl Hash) -> Result<u64, Throttled> {
        let bucket = self.hasher.hash_one(key) % BUCKETS;
        let Some(buckets) = &self.buckets else { return Ok(bucket) };
        let taken = buckets.limiter.check_key(&bucket).map_err(|until| {
            self.rejected.fetch_add(1, Ordering::Relaxed);
            let wait = until.wait_time_from(self.clock.now());
            let retry_after_seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Throttled { retry_after_seconds }
        });
        taken.map(|()| bucket)
    }

    /// Returns an attempt to its bucket.
    fn put_back(&self, bucket: u64) {
        let Some(buckets) = &self.buckets else { return };
        // GCRA stores the time at which the bucket is full again: each attempt adds one interval.
        let earlier = |full_at: Option<Nanos>| {
            let full_at = full_at.unwrap_or(Nanos::new(0)).saturating_sub(buckets.interval);
            Ok::<_, std::convert::Infallible>(((), full_at))
        };
        let Ok(()) = buckets.levels.measure_and_replace(&bucket, earlier);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_count_together() {
        let addresses =
            ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"].map(|a| a.parse().expect("v6"));
        for grouped in [addresses.map(subscriber), addresses.map(network)] {
            let [a, b, c] = grouped;
            assert_eq!(a, b);
            assert_ne!(a, c);
        }
        let addresses = ["192.0.2.1", "192.0.2.254", "192.0.3.1"].map(|a| a.parse().expect("v4"));
        let [a, b, c] = addresses.map(network);
        assert_eq!(a, b);
        assert_ne!(a, c);
        assert_eq!(addresses.map(subscriber), addresses, "an IPv4 address counts for itself");
    }
}
