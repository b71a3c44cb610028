//! Token Status Lists (IETF draft-ietf-oauth-status-list): fetched from the issuer, verified with
//! its keys, and cached for their `ttl`.
//!
//! An expired list still refuses the tokens that it revokes but no longer confirms the others. So
//! does the copy in the store, however old. An instance keeps [`MAX_LISTS`] lists, each of at most
//! [`super::statuses::MAX_BYTES`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Uri;
use verifier_core::{MAX_STATUS_LIST_BYTES, StatusList, UnixTime};

use super::reference::{AllowedAddresses, ListAddress};
use super::statuses::Statuses;
use crate::cache::{Cache, CachePolicy, Cached, Document, InstanceId, SharedStatus, shared_status};
use crate::fetch::{FetchError, FetchLimits, Fetched};
use crate::host::Host;
use crate::keys::Keys;
use crate::printable::WithoutSecrets;
use crate::status::ListStatus;

/// Lists that an instance keeps; a new one evicts the least recently used.
const MAX_LISTS: usize = 8;

/// Lifetime of a list without `ttl`.
const DEFAULT_TTL: Duration = Duration::from_secs(60);

/// Longest lifetime of a list.
const MAX_TTL: Duration = Duration::from_secs(3600);

/// How lists are kept.
const CACHE_POLICY: CachePolicy = CachePolicy {
    name: "status list",
    copies: "status-list",
    attempts: "attempt/status-list",
    limits: FetchLimits { time: Duration::from_secs(5), body: MAX_STATUS_LIST_BYTES },
    retry_after: Duration::from_secs(5),
    stale_for: None,
    patience: Duration::from_secs(5),
    waits_for_retry: false,
};

/// The key in the store with the address of the list that was fetched last.
const LATEST: &str = "latest/status-list";

/// The outcome of a look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// The status; 0 is a valid token.
    Status(u8),
    /// The index is beyond the end of the list.
    OutOfRange,
    /// There is no list, or only an expired one, with its status at the index.
    Unknown(Option<u8>),
}

/// The lists of an instance.
#[derive(Default)]
pub(super) struct StatusLists {
    slots: Mutex<Vec<Slot>>,
    instance: InstanceId,
}

#[derive(Clone)]
struct Slot {
    address: ListAddress,
    cache: Arc<Cache<Statuses>>,
}

impl StatusLists {
    /// Looks an index up, in a list that is fetched if need be.
    pub(super) async fn look_up(
        &self,
        address: &ListAddress,
        index: u64,
        keys: &Keys,
        host: &impl Host,
    ) -> Lookup {
        match self.cache(address).get(&SignedList { address, keys }, host).await {
            Cached::Fresh(statuses) => {
                statuses.get(index).map_or(Lookup::OutOfRange, Lookup::Status)
            }
            Cached::Stale(statuses) => Lookup::Unknown(statuses.get(index)),
            Cached::Unavailable(_) => Lookup::Unknown(None),
        }
    }

    /// Returns whether [`Self::refresh`] has something to do.
    pub(super) fn is_due(&self, host: &impl Host) -> bool {
        self.due(host).is_some()
    }

    /// Fetches one list that is in use and due, while requests use the current one.
    pub(super) async fn refresh(&self, keys: &Keys, host: &impl Host) {
        if let Some(Slot { address, cache }) = self.due(host) {
            cache.refresh(&SignedList { address: &address, keys }, host).await;
        }
    }

    /// Returns the state of the lists that this instance keeps.
    pub(super) fn status(&self, host: &impl Host) -> ListStatus {
        let now = host.uptime();
        let mut status = ListStatus::default();
        for Slot { address, cache } in self.slots().iter() {
            let cached = cache.status();
            if let Some((_, freshness)) = cached.value {
                status.count += 1;
                status.age_seconds = status.age_seconds.max(Some(freshness.age(now).as_secs()));
                status.stale |= !freshness.is_fresh(now);
            }
            let problem = |why| format!("{}: {why}", WithoutSecrets(&address.uri));
            status.problem = status.problem.or_else(|| cached.failure.map(problem));
        }
        status
    }

    /// Returns the state that any instance has left in the store of the list fetched last.
    pub(super) async fn shared_status(
        &self,
        allowed: &AllowedAddresses,
        host: &impl Host,
    ) -> ListStatus {
        let latest = host.load(LATEST).await.ok().flatten();
        let latest = latest.and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(address) = latest.and_then(|text| allowed.admit(&text)) else {
            return ListStatus::default();
        };
        let SharedStatus { age, is_stale, failure } =
            shared_status(&address.uri, &CACHE_POLICY, host).await;
        ListStatus {
            count: usize::from(age.is_some()),
            age_seconds: age.map(|age| age.as_secs()),
            stale: is_stale,
            problem: failure.map(|why| format!("{}: {why}", WithoutSecrets(&address.uri))),
        }
    }

    fn due(&self, host: &impl Host) -> Option<Slot> {
        let slots = self.slots();
        slots.iter().find(|slot| slot.cache.is_used() && slot.cache.is_due(host)).cloned()
    }

    fn cache(&self, address: &ListAddress) -> Arc<Cache<Statuses>> {
        let mut slots = self.slots();
        if let Some(slot) = slots.iter().find(|slot| slot.address == *address) {
            return Arc::clone(&slot.cache);
        }
        if slots.len() >= MAX_LISTS {
            // One that is fetching would go on beside the cache that replaces it.
            let order = slots.iter().enumerate();
            let order =
                order.map(|(at, Slot { cache, .. })| (cache.is_fetching(), cache.used_at(), at));
            if let Some((_, _, first)) = order.min() {
                slots.swap_remove(first);
            }
        }
        let cache = Arc::new(Cache::new(address.uri.clone(), CACHE_POLICY, self.instance.clone()));
        slots.push(Slot { address: address.clone(), cache: Arc::clone(&cache) });
        cache
    }

    /// Never held across an `.await`.
    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The list at an address, signed with the issuer's keys.
struct SignedList<'a> {
    address: &'a ListAddress,
    keys: &'a Keys,
}

impl Document for SignedList<'_> {
    type Value = Statuses;

    async fn fetch(
        &self,
        url: &Uri,
        limits: FetchLimits,
        host: &impl Host,
    ) -> Result<Fetched, FetchError> {
        // Only health responses of other instances need it; a store that fails is reported there.
        let _ = host.save(LATEST, self.address.text.as_bytes()).await;
        host.fetch(url, "application/statuslist+jwt", limits).await
    }

    async fn parse(
        &self,
        text: &str,
        _: Option<Duration>,
        as_of: UnixTime,
        host: &impl Host,
    ) -> Result<(Statuses, Duration), String> {
        // White space around the document is not part of it.
        let text = text.trim_ascii();
        let list = self.keys.verify_status_list(text, &self.address.text, as_of, host).await?;
        let lifetime = lifetime(&list, as_of);
        if lifetime.is_zero() {
            // It expires within this second, or has expired within the leeway. In use, it would be
            // fetched again for every request.
            return Err("the list has expired".to_owned());
        }
        Ok((Statuses::inflate(&list)?, lifetime))
    }
}

/// Returns `ttl`, but never beyond `exp`; both take precedence over HTTP caching (section 8.2).
fn lifetime(list: &StatusList, now: UnixTime) -> Duration {
    let ttl = list.ttl_seconds().map_or(DEFAULT_TTL, Duration::from_secs).min(MAX_TTL);
    let left = list
        .expires_at()
        .map_or(MAX_TTL, |exp| Duration::from_secs(exp.as_secs().saturating_sub(now.as_secs())));
    ttl.min(left)
}

#[cfg(test)]
mod tests;
