//! Keys fetched from the issuer's JWKS address, kept in the instance and shared with the others
//! through the key-value store.
//!
//! - One fetch at a time, of all instances; requests that need its outcome wait for it.
//! - Fresh keys are used as they are, those in the store too. Old ones are fetched again; when that
//!   fails they go on being used for a limited time, and the next attempt waits a moment.
//! - A request that could do with old keys waits a short time only; then the fetch goes on behind
//!   it.
//! - Keys in use are fetched again in the background when a quarter of their time is left, so that
//!   no request waits.
//! - A `kid` that is not known causes one fetch, and then no other for a while, or anybody could
//!   make this service hammer the issuer with tokens it made up. What another instance has fetched
//!   in that while is used instead.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Uri;
use verifier_core::{KeySet, MAX_KEY_TEXT_BYTES, Policy, Verifier};

use super::{NoKeys, SharedVerifier, count};
use crate::attempts::{Attempt, Attempts, Claim, FIRST_LOOK, Failure, LAST_LOOK, NEXT_LOOK, Wish};
use crate::fetching::{Fetching, Freshness, LOOK_AGAIN, Shown, is_due};
use crate::health::KeyStatus;
use crate::host::{Document, FetchError, FetchLimits, Fetched, Host};
use crate::shared::{Entry, JWKS};

/// How long keys live and how often the issuer is asked.
#[derive(Clone, Copy, Debug)]
pub struct CachePolicy {
    /// Lifetime of fetched keys when the issuer gives none.
    pub default_age: Duration,
    /// Bounds of the lifetime the issuer gives.
    pub age_bounds: (Duration, Duration),
    /// How long keys are used beyond their lifetime while the issuer cannot be reached.
    pub stale_for: Duration,
    /// Pause after a failed fetch.
    pub retry_after: Duration,
    /// Pause between two fetches that unknown `kid`s cause.
    pub unknown_kid_cooldown: Duration,
    /// What one fetch may take.
    pub limits: FetchLimits,
    /// How long a request waits for a fetch that could do with old keys.
    pub patience: Duration,
}

/// The policy of every instance.
pub const CACHE_POLICY: CachePolicy = CachePolicy {
    default_age: Duration::from_secs(300),
    age_bounds: (Duration::from_secs(10), Duration::from_secs(3600)),
    stale_for: Duration::from_secs(3600),
    retry_after: Duration::from_secs(5),
    unknown_kid_cooldown: Duration::from_secs(10),
    limits: FetchLimits { time: Duration::from_secs(5), body: MAX_KEY_TEXT_BYTES },
    patience: Duration::from_secs(1),
};

/// How much longer than its time the attempt of another instance is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// See the module's documentation.
pub struct RemoteKeys {
    url: Uri,
    policy: Policy,
    cache: CachePolicy,
    state: Mutex<State>,
    fetching: Arc<AtomicBool>,
    attempts: Attempts,
}

#[derive(Default)]
struct State {
    known: Option<Known>,
    /// Until when no attempt is made, and why the last one failed; cleared by the next success.
    failure: Option<(Duration, String)>,
    /// Set when an attempt failed for lack of time that a request did not have: the next one is
    /// made in the background, without a pause.
    is_cut_short: bool,
    /// When an unknown `kid` last caused a fetch.
    unknown_kid_at: Option<Duration>,
}

impl State {
    fn is_pausing(&self, now: Duration) -> bool {
        self.failure.as_ref().is_some_and(|(until, _)| now < *until)
    }
}

#[derive(Clone)]
struct Known {
    verifier: SharedVerifier,
    /// What they were read from, and when that was fetched.
    text: Arc<str>,
    fetched_at: u64,
    freshness: Freshness,
}

impl Known {
    /// Two instances may fetch in one millisecond, just when the issuer changes its keys.
    fn is_older_than(&self, copy: &Entry) -> bool {
        copy.fetched_at > self.fetched_at
            || (copy.fetched_at == self.fetched_at && *copy.text != *self.text)
    }
}

/// Why keys are fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// There are none, or they are too old.
    Age,
    /// They will soon be too old.
    Due,
    /// A token names a key that is not among them.
    UnknownKid,
}

/// What a request has to do next.
enum Next {
    Use(SharedVerifier),
    Fail(NoKeys),
    Wait,
    Fetch,
}

impl RemoteKeys {
    /// Keys that will be fetched when the first token asks for them.
    #[must_use]
    pub fn new(url: Uri, policy: Policy) -> Self {
        Self::with_cache_policy(url, policy, CACHE_POLICY)
    }

    /// The same with other times.
    #[must_use]
    pub fn with_cache_policy(url: Uri, policy: Policy, cache: CachePolicy) -> Self {
        Self {
            url,
            policy,
            cache,
            state: Mutex::default(),
            fetching: Arc::default(),
            attempts: Attempts::new(JWKS),
        }
    }

    /// The keys to use now, fetched if need be.
    ///
    /// # Errors
    /// [`NoKeys::Unavailable`] when there are none, or only such as are too old.
    pub async fn current(&self, host: &impl Host) -> Result<SharedVerifier, NoKeys> {
        loop {
            match self.next(host.uptime()) {
                Next::Use(verifier) => return Ok(verifier),
                Next::Fail(reason) => return Err(reason),
                Next::Wait => host.sleep(LOOK_AGAIN).await,
                Next::Fetch => self.fetch(Reason::Age, host).await,
            }
        }
    }

    /// Newer keys than these, which do not know the `kid` of a token: those in the store, or, for
    /// the keys in the store, those of the issuer. Nothing when there are none and the issuer has
    /// been asked a moment ago.
    pub async fn newer_than(
        &self,
        used: &SharedVerifier,
        host: &impl Host,
    ) -> Option<SharedVerifier> {
        loop {
            while self.fetching.load(Ordering::Relaxed) {
                host.sleep(LOOK_AGAIN).await;
            }
            if let Some(newer) = self.replaced(used) {
                return Some(newer);
            }
            if !self.may_ask(host.uptime()) {
                return None;
            }
            // What another instance has fetched may hold the key; only if not, the issuer is asked.
            if let Some(copy) = self.copy(host).await
                && self.is_news(&copy)
                && self.adopt(&copy, host)
            {
                return self.replaced(used);
            }
            if !self.fetching.load(Ordering::Relaxed) {
                break;
            }
        }
        let now = host.uptime();
        if self.may_ask(now) {
            self.state().unknown_kid_at = Some(now);
            self.fetch(Reason::UnknownKid, host).await;
        }
        self.replaced(used)
    }

    /// Whether an unknown `kid` may lead to a fetch now, as far as this instance knows.
    fn may_ask(&self, now: Duration) -> bool {
        let state = self.state();
        let recently =
            |at: Option<Duration>, pause| at.is_some_and(|at| now.saturating_sub(at) < pause);
        !recently(state.unknown_kid_at, self.cache.unknown_kid_cooldown) && !state.is_pausing(now)
    }

    /// Whether the keys will soon be too old, and nobody is fetching.
    pub fn is_due(&self, host: &impl Host) -> bool {
        let now = host.uptime();
        let state = self.state();
        let is_due = state.known.as_ref().is_some_and(|known| known.freshness.is_due(now));
        (state.is_cut_short || is_due && !state.is_pausing(now))
            && !self.fetching.load(Ordering::Relaxed)
    }

    /// Fetches them, while requests go on using those there are.
    pub async fn refresh(&self, host: &impl Host) {
        self.fetch(Reason::Due, host).await;
    }

    /// Returns the state for `GET /`. An instance without keys looks for them in the shared store,
    /// and for the reason why there are none; it fetches nothing.
    pub async fn status(&self, host: &impl Host) -> KeyStatus {
        if self.state().known.is_none() {
            if let Some(copy) = self.copy(host).await
                && self.is_usable(copy.age(host), copy.lifetime())
            {
                self.adopt(&copy, host);
            }
            if let Some(failure) = self.attempts.last_failure(&self.url, host).await {
                self.note(failure, host);
            }
        }
        let state = self.state();
        let (now, freshness) = (host.uptime(), state.known.as_ref().map(|known| known.freshness));
        let stale = freshness.map(|freshness| !freshness.is_fresh(now));
        let problem = state
            .failure
            .as_ref()
            .map(|(_, reason)| NoKeys::Unavailable(reason.clone()).to_string());
        KeyStatus {
            source: "jwks_url",
            count: state.known.as_ref().map_or(0, |known| count(&known.verifier)),
            age_seconds: freshness.map(|freshness| freshness.age(now).as_secs()),
            lifetime_seconds: freshness.map(|freshness| freshness.lifetime.as_secs()),
            fetching: Some(self.fetching.load(Ordering::Relaxed)),
            stale,
            is_unknown: stale.unwrap_or(true),
            problem,
        }
    }

    fn next(&self, now: Duration) -> Next {
        let state = self.state();
        if let Some(known) = state.known.as_ref().filter(|known| known.freshness.is_fresh(now)) {
            return Next::Use(known.verifier.clone());
        }
        let fetching = self.fetching.load(Ordering::Relaxed);
        let Some((until, reason)) = &state.failure else {
            return if fetching { Next::Wait } else { Next::Fetch };
        };
        // The issuer is in trouble: only the one request that tries again waits for it, the others
        // go on.
        let stale = state.known.as_ref().filter(|Known { freshness, .. }| {
            self.is_usable(freshness.age(now), freshness.lifetime)
        });
        let pausing = now < *until;
        match stale {
            Some(known) if fetching || pausing => Next::Use(known.verifier.clone()),
            None if pausing => Next::Fail(NoKeys::Unavailable(reason.clone())),
            None if fetching => Next::Wait,
            _ => Next::Fetch,
        }
    }

    async fn fetch(&self, reason: Reason, host: &impl Host) {
        let Some(_guard) = Fetching::begin(&self.fetching) else { return };
        let is_second = std::mem::take(&mut self.state().is_cut_short);
        let Some((attempt, time)) = self.turn(reason, is_second, host).await else { return };
        let fetched =
            host.get(&self.url, Document::Keys, FetchLimits { time, ..self.cache.limits }).await;
        let is_cut_short =
            time < self.cache.limits.time && matches!(fetched, Err(FetchError::TimedOut));
        match fetched
            .map_err(|error| error.to_string())
            .and_then(|fetched| self.read(fetched, host))
        {
            Ok(entry) => {
                self.adopt(&entry, host);
                entry.save(JWKS, &self.url, host).await;
                attempt.succeeded(host).await;
            }
            Err(why) => {
                host.log(format_args!(
                    "warning: keys not fetched from {}: {why}",
                    Shown(&self.url)
                ));
                attempt.failed(&why, host).await;
                let mut state = self.state();
                state.failure = Some((host.uptime() + self.cache.retry_after, why));
                state.is_cut_short = is_cut_short;
            }
        }
    }

    /// Waits for what other instances do. Returns the attempt that this one is to make, and its
    /// time; nothing when it need not or may not fetch.
    async fn turn(
        &self,
        reason: Reason,
        is_second: bool,
        host: &impl Host,
    ) -> Option<(Attempt, Duration)> {
        let (began, mut pause) = (host.uptime(), FIRST_LOOK);
        loop {
            if let Some(copy) = self.copy(host).await {
                if self.is_done(&copy, reason, host) {
                    return None;
                }
                // Old, but better than nothing, for as long as old keys are used at all.
                if self.is_news(&copy) && self.is_usable(copy.age(host), copy.lifetime()) {
                    self.adopt(&copy, host);
                }
            }
            let can_do_without = reason == Reason::Age && self.has_usable(host.uptime());
            let time = if can_do_without { self.cache.patience } else { self.cache.limits.time };
            let wish = Wish {
                time,
                pause: if is_second { Duration::ZERO } else { self.cache.retry_after },
                cooldown: (reason == Reason::UnknownKid).then_some(self.cache.unknown_kid_cooldown),
            };
            let before = match self.attempts.claim(&self.url, wish, host).await {
                Claim::Granted(attempt) => return Some((attempt, time)),
                Claim::CoolingDown => {
                    // The fetch that began the cooldown may have ended since the copy was read.
                    if let Some(copy) = self.copy(host).await
                        && self.is_news(&copy)
                    {
                        self.adopt(&copy, host);
                    }
                    return None;
                }
                Claim::Paused(failure) => {
                    self.note(failure, host);
                    return None;
                }
                Claim::Elsewhere(before) => before,
            };
            let is_over = host.uptime().saturating_sub(began) >= time + LONGEST_WAIT;
            if reason != Reason::Age && (reason == Reason::Due || is_over) {
                return None;
            }
            if is_over || (can_do_without && before.is_some()) {
                let why =
                    before.map_or_else(|| FetchError::TimedOut.to_string(), |failure| failure.why);
                let age = self.cache.retry_after.saturating_sub(NEXT_LOOK);
                self.note(Failure { age, why }, host);
                return None;
            }
            host.sleep(pause).await;
            pause = (pause * 2).min(LAST_LOOK);
        }
    }

    /// Whether another instance has already done what is to be done; if it has found newer keys,
    /// they are used.
    fn is_done(&self, copy: &Entry, reason: Reason, host: &impl Host) -> bool {
        let age = copy.age(host);
        let is_good = match reason {
            Reason::Age => age < copy.lifetime(),
            Reason::Due => !is_due(age, copy.lifetime()),
            // It may be from before the key was there, and says nothing about it.
            Reason::UnknownKid => false,
        };
        is_good && self.is_news(copy) && self.adopt(copy, host)
    }

    /// The copy in the store. One whose age is not known could be used for ever.
    async fn copy(&self, host: &impl Host) -> Option<Entry> {
        Entry::load(JWKS, &self.url, host).await.filter(|copy| copy.age(host) < Duration::MAX)
    }

    fn is_news(&self, copy: &Entry) -> bool {
        self.state().known.as_ref().is_none_or(|known| known.is_older_than(copy))
    }

    /// Whether keys of this age may be used while there are no newer ones.
    fn is_usable(&self, age: Duration, lifetime: Duration) -> bool {
        age < lifetime + self.cache.stale_for
    }

    fn has_usable(&self, now: Duration) -> bool {
        let state = self.state();
        state
            .known
            .as_ref()
            .is_some_and(|known| self.is_usable(known.freshness.age(now), known.freshness.lifetime))
    }

    /// Takes over the failure of another instance.
    fn note(&self, failure: Failure, host: &impl Host) {
        let pause = self.cache.retry_after.saturating_sub(failure.age);
        self.state().failure = Some((host.uptime() + pause, failure.why));
    }

    /// Uses these keys from now on, if the text holds any.
    fn adopt(&self, entry: &Entry, host: &impl Host) -> bool {
        let Ok(keys) = KeySet::from_jwks(&entry.text) else { return false };
        let freshness = Freshness::of(entry, host);
        let known = Known {
            verifier: Arc::new(Verifier::new(keys, self.policy.clone())),
            text: entry.text.as_str().into(),
            fetched_at: entry.fetched_at,
            freshness,
        };
        let mut state = self.state();
        state.known = Some(known);
        if freshness.is_fresh(host.uptime()) {
            state.failure = None;
            state.is_cut_short = false;
        }
        true
    }

    /// What has been fetched, if it is a key set.
    fn read(&self, fetched: Fetched, host: &impl Host) -> Result<Entry, String> {
        KeySet::from_jwks(&fetched.text).map_err(|error| error.to_string())?;
        let (least, most) = self.cache.age_bounds;
        let lifetime = fetched.max_age.map_or(self.cache.default_age, |age| age.clamp(least, most));
        Ok(Entry::new(&self.url, fetched.text, lifetime, host.now()))
    }

    fn replaced(&self, used: &SharedVerifier) -> Option<SharedVerifier> {
        let state = self.state();
        state
            .known
            .as_ref()
            .map(|known| &known.verifier)
            .filter(|verifier| !Arc::ptr_eq(verifier, used))
            .cloned()
    }

    /// Never held across an `.await`.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
