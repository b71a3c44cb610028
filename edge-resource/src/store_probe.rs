//! Whether the key-value store takes what is written, for `GET /`. A store whose disk is full, or
//! that can only be read, answers every other question.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::fetching::{Fetching, LOOK_AGAIN};
use crate::host::{Host, StoreError, within};
use crate::uploads::CHUNK;

/// How long an outcome is reported. One instance writes for all in that time, so that requests to
/// `GET /`, which anybody may send, cost no more than that.
const REPORT_TIME: Duration = Duration::from_secs(10);

/// The longest that a probe may take.
const TIME: Duration = Duration::from_secs(5);

/// What is written, always the same key.
const CONTENT: &str = "probe/content";

/// When it was last written, in milliseconds since the Unix epoch.
const WRITTEN_AT: &str = "probe/written-at";

/// The last outcome in this instance.
#[derive(Debug, Default)]
pub struct StoreProbe {
    /// Uptime, and what went wrong.
    last: Mutex<Option<(Duration, Option<String>)>>,
    is_running: Arc<AtomicBool>,
}

impl StoreProbe {
    /// Returns why the store takes nothing, if it does not. Writes a value of the size that an
    /// upload writes, unless this or another instance did so a moment ago.
    pub async fn problem(&self, host: &impl Host) -> Option<String> {
        loop {
            if let Some((at, outcome)) =
                self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
                && host.uptime().saturating_sub(at) < REPORT_TIME
            {
                return outcome;
            }
            let Some(_running) = Fetching::begin(&self.is_running) else {
                host.sleep(LOOK_AGAIN).await;
                continue;
            };
            let outcome = match within(TIME, probe(host), host).await {
                Some(Ok(())) => None,
                Some(Err(error)) => Some(format!("the key-value store cannot be written: {error}")),
                None => Some("the key-value store does not answer in time".to_owned()),
            };
            if let Some(problem) = &outcome {
                host.log(format_args!("error: {problem}"));
            }
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((host.uptime(), outcome));
        }
    }
}

async fn probe(host: &impl Host) -> Result<(), StoreError> {
    let now = host.now_milliseconds();
    let written_at =
        host.load(WRITTEN_AT).await?.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    let age = written_at.and_then(|at: u64| now.checked_sub(at)).map(Duration::from_millis);
    if age.is_some_and(|age| age < REPORT_TIME) {
        return Ok(());
    }
    host.save(CONTENT, &vec![0; CHUNK]).await?;
    host.save(WRITTEN_AT, now.to_string().as_bytes()).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestHost;

    #[tokio::test]
    async fn a_store_that_takes_nothing_is_found_out_and_so_is_one_that_works_again() {
        let (host, probe) = (TestHost::default(), StoreProbe::default());
        assert_eq!(probe.problem(&host).await, None);
        host.store_fails_after.set(Some(0));
        assert_eq!(probe.problem(&host).await, None, "a moment ago it worked");
        host.pass(10);
        let problem = probe.problem(&host).await.expect("a problem");
        assert!(problem.contains("disk full"), "{problem}");
        host.store_fails_after.set(None);
        assert!(probe.problem(&host).await.is_some(), "a moment ago it did not work");
        host.pass(10);
        assert_eq!(probe.problem(&host).await, None);
    }

    #[tokio::test]
    async fn however_many_ask_one_instance_writes_and_only_now_and_then() {
        let (host, probes) = (TestHost::default(), [(); 5].map(|()| StoreProbe::default()));
        // Two changes for each probe that writes.
        host.store_fails_after.set(Some(2));
        for probe in &probes {
            let ask = || probe.problem(&host);
            assert_eq!(tokio::join!(ask(), ask(), ask()), (None, None, None));
        }
        assert_eq!(host.store_fails_after.get(), Some(0));
        let bytes: usize = host.store.borrow().values().map(Vec::len).sum();
        assert!(bytes < CHUNK + 100, "{bytes}");
    }
}
