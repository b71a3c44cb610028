//! Attempts to fetch a document, coordinated between instances through the key-value store: which
//! instance fetches now, and when and why the last attempt failed.
//!
//! A record is advisory. An instance that cannot read or write it fetches on its own. The store
//! has no compare-and-swap, so two instances may both write a record: after writing, an instance
//! waits for longer than another needs between its read and its write, and fetches only if the
//! record is still its own (Fischer's algorithm).

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::Uri;
use serde::{Deserialize, Serialize};

use super::stored_copy::key;
use crate::hex::hex;
use crate::host::{Host, milliseconds};

/// First pause between two reads of another instance's record; it doubles up to [`LAST_POLL`].
pub(super) const FIRST_POLL: Duration = Duration::from_millis(10);
/// Longest pause between two reads of another instance's record.
pub(super) const LAST_POLL: Duration = Duration::from_millis(160);

/// How soon an instance that did not wait for another's attempt claims one itself.
pub(super) const NEXT_CLAIM: Duration = Duration::from_millis(500);

/// Time for writing a fetched document, in addition to the time of the fetch.
const MARGIN: Duration = Duration::from_secs(1);

/// Bounds of the wait between writing a record and reading it again.
const SETTLING: (Duration, Duration) = (Duration::from_millis(4), Duration::from_millis(500));

/// A failed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// Time since it failed.
    pub(super) age: Duration,
    /// The reason, for the operator.
    pub(super) why: String,
}

/// The outcome of claiming an attempt.
#[derive(Debug)]
pub(super) enum Claim {
    /// The instance must fetch, and report the outcome to the attempt.
    Granted(Attempt),
    /// Another instance is fetching; with the failure of the attempt before, if it failed.
    Taken(Option<Failure>),
    /// An attempt failed less than [`Terms::pause`] ago.
    Paused(Failure),
    /// The last forced fetch was less than [`Terms::cooldown`] ago.
    CoolingDown,
}

/// The terms of a claim.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// Longest time of the fetch.
    pub(super) time: Duration,
    /// Pause after a failed attempt.
    pub(super) pause: Duration,
    /// Pause after a forced fetch; set when this one is forced.
    pub(super) cooldown: Option<Duration>,
}

/// A random id of an instance. Its caches of status lists share one, so that a cache does not wait
/// for a cancelled attempt of the evicted cache that it replaces.
#[derive(Clone, Debug, Default)]
pub(crate) struct InstanceId(Arc<OnceLock<String>>);

impl InstanceId {
    fn get(&self, host: &impl Host) -> &str {
        self.0.get_or_init(|| hex(&host.random()))
    }
}

/// The attempts of one instance at the document of one address.
#[derive(Debug)]
pub(super) struct Attempts {
    prefix: &'static str,
    instance: InstanceId,
}

/// An attempt of this instance that is in progress.
#[derive(Debug)]
#[must_use]
pub(super) struct Attempt {
    key: String,
    record: Record,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Record {
    /// The instance that fetches, or was the last to do so.
    instance: String,
    /// Start and latest end of its attempt, in milliseconds since the Unix epoch.
    started_at: u64,
    ends_at: u64,
    is_over: bool,
    /// Time and reason of the last failure, unless an attempt has succeeded since.
    failure: Option<(u64, String)>,
    /// Time of the last forced fetch, which an unknown `kid` caused.
    unknown_kid_at: Option<u64>,
}

impl Attempts {
    /// `prefix` begins the keys of the records.
    pub(super) const fn new(prefix: &'static str, instance: InstanceId) -> Self {
        Self { prefix, instance }
    }

    /// Claims an attempt. An instance makes one attempt at a time, so if its own record is still
    /// running, the request that made it was cancelled.
    pub(super) async fn claim(&self, url: &Uri, terms: Terms, host: &impl Host) -> Claim {
        let instance = self.instance.get(host);
        let key = key(self.prefix, url);
        let (began, now) = (host.uptime(), milliseconds(host.now()));
        let last = Record::load(&key, host).await.unwrap_or_default();
        if last.instance != instance && last.is_running(now) {
            return Claim::Taken(last.failure(now));
        }
        let forced = last.unknown_kid_at.and_then(|at| since(at, now));
        if terms.cooldown.is_some_and(|cooldown| forced.is_some_and(|age| age < cooldown)) {
            return Claim::CoolingDown;
        }
        if let Some(failure) = last.failure(now).filter(|failure| failure.age < terms.pause) {
            return Claim::Paused(failure);
        }
        let length = terms.time.saturating_add(MARGIN);
        let record = Record {
            instance: instance.to_owned(),
            started_at: now,
            ends_at: now.saturating_add(u64::try_from(length.as_millis()).unwrap_or(u64::MAX)),
            is_over: false,
            unknown_kid_at: if terms.cooldown.is_some() { Some(now) } else { last.unknown_kid_at },
            failure: last.failure,
        };
        let attempt = Attempt { key, record };
        if attempt.record.save(&attempt.key, host).await {
            let took = host.uptime().saturating_sub(began);
            host.sleep((took * 2).clamp(SETTLING.0, SETTLING.1)).await;
            if let Some(record) = Record::load(&attempt.key, host).await
                && record.instance != instance
            {
                return Claim::Taken(record.failure(now));
            }
        }
        Claim::Granted(attempt)
    }
}

/// Returns the failure of the last attempt of any instance, if it failed.
pub(super) async fn last_failure(prefix: &str, url: &Uri, host: &impl Host) -> Option<Failure> {
    let record = Record::load(&key(prefix, url), host).await?;
    record.failure(milliseconds(host.now()))
}

impl Attempt {
    /// Reports that the document was fetched and saved.
    pub(super) async fn succeeded(mut self, host: &impl Host) {
        (self.record.is_over, self.record.failure) = (true, None);
        self.record.save(&self.key, host).await;
    }

    /// Reports that it was not fetched.
    pub(super) async fn failed(mut self, why: &str, host: &impl Host) {
        self.record.is_over = true;
        self.record.failure = Some((milliseconds(host.now()), why.to_owned()));
        self.record.save(&self.key, host).await;
    }
}

impl Record {
    async fn load(key: &str, host: &impl Host) -> Option<Self> {
        let bytes = host.load(key).await.ok().flatten()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Returns whether the record was written.
    async fn save(&self, key: &str, host: &impl Host) -> bool {
        let Ok(bytes) = serde_json::to_vec(self) else { return false };
        host.save(key, &bytes).await.is_ok()
    }

    /// Ignores times in the future, which a clock that was set back leaves.
    fn is_running(&self, now: u64) -> bool {
        !self.is_over && (self.started_at..self.ends_at).contains(&now)
    }

    fn failure(&self, now: u64) -> Option<Failure> {
        let (at, why) = self.failure.as_ref()?;
        Some(Failure { age: since(*at, now)?, why: why.clone() })
    }
}

fn since(at: u64, now: u64) -> Option<Duration> {
    now.checked_sub(at).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestHost;

    const PREFIX: &str = "attempt/test";

    const TERMS: Terms =
        Terms { time: Duration::from_secs(5), pause: Duration::from_secs(5), cooldown: None };

    /// Returns the attempts of another instance.
    fn attempts() -> Attempts {
        Attempts::new(PREFIX, InstanceId::default())
    }

    fn url() -> Uri {
        "http://issuer.example/jwks".parse().expect("a URI")
    }

    #[tokio::test]
    async fn one_of_many_concurrent_instances_fetches() {
        let (host, url) = (TestHost::default(), url());
        let instances: Vec<_> = (0..50).map(|_| attempts()).collect();
        let claims = instances.iter().map(|instance| instance.claim(&url, TERMS, &host));
        let claims = futures_util::future::join_all(claims).await;
        let granted = claims.iter().filter(|claim| matches!(claim, Claim::Granted(_))).count();
        assert_eq!(granted, 1, "{claims:?}");
        assert!(!claims.iter().any(|claim| matches!(claim, Claim::Paused(_) | Claim::CoolingDown)));
    }

    #[tokio::test]
    async fn others_wait_for_an_attempt_pause_after_its_failure_and_take_over_when_it_vanishes() {
        let (host, url) = (TestHost::default(), url());
        let (first, second) = (attempts(), attempts());
        let Claim::Granted(attempt) = first.claim(&url, TERMS, &host).await else { panic!("free") };
        assert!(matches!(second.claim(&url, TERMS, &host).await, Claim::Taken(None)));
        attempt.failed("connection refused", &host).await;
        host.pass(1);
        let Claim::Paused(failure) = second.claim(&url, TERMS, &host).await else {
            panic!("paused")
        };
        assert_eq!(failure.why, "connection refused");
        host.pass(5);
        let Claim::Granted(_) = second.claim(&url, TERMS, &host).await else {
            panic!("free again")
        };
        let other = first.claim(&url, TERMS, &host).await;
        assert!(
            matches!(&other, Claim::Taken(Some(failure)) if failure.why == "connection refused")
        );
        // The second is never heard of again; its own next request does not wait for it.
        assert!(matches!(second.claim(&url, TERMS, &host).await, Claim::Granted(_)));
        host.pass(7);
        let Claim::Granted(attempt) = first.claim(&url, TERMS, &host).await else {
            panic!("taken over")
        };
        attempt.succeeded(&host).await;
        assert_eq!(last_failure(PREFIX, &url, &host).await, None);
    }

    #[tokio::test]
    async fn an_instance_does_not_wait_for_an_attempt_of_a_cache_that_it_has_evicted() {
        let (host, url) = (TestHost::default(), url());
        let instance = InstanceId::default();
        let evicted = Attempts::new(PREFIX, instance.clone());
        // The request that made the attempt is cancelled.
        drop(evicted.claim(&url, TERMS, &host).await);
        let next = Attempts::new(PREFIX, instance);
        assert!(matches!(next.claim(&url, TERMS, &host).await, Claim::Granted(_)));
        assert!(matches!(attempts().claim(&url, TERMS, &host).await, Claim::Taken(None)));
    }

    #[tokio::test]
    async fn unknown_kids_cool_down_for_all_instances_and_nothing_else_waits_for_that() {
        let (host, url) = (TestHost::default(), url());
        let terms = Terms { cooldown: Some(Duration::from_secs(10)), ..TERMS };
        let Claim::Granted(attempt) = attempts().claim(&url, terms, &host).await else {
            panic!("free")
        };
        attempt.succeeded(&host).await;
        host.pass(9);
        assert!(matches!(attempts().claim(&url, terms, &host).await, Claim::CoolingDown));
        let Claim::Granted(attempt) = attempts().claim(&url, TERMS, &host).await else {
            panic!("another reason")
        };
        attempt.succeeded(&host).await;
        assert!(matches!(attempts().claim(&url, terms, &host).await, Claim::CoolingDown));
        host.pass(1);
        assert!(matches!(attempts().claim(&url, terms, &host).await, Claim::Granted(_)));
    }

    #[tokio::test]
    async fn neither_a_clock_set_back_nor_a_failing_store_blocks_a_fetch() {
        let (host, url) = (TestHost::default(), url());
        let Claim::Granted(_) = attempts().claim(&url, TERMS, &host).await else { panic!("free") };
        for value in host.store.borrow_mut().values_mut() {
            let text = String::from_utf8(value.clone()).expect("a text");
            assert!(text.contains("\"started_at\":17"), "{text}");
            *value = text.replace("\":17", "\":97").into_bytes();
        }
        assert!(matches!(attempts().claim(&url, TERMS, &host).await, Claim::Granted(_)));
        host.store_fails_after.set(Some(0));
        host.pass(7);
        for _ in 0..2 {
            assert!(matches!(attempts().claim(&url, TERMS, &host).await, Claim::Granted(_)));
        }
    }
}
