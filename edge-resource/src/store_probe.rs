//! Whether the key-value store accepts writes, for `GET /`. Reads succeed on a full disk too.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use edge_auth::{Host, InFlight, POLL_INTERVAL, StoreError, milliseconds, within};

use crate::limits::CHUNK;

/// How long an outcome is reported. One instance writes for all in that time, because `GET /` is
/// open to everyone.
const REPORT_TIME: Duration = Duration::from_secs(10);

/// Longest time of a probe.
const TIME: Duration = Duration::from_secs(5);

/// The key that is written.
const CONTENT: &str = "probe/content";

/// The key with the time of the last write, in milliseconds since the Unix epoch.
const WRITTEN_AT: &str = "probe/written-at";

/// Writes to the store, and keeps the outcome.
#[derive(Debug, Default)]
pub(crate) struct StoreProbe {
    /// Uptime and failure of the last write.
    last: Mutex<Option<(Duration, Option<String>)>>,
    is_running: Arc<AtomicBool>,
}

impl StoreProbe {
    /// Returns why writes fail, if they do. Writes a value as large as those of uploads, unless an
    /// instance did so within [`REPORT_TIME`].
    pub(crate) async fn problem(&self, host: &impl Host) -> Option<String> {
        loop {
            if let Some((at, outcome)) =
                self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
                && host.uptime().saturating_sub(at) < REPORT_TIME
            {
                return outcome;
            }
            let Some(_running) = InFlight::begin(&self.is_running) else {
                host.sleep(POLL_INTERVAL).await;
                continue;
            };
            let outcome = match within(TIME, probe(host), host).await {
                Some(Ok(())) => None,
                Some(Err(error)) => Some(format!("the key-value store cannot be written: {error}")),
                None => Some("the key-value store does not respond in time".to_owned()),
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
    let now = milliseconds(host.now());
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
    async fn failing_writes_are_detected_and_so_is_their_end() {
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
    async fn one_instance_writes_for_all_and_at_most_every_ten_seconds() {
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
