//! Keys fetched from the issuer's JWKS address, kept in the instance and shared with the others through the key-value store.
//!
//! - One fetch at a time; requests that need its outcome wait for it.
//! - Fresh keys are used as they are. Old ones are fetched again; when that fails they go on being used
//!   for a limited time, and the next attempt waits a moment.
//! - Keys in use are fetched again in the background when a quarter of their time is left, so that no request waits.
//! - A `kid` that is not known causes one fetch, and then no other for a while, or anybody could make
//!   this service hammer the issuer with tokens it made up. What another instance has fetched in that while is used instead.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Uri;
use verifier_core::{KeySet, MAX_KEY_TEXT_BYTES, Policy, Verifier};

use super::{NoKeys, SharedVerifier, count};
use crate::fetching::{Fetching, Freshness, LOOK_AGAIN, Shown, is_due};
use crate::health::KeyStatus;
use crate::host::{Document, FetchLimits, Host};
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
}

/// The policy of every instance.
pub const CACHE_POLICY: CachePolicy = CachePolicy {
    default_age: Duration::from_secs(300),
    age_bounds: (Duration::from_secs(10), Duration::from_secs(3600)),
    stale_for: Duration::from_secs(3600),
    retry_after: Duration::from_secs(5),
    unknown_kid_cooldown: Duration::from_secs(10),
    limits: FetchLimits { time: Duration::from_secs(5), body: MAX_KEY_TEXT_BYTES },
};

/// See the module's documentation.
pub struct RemoteKeys {
    url: Uri,
    policy: Policy,
    cache: CachePolicy,
    state: Mutex<State>,
    fetching: Arc<AtomicBool>,
}

#[derive(Default)]
struct State {
    known: Option<Known>,
    /// When the last attempt failed, and why; cleared by the next success.
    failure: Option<(Duration, String)>,
    /// When an unknown `kid` last caused a fetch.
    unknown_kid_at: Option<Duration>,
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
        copy.fetched_at > self.fetched_at || (copy.fetched_at == self.fetched_at && *copy.text != *self.text)
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
        Self { url, policy, cache, state: Mutex::default(), fetching: Arc::default() }
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

    /// Newer keys than these, which do not know the `kid` of a token; nothing when there are none and the issuer
    /// has been asked a moment ago.
    pub async fn newer_than(&self, used: &SharedVerifier, host: &impl Host) -> Option<SharedVerifier> {
        while self.fetching.load(Ordering::Relaxed) {
            host.sleep(LOOK_AGAIN).await;
        }
        if let Some(newer) = self.replaced(used) {
            return Some(newer);
        }
        let now = host.uptime();
        {
            let mut state = self.state();
            let recently = |at: Option<Duration>, pause| at.is_some_and(|at| now.saturating_sub(at) < pause);
            if recently(state.unknown_kid_at, self.cache.unknown_kid_cooldown)
                || recently(state.failure.as_ref().map(|(at, _)| *at), self.cache.retry_after)
            {
                return None;
            }
            state.unknown_kid_at = Some(now);
        }
        self.fetch(Reason::UnknownKid, host).await;
        self.replaced(used)
    }

    /// Whether the keys will soon be too old, and nobody is fetching.
    pub fn is_due(&self, host: &impl Host) -> bool {
        let now = host.uptime();
        let state = self.state();
        let is_pausing = state.failure.as_ref().is_some_and(|(at, _)| now.saturating_sub(*at) < self.cache.retry_after);
        let is_due = state.known.as_ref().is_some_and(|known| known.freshness.is_due(now));
        is_due && !is_pausing && !self.fetching.load(Ordering::Relaxed)
    }

    /// Fetches them, while requests go on using those there are.
    pub async fn refresh(&self, host: &impl Host) {
        self.fetch(Reason::Due, host).await;
    }

    /// For `GET /`.
    pub fn status(&self, host: &impl Host) -> KeyStatus {
        let state = self.state();
        let (now, freshness) = (host.uptime(), state.known.as_ref().map(|known| known.freshness));
        KeyStatus {
            source: "jwks_url",
            count: state.known.as_ref().map_or(0, |known| count(&known.verifier)),
            age_seconds: freshness.map(|freshness| freshness.age(now).as_secs()),
            lifetime_seconds: freshness.map(|freshness| freshness.lifetime.as_secs()),
            fetching: Some(self.fetching.load(Ordering::Relaxed)),
            stale: freshness.map(|freshness| !freshness.is_fresh(now)),
            problem: state.failure.as_ref().map(|(_, reason)| NoKeys::Unavailable(reason.clone()).to_string()),
        }
    }

    fn next(&self, now: Duration) -> Next {
        let state = self.state();
        if let Some(known) = state.known.as_ref().filter(|known| known.freshness.is_fresh(now)) {
            return Next::Use(known.verifier.clone());
        }
        let fetching = self.fetching.load(Ordering::Relaxed);
        let Some((failed_at, reason)) = &state.failure else {
            return if fetching { Next::Wait } else { Next::Fetch };
        };
        // The issuer is in trouble: only the one request that tries again waits for it, the others go on.
        let stale = state
            .known
            .as_ref()
            .filter(|Known { freshness, .. }| freshness.age(now) < freshness.lifetime + self.cache.stale_for);
        let pausing = now.saturating_sub(*failed_at) < self.cache.retry_after;
        match stale {
            Some(known) if fetching || pausing => Next::Use(known.verifier.clone()),
            None if pausing => Next::Fail(NoKeys::Unavailable(reason.clone())),
            None if fetching => Next::Wait,
            _ => Next::Fetch,
        }
    }

    async fn fetch(&self, reason: Reason, host: &impl Host) {
        let Some(_guard) = Fetching::begin(&self.fetching) else { return };
        let copy = Entry::load(JWKS, &self.url, host).await;
        if copy.as_ref().is_some_and(|copy| self.is_done(copy, reason, host)) {
            return;
        }
        let outcome = self.fetch_keys(host).await;
        let now = host.uptime();
        match outcome {
            Ok(entry) => {
                let entry = entry.for_unknown_kid(reason == Reason::UnknownKid);
                self.adopt(&entry, host);
                entry.save(JWKS, &self.url, host).await;
            }
            Err(why) => {
                if self.state().known.is_none()
                    && let Some(copy) = copy
                {
                    // Old, but better than nothing, for as long as old keys are used at all.
                    self.adopt(&copy, host);
                }
                host.log(format_args!("warning: keys not fetched from {}: {why}", Shown(&self.url)));
                self.state().failure = Some((now, why));
            }
        }
    }

    /// Whether another instance has already done what is to be done; if it has found newer keys, they are used.
    fn is_done(&self, copy: &Entry, reason: Reason, host: &impl Host) -> bool {
        let age = copy.age(host);
        let is_newer = self.state().known.as_ref().is_none_or(|known| known.is_older_than(copy));
        let just_asked = age < self.cache.unknown_kid_cooldown;
        match reason {
            Reason::Age => is_newer && age < copy.lifetime() && self.adopt(copy, host),
            Reason::Due => is_newer && !is_due(age, copy.lifetime()) && self.adopt(copy, host),
            // What was fetched for another reason may be from before the key was there, and says nothing about it.
            Reason::UnknownKid => {
                if is_newer {
                    self.adopt(copy, host);
                }
                just_asked && copy.was_for_unknown_kid()
            }
        }
    }

    /// Uses these keys from now on, if the text holds any.
    fn adopt(&self, entry: &Entry, host: &impl Host) -> bool {
        let Ok(keys) = KeySet::from_jwks(&entry.text) else { return false };
        let known = Known {
            verifier: Arc::new(Verifier::new(keys, self.policy.clone())),
            text: entry.text.as_str().into(),
            fetched_at: entry.fetched_at,
            freshness: Freshness::of(entry, host),
        };
        let mut state = self.state();
        state.known = Some(known);
        state.failure = None;
        true
    }

    async fn fetch_keys(&self, host: &impl Host) -> Result<Entry, String> {
        let fetched =
            host.get(&self.url, Document::Keys, self.cache.limits).await.map_err(|error| error.to_string())?;
        KeySet::from_jwks(&fetched.text).map_err(|error| error.to_string())?;
        let (least, most) = self.cache.age_bounds;
        let lifetime = fetched.max_age.map_or(self.cache.default_age, |age| age.clamp(least, most));
        Ok(Entry::new(&self.url, fetched.text, lifetime, host))
    }

    fn replaced(&self, used: &SharedVerifier) -> Option<SharedVerifier> {
        let state = self.state();
        state.known.as_ref().map(|known| &known.verifier).filter(|verifier| !Arc::ptr_eq(verifier, used)).cloned()
    }

    /// Never held across an `.await`.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
