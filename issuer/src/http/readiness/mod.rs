//! Whether the parts of the issuer work. Concurrent requests share one check, so that any number
//! of clients causes one attempt at a time on the database, Redis and the key.

mod write_probe;

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use self::write_probe::WriteProbe;
use crate::clock::Clock;
use crate::keys::LiveKeys;
use crate::revocation::Revocations;
use crate::storage::Storage;

/// Checks the parts of the issuer.
pub(super) struct Readiness {
    keys: Arc<LiveKeys>,
    storage: Arc<dyn Storage>,
    revocations: Arc<Revocations>,
    writing: WriteProbe,
    /// The last report, and when its check began.
    last: Mutex<Option<(Instant, Report)>>,
}

/// `ok`, `failed` or `not configured` for each.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Readiness)]
pub(super) struct Report {
    /// `ready` or `not ready`.
    #[schema(value_type = String)]
    status: &'static str,
    /// Whether the active key signs.
    #[schema(value_type = String)]
    keys: &'static str,
    /// Whether the database responds and can be written.
    #[schema(value_type = String)]
    database: &'static str,
    /// Whether its tables are up to date.
    #[schema(value_type = String)]
    migrations: &'static str,
    /// Whether Redis responds.
    #[schema(value_type = String)]
    redis: &'static str,
}

const READY: &str = "ready";

impl Report {
    pub(super) fn is_ready(&self) -> bool {
        self.status == READY
    }
}

impl Readiness {
    pub(super) fn new(
        keys: Arc<LiveKeys>,
        storage: Arc<dyn Storage>,
        revocations: Arc<Revocations>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let writing = WriteProbe::new(Arc::clone(&storage), clock);
        Self { keys, storage, revocations, writing, last: Mutex::default() }
    }

    /// Returns a report whose check began after this call.
    pub(super) async fn report(&self) -> Report {
        let called = Instant::now();
        let mut last = self.last.lock().await;
        match *last {
            Some((begun, report)) if begun >= called => report,
            _ => {
                let begun = Instant::now();
                let report = self.check().await;
                *last = Some((begun, report));
                report
            }
        }
    }

    /// Returns whether the database responds now, and was writable within the last seconds.
    pub(super) async fn database_works(&self) -> bool {
        self.storage.ping().await.is_ok() && self.writing.works().await
    }

    async fn check(&self) -> Report {
        let word = |works: bool| if works { "ok" } else { "failed" };
        let keys = self.keys.current();
        let signature = keys.signing.sign(b"readyz");
        let keys = signature.is_ok_and(|signature| keys.signing.verifies(b"readyz", &signature));
        let database = self.database_works().await;
        let migrations = self.storage.is_current().await.unwrap_or(false);
        let redis = match self.revocations.redis() {
            Some(redis) => Some(redis.ping().await.is_ok()),
            None => None,
        };
        let is_ready = keys && database && migrations && redis != Some(false);
        Report {
            status: if is_ready { READY } else { "not ready" },
            keys: word(keys),
            database: word(database),
            migrations: word(migrations),
            redis: redis.map_or("not configured", word),
        }
    }
}
