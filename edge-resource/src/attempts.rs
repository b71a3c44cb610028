//! Fetches as the instances share them, through the key-value store: which of them fetches a
//! document now, and when and why the last attempt failed.
//!
//! A record is advice. When it cannot be read or written, each instance fetches for itself. The
//! store has no atomic exchange, so that two instances may both write a record: after writing, an
//! instance waits for longer than another would need between reading and writing, and fetches only
//! if the record is still its own (Fischer's algorithm).

use std::sync::OnceLock;
use std::time::Duration;

use http::Uri;
use serde::{Deserialize, Serialize};

use crate::hex::hex;
use crate::host::Host;
use crate::shared::{Kind, key};

/// First and longest pause between two looks at what another instance does.
pub const FIRST_LOOK: Duration = Duration::from_millis(10);
/// See [`FIRST_LOOK`]; a pause doubles until it is this long.
pub const LAST_LOOK: Duration = Duration::from_millis(160);

/// How soon an instance that did not wait for the attempt of another looks again.
pub const NEXT_LOOK: Duration = Duration::from_millis(500);

/// What the writing of a fetched document may take beside the fetch.
const MARGIN: Duration = Duration::from_secs(1);

/// Bounds of the wait between writing a record and reading it again.
const SETTLING: (Duration, Duration) = (Duration::from_millis(4), Duration::from_millis(500));

/// Why the last attempt failed, and how long ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Time since it failed.
    pub age: Duration,
    /// The reason, for the operator.
    pub why: String,
}

/// What an instance may do about a document that it wants.
#[derive(Debug)]
pub enum Claim {
    /// Fetch it, and report how that went.
    Granted(Attempt),
    /// Wait: another instance is fetching it. With the failure of the attempt before, if it failed.
    Elsewhere(Option<Failure>),
    /// Do without: an attempt failed less than a pause ago.
    Paused(Failure),
    /// Do without: an unknown `kid` led to a fetch a moment ago.
    CoolingDown,
}

/// What an instance asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// The longest that the fetch will take.
    pub time: Duration,
    /// The pause after a failed attempt; none for the second attempt of an instance that has just
    /// failed for lack of time.
    pub pause: Duration,
    /// Set when an unknown `kid` is the reason: the pause between two such fetches.
    pub cooldown: Option<Duration>,
}

/// The attempts of one instance at documents of one kind.
#[derive(Debug)]
pub struct Attempts {
    kind: Kind,
    instance: OnceLock<String>,
}

/// An attempt of this instance that is in progress.
#[derive(Debug)]
#[must_use]
pub struct Attempt {
    key: String,
    record: Record,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Record {
    /// The instance that fetches, or was the last to do so.
    instance: String,
    /// When its attempt began, and when it ends at the latest; milliseconds since the Unix epoch.
    started_at: u64,
    ends_at: u64,
    is_over: bool,
    /// When the last attempt that is over failed, and why.
    failure: Option<(u64, String)>,
    /// When an unknown `kid` last led to a fetch.
    unknown_kid_at: Option<u64>,
}

impl Attempts {
    /// For documents of this kind.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self { kind, instance: OnceLock::new() }
    }

    /// Asks for the right to fetch. An instance makes one attempt at a document at a time: a record
    /// of its own that says that one is in progress is that of a request that was cancelled.
    pub async fn claim(&self, url: &Uri, wish: Wish, host: &impl Host) -> Claim {
        let instance = self.instance.get_or_init(|| hex(&host.random()));
        let key = key(self.kind.attempts(), url);
        let (began, now) = (host.uptime(), host.now_milliseconds());
        let last = Record::load(&key, host).await.unwrap_or_default();
        if last.instance != *instance && last.is_running(now) {
            return Claim::Elsewhere(last.failure(now));
        }
        let asked_at = last.unknown_kid_at.and_then(|at| since(at, now));
        if wish.cooldown.is_some_and(|cooldown| asked_at.is_some_and(|age| age < cooldown)) {
            return Claim::CoolingDown;
        }
        if let Some(failure) = last.failure(now).filter(|failure| failure.age < wish.pause) {
            return Claim::Paused(failure);
        }
        let record = Record {
            instance: instance.clone(),
            started_at: now,
            ends_at: now.saturating_add(milliseconds(wish.time.saturating_add(MARGIN))),
            is_over: false,
            unknown_kid_at: if wish.cooldown.is_some() { Some(now) } else { last.unknown_kid_at },
            failure: last.failure,
        };
        let attempt = Attempt { key, record };
        if attempt.record.save(&attempt.key, host).await {
            let took = host.uptime().saturating_sub(began);
            host.sleep((took * 2).clamp(SETTLING.0, SETTLING.1)).await;
            if let Some(record) = Record::load(&attempt.key, host).await
                && record.instance != *instance
            {
                return Claim::Elsewhere(record.failure(now));
            }
        }
        Claim::Granted(attempt)
    }

    /// Returns the failure of the last attempt of any instance, if it failed.
    pub async fn last_failure(&self, url: &Uri, host: &impl Host) -> Option<Failure> {
        let record = Record::load(&key(self.kind.attempts(), url), host).await?;
        record.failure(host.now_milliseconds())
    }
}

impl Attempt {
    /// Reports that the document was fetched, and has been written to the store.
    pub async fn succeeded(mut self, host: &impl Host) {
        (self.record.is_over, self.record.failure) = (true, None);
        self.record.save(&self.key, host).await;
    }

    /// Reports that it was not.
    pub async fn failed(mut self, why: &str, host: &impl Host) {
        self.record.is_over = true;
        self.record.failure = Some((host.now_milliseconds(), why.to_owned()));
        self.record.save(&self.key, host).await;
    }
}

impl Record {
    async fn load(key: &str, host: &impl Host) -> Option<Self> {
        let bytes = host.load(key).await.ok().flatten()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Returns whether the store took it. Why it did not is reported by `GET /`.
    async fn save(&self, key: &str, host: &impl Host) -> bool {
        let Ok(bytes) = serde_json::to_vec(self) else { return false };
        host.save(key, &bytes).await.is_ok()
    }

    /// A time in the future is that of a clock that has been set back, and says nothing.
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

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::JWKS;
    use crate::testing::TestHost;

    const WISH: Wish =
        Wish { time: Duration::from_secs(5), pause: Duration::from_secs(5), cooldown: None };

    fn url() -> Uri {
        "http://issuer.example/jwks".parse().expect("a URI")
    }

    #[tokio::test]
    async fn one_of_many_instances_that_come_at_the_same_time_fetches() {
        let (host, url) = (TestHost::default(), url());
        let instances: Vec<_> = (0..50).map(|_| Attempts::new(JWKS)).collect();
        let claims = instances.iter().map(|instance| instance.claim(&url, WISH, &host));
        let claims = futures_util::future::join_all(claims).await;
        let granted = claims.iter().filter(|claim| matches!(claim, Claim::Granted(_))).count();
        assert_eq!(granted, 1, "{claims:?}");
        assert!(!claims.iter().any(|claim| matches!(claim, Claim::Paused(_) | Claim::CoolingDown)));
    }

    #[tokio::test]
    async fn others_wait_for_an_attempt_pause_after_its_failure_and_take_over_when_it_vanishes() {
        let (host, url) = (TestHost::default(), url());
        let (first, second) = (Attempts::new(JWKS), Attempts::new(JWKS));
        let Claim::Granted(attempt) = first.claim(&url, WISH, &host).await else { panic!("free") };
        assert!(matches!(second.claim(&url, WISH, &host).await, Claim::Elsewhere(None)));
        attempt.failed("connection refused", &host).await;
        host.pass(1);
        let Claim::Paused(failure) = second.claim(&url, WISH, &host).await else {
            panic!("paused")
        };
        assert_eq!(failure.why, "connection refused");
        host.pass(5);
        let Claim::Granted(_) = second.claim(&url, WISH, &host).await else { panic!("free again") };
        let other = first.claim(&url, WISH, &host).await;
        assert!(
            matches!(&other, Claim::Elsewhere(Some(failure)) if failure.why == "connection refused")
        );
        // The second is never heard of again; its own next request does not wait for it.
        assert!(matches!(second.claim(&url, WISH, &host).await, Claim::Granted(_)));
        host.pass(7);
        let Claim::Granted(attempt) = first.claim(&url, WISH, &host).await else {
            panic!("taken over")
        };
        attempt.succeeded(&host).await;
        assert_eq!(second.last_failure(&url, &host).await, None);
    }

    #[tokio::test]
    async fn unknown_kids_cool_down_for_all_instances_and_nothing_else_waits_for_that() {
        let (host, url) = (TestHost::default(), url());
        let wish = Wish { cooldown: Some(Duration::from_secs(10)), ..WISH };
        let Claim::Granted(attempt) = Attempts::new(JWKS).claim(&url, wish, &host).await else {
            panic!("free")
        };
        attempt.succeeded(&host).await;
        host.pass(9);
        assert!(matches!(Attempts::new(JWKS).claim(&url, wish, &host).await, Claim::CoolingDown));
        let Claim::Granted(attempt) = Attempts::new(JWKS).claim(&url, WISH, &host).await else {
            panic!("another reason")
        };
        attempt.succeeded(&host).await;
        assert!(matches!(Attempts::new(JWKS).claim(&url, wish, &host).await, Claim::CoolingDown));
        host.pass(1);
        assert!(matches!(Attempts::new(JWKS).claim(&url, wish, &host).await, Claim::Granted(_)));
    }

    #[tokio::test]
    async fn a_clock_that_was_set_back_and_a_store_that_fails_hold_no_fetch_up() {
        let (host, url) = (TestHost::default(), url());
        let Claim::Granted(_) = Attempts::new(JWKS).claim(&url, WISH, &host).await else {
            panic!("free")
        };
        for value in host.store.borrow_mut().values_mut() {
            let text = String::from_utf8(value.clone()).expect("a text");
            assert!(text.contains("\"started_at\":17"), "{text}");
            *value = text.replace("\":17", "\":97").into_bytes();
        }
        assert!(matches!(Attempts::new(JWKS).claim(&url, WISH, &host).await, Claim::Granted(_)));
        host.store_fails_after.set(Some(0));
        host.pass(7);
        for _ in 0..2 {
            assert!(matches!(
                Attempts::new(JWKS).claim(&url, WISH, &host).await,
                Claim::Granted(_)
            ));
        }
    }
}
