//! Documents that are fetched by HTTP, cached in the instance, and shared with the other instances
//! through the key-value store.
//!
//! - All instances together make one fetch at a time; requests that need its outcome wait for it.
//! - A fresh value is used as it is, as is a fresh copy in the store. An expired one is fetched
//!   again; when that fails it remains usable for [`CachePolicy::stale_for`], and the next attempt
//!   waits for [`CachePolicy::retry_after`].
//! - A request that has a usable value waits for [`CachePolicy::patience`] at most; the fetch then
//!   continues in the background.
//! - When a quarter of the lifetime is left, the upkeep fetches the next document, so that no
//!   request waits.
//! - A forced fetch, for a `kid` that the cached keys lack, has a separate cooldown.

mod attempts;
mod freshness;
mod policy;
mod stored_copy;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Uri;

use crate::fetch::{FetchError, FetchLimits, Fetched};
use crate::host::Host;
use crate::in_flight::{InFlight, POLL_INTERVAL};
use crate::printable::WithoutSecrets;
use attempts::{
    Attempt, Attempts, Claim, FIRST_POLL, Failure, LAST_POLL, NEXT_CLAIM, Terms, last_failure,
};
use freshness::{Freshness, is_due};
use stored_copy::StoredCopy;

pub(crate) use attempts::InstanceId;
pub(crate) use policy::{CachePolicy, Document};

/// Time to wait for another instance's attempt, in addition to the limit of the attempt.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The cached value of one document.
pub(crate) struct Cache<V> {
    url: Uri,
    policy: CachePolicy,
    state: Mutex<State<V>>,
    is_fetching: Arc<AtomicBool>,
    attempts: Attempts,
}

struct State<V> {
    known: Option<Known<V>>,
    /// When the pause after the last failure ends, and the reason; cleared by the next success.
    failure: Option<(Duration, String)>,
    /// Whether an attempt failed because it had only [`CachePolicy::patience`]: the upkeep makes
    /// the next one without a pause.
    was_cut_short: bool,
    forced_at: Option<Duration>,
    used_at: Duration,
}

struct Known<V> {
    value: Arc<V>,
    digest: [u8; 32],
    fetched_at: u64,
    freshness: Freshness,
}

/// The result of a look-up.
pub(crate) enum Cached<V> {
    Fresh(Arc<V>),
    /// Expired, usable, and not to be replaced now.
    Stale(Arc<V>),
    /// No usable value, with the reason.
    Unavailable(String),
}

/// The state of a cache, for a health response.
pub(crate) struct CacheStatus<V> {
    pub(crate) value: Option<(Arc<V>, Freshness)>,
    pub(crate) is_fetching: bool,
    /// Why the last attempt failed.
    pub(crate) failure: Option<String>,
}

/// Why a document is fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// There is no fresh value.
    Expired,
    /// The value expires soon.
    Due,
    /// The value lacks something; with the cooldown until the next such fetch.
    Forced(Duration),
}

enum Next<V> {
    Return(Cached<V>),
    Wait,
    Fetch,
}

impl<V> Cache<V> {
    /// Starts empty; nothing is fetched before the first [`Self::get`].
    pub(crate) fn new(url: Uri, policy: CachePolicy, instance: InstanceId) -> Self {
        let state = State {
            known: None,
            failure: None,
            was_cut_short: false,
            forced_at: None,
            used_at: Duration::ZERO,
        };
        let attempts = Attempts::new(policy.attempts, instance);
        Self { url, policy, state: Mutex::new(state), is_fetching: Arc::default(), attempts }
    }

    /// Returns the value, fetched if need be.
    pub(crate) async fn get(
        &self,
        document: &impl Document<Value = V>,
        host: &impl Host,
    ) -> Cached<V> {
        loop {
            match self.next(host.uptime()) {
                Next::Return(cached) => return cached,
                Next::Wait => host.sleep(POLL_INTERVAL).await,
                Next::Fetch => self.fetch(Reason::Expired, document, host).await,
            }
        }
    }

    /// Returns a newer value than `used`, which lacks something: from the store, else fetched.
    /// `None` without one, or when the last forced fetch was less than `cooldown` ago.
    pub(crate) async fn newer_than(
        &self,
        used: &Arc<V>,
        cooldown: Duration,
        document: &impl Document<Value = V>,
        host: &impl Host,
    ) -> Option<Arc<V>> {
        let reason = Reason::Forced(cooldown);
        loop {
            while self.is_fetching() {
                host.sleep(POLL_INTERVAL).await;
            }
            if let Some(newer) = self.replaced(used) {
                return Some(newer);
            }
            if !self.may_force(cooldown, host.uptime()) {
                return None;
            }
            // Another instance may have fetched what is missing.
            self.adopt_copy(reason, document, host).await;
            if let Some(newer) = self.replaced(used) {
                return Some(newer);
            }
            if !self.is_fetching() {
                break;
            }
        }
        let now = host.uptime();
        if self.may_force(cooldown, now) {
            self.state().forced_at = Some(now);
            self.fetch(reason, document, host).await;
        }
        self.replaced(used)
    }

    /// Returns whether [`Self::refresh`] has something to do.
    pub(crate) fn is_due(&self, host: &impl Host) -> bool {
        let now = host.uptime();
        let state = self.state();
        let is_due = state.known.as_ref().is_some_and(|known| known.freshness.is_due(now));
        (state.was_cut_short || is_due && !state.is_pausing(now)) && !self.is_fetching()
    }

    /// Fetches the next document while requests use the current one.
    pub(crate) async fn refresh(&self, document: &impl Document<Value = V>, host: &impl Host) {
        self.fetch(Reason::Due, document, host).await;
    }

    /// Returns the uptime of the last [`Self::get`].
    pub(crate) fn used_at(&self) -> Duration {
        self.state().used_at
    }

    /// Returns whether the value was requested since it reached this instance.
    pub(crate) fn is_used(&self) -> bool {
        let state = self.state();
        state.known.as_ref().is_some_and(|known| known.freshness.since() <= state.used_at)
    }

    /// Returns the state of this instance.
    pub(crate) fn status(&self) -> CacheStatus<V> {
        let state = self.state();
        let known = state.known.as_ref();
        CacheStatus {
            value: known.map(|known| (Arc::clone(&known.value), known.freshness)),
            is_fetching: self.is_fetching(),
            failure: state.failure.as_ref().map(|(_, why)| why.clone()),
        }
    }

    /// Adopts copy and failure of the other instances, without fetching.
    pub(crate) async fn adopt_shared(&self, document: &impl Document<Value = V>, host: &impl Host) {
        self.adopt_copy(Reason::Expired, document, host).await;
        if let Some(failure) = last_failure(self.policy.attempts, &self.url, host).await {
            self.note(failure, host);
        }
    }

    fn next(&self, now: Duration) -> Next<V> {
        let is_fetching = self.is_fetching();
        let mut state = self.state();
        state.used_at = now;
        let value = |known: &Known<V>| Arc::clone(&known.value);
        if let Some(known) = state.known.as_ref().filter(|known| known.freshness.is_fresh(now)) {
            return Next::Return(Cached::Fresh(value(known)));
        }
        let Some((until, why)) = &state.failure else {
            return if is_fetching { Next::Wait } else { Next::Fetch };
        };
        // After a failure only the request that tries again waits for the server.
        let is_pausing = now < *until;
        match state.known.as_ref().filter(|known| self.has_usable_age(known.freshness, now)) {
            Some(known) if is_fetching || is_pausing => Next::Return(Cached::Stale(value(known))),
            None if is_pausing || (is_fetching && !self.policy.waits_for_retry) => {
                Next::Return(Cached::Unavailable(why.clone()))
            }
            None if is_fetching => Next::Wait,
            _ => Next::Fetch,
        }
    }

    async fn fetch(&self, reason: Reason, document: &impl Document<Value = V>, host: &impl Host) {
        let Some(_in_flight) = InFlight::begin(&self.is_fetching) else { return };
        let is_second = std::mem::take(&mut self.state().was_cut_short);
        let Some((attempt, time)) = self.claim(reason, is_second, document, host).await else {
            return;
        };
        let limits = FetchLimits { time, ..self.policy.limits };
        let fetched = document.fetch(&self.url, limits, host).await;
        let was_cut_short =
            time < self.policy.limits.time && matches!(fetched, Err(FetchError::TimedOut));
        let outcome = match fetched {
            Ok(fetched) => self.parse(fetched, document, host).await,
            Err(error) => Err(error.to_string()),
        };
        match outcome {
            Ok((value, copy)) => {
                self.adopt(value, &copy, host);
                copy.save(self.policy.copies, &self.url, host).await;
                attempt.succeeded(host).await;
            }
            Err(why) => {
                let (name, url) = (self.policy.name, WithoutSecrets(&self.url));
                host.log(format_args!("warning: {name} not fetched from {url}: {why}"));
                attempt.failed(&why, host).await;
                self.note(Failure { age: Duration::ZERO, why }, host);
                self.state().was_cut_short = was_cut_short;
            }
        }
    }

    async fn parse(
        &self,
        fetched: Fetched,
        document: &impl Document<Value = V>,
        host: &impl Host,
    ) -> Result<(V, StoredCopy), String> {
        let Fetched { text, max_age } = fetched;
        let now = host.now();
        let (value, lifetime) = document.parse(&text, max_age, now, host).await?;
        Ok((value, StoredCopy::new(&self.url, text, lifetime, now)))
    }

    /// Claims an attempt, waiting for those of other instances. Returns it with its time limit, or
    /// `None` when this instance need not or may not fetch.
    async fn claim(
        &self,
        reason: Reason,
        is_second: bool,
        document: &impl Document<Value = V>,
        host: &impl Host,
    ) -> Option<(Attempt, Duration)> {
        let policy = self.policy;
        let (began, mut pause) = (host.uptime(), FIRST_POLL);
        loop {
            if self.adopt_copy(reason, document, host).await {
                return None;
            }
            let can_use_stale = reason == Reason::Expired && self.has_usable(host.uptime());
            let time = if can_use_stale { policy.patience } else { policy.limits.time };
            let terms = Terms {
                time,
                pause: if is_second { Duration::ZERO } else { policy.retry_after },
                cooldown: match reason {
                    Reason::Forced(cooldown) => Some(cooldown),
                    Reason::Expired | Reason::Due => None,
                },
            };
            let before = match self.attempts.claim(&self.url, terms, host).await {
                Claim::Granted(attempt) => return Some((attempt, time)),
                Claim::Paused(failure) => {
                    self.note(failure, host);
                    return None;
                }
                Claim::CoolingDown => {
                    // The forced fetch may have ended since the copy was read.
                    self.adopt_copy(reason, document, host).await;
                    return None;
                }
                Claim::Taken(before) => before,
            };
            let is_over = host.uptime().saturating_sub(began) >= time + LONGEST_WAIT;
            match reason {
                Reason::Due => return None,
                Reason::Forced(_) if is_over => return None,
                Reason::Forced(_) => {}
                Reason::Expired => {
                    let waits = !can_use_stale && policy.waits_for_retry;
                    if is_over || (before.is_some() && !waits) {
                        let why = before
                            .map_or_else(|| FetchError::TimedOut.to_string(), |before| before.why);
                        let age = policy.retry_after.saturating_sub(NEXT_CLAIM);
                        self.note(Failure { age, why }, host);
                        return None;
                    }
                }
            }
            host.sleep(pause).await;
            pause = (pause * 2).min(LAST_POLL);
        }
    }

    /// Adopts the copy in the store if it is usable and newer than the value of this instance.
    /// Returns whether that leaves nothing to do.
    async fn adopt_copy(
        &self,
        reason: Reason,
        document: &impl Document<Value = V>,
        host: &impl Host,
    ) -> bool {
        let Some(copy) = StoredCopy::load(self.policy.copies, &self.url, host).await else {
            return false;
        };
        let (age, lifetime) = (copy.age(host), copy.lifetime());
        if !self.is_usable(age, lifetime) || !self.is_newer(&copy) {
            return false;
        }
        // An expired document was valid when it was fetched, and is verified as of then.
        let as_of = if age < lifetime { host.now() } else { copy.fetch_time() };
        let Ok((value, _)) = document.parse(&copy.text, None, as_of, host).await else {
            return false;
        };
        self.adopt(value, &copy, host);
        match reason {
            Reason::Expired => age < lifetime,
            Reason::Due => !is_due(age, lifetime),
            // The copy may predate what is missing.
            Reason::Forced(_) => false,
        }
    }

    fn adopt(&self, value: V, copy: &StoredCopy, host: &impl Host) {
        let freshness = Freshness::of(copy, host);
        let (value, digest) = (Arc::new(value), copy.digest());
        let known = Known { value, digest, fetched_at: copy.fetched_at, freshness };
        let mut state = self.state();
        state.known = Some(known);
        if freshness.is_fresh(host.uptime()) {
            state.failure = None;
            state.was_cut_short = false;
        }
    }

    /// Starts the pause after a failure, which may be another instance's.
    fn note(&self, failure: Failure, host: &impl Host) {
        let pause = self.policy.retry_after.saturating_sub(failure.age);
        self.state().failure = Some((host.uptime() + pause, failure.why));
    }

    /// Two instances may fetch in the same millisecond, just when the document changes.
    fn is_newer(&self, copy: &StoredCopy) -> bool {
        self.state().known.as_ref().is_none_or(|known| {
            copy.fetched_at > known.fetched_at
                || (copy.fetched_at == known.fetched_at && copy.digest() != known.digest)
        })
    }

    fn is_usable(&self, age: Duration, lifetime: Duration) -> bool {
        self.policy.stale_for.is_none_or(|stale_for| age < lifetime.saturating_add(stale_for))
    }

    fn has_usable_age(&self, freshness: Freshness, now: Duration) -> bool {
        self.is_usable(freshness.age(now), freshness.lifetime())
    }

    fn has_usable(&self, now: Duration) -> bool {
        let state = self.state();
        state.known.as_ref().is_some_and(|known| self.has_usable_age(known.freshness, now))
    }

    /// Returns whether a forced fetch is allowed, as far as this instance knows.
    fn may_force(&self, cooldown: Duration, now: Duration) -> bool {
        let state = self.state();
        let is_cooling_down = state.forced_at.is_some_and(|at| now.saturating_sub(at) < cooldown);
        !is_cooling_down && !state.is_pausing(now)
    }

    fn replaced(&self, used: &Arc<V>) -> Option<Arc<V>> {
        let state = self.state();
        let known = state.known.as_ref().filter(|known| !Arc::ptr_eq(&known.value, used));
        known.map(|known| Arc::clone(&known.value))
    }

    /// Returns whether a fetch is in progress.
    pub(crate) fn is_fetching(&self) -> bool {
        self.is_fetching.load(Ordering::Relaxed)
    }

    /// Never held across an `.await`.
    fn state(&self) -> MutexGuard<'_, State<V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> State<V> {
    fn is_pausing(&self, now: Duration) -> bool {
        self.failure.as_ref().is_some_and(|(until, _)| now < *until)
    }
}

/// The state that other instances have left in the store, for a health response.
#[derive(Default)]
pub(crate) struct SharedStatus {
    /// Age of the copy.
    pub(crate) age: Option<Duration>,
    pub(crate) is_stale: bool,
    /// Why the last attempt failed.
    pub(crate) failure: Option<String>,
}

/// Reads the shared state of a document that this instance does not have.
pub(crate) async fn shared_status(
    url: &Uri,
    policy: &CachePolicy,
    host: &impl Host,
) -> SharedStatus {
    let copy = StoredCopy::load(policy.copies, url, host).await;
    let failure = last_failure(policy.attempts, url, host).await;
    SharedStatus {
        age: copy.as_ref().map(|copy| copy.age(host)),
        is_stale: copy.is_some_and(|copy| copy.age(host) >= copy.lifetime()),
        failure: failure.map(|failure| failure.why),
    }
}
