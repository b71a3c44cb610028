use std::sync::Arc;
use std::time::Duration;

use super::redis::RedisPublisher;
use super::status_list_service::StatusListService;

/// How long the record of an expired session is kept, in seconds: longer than any cached status
/// list, so that no reader mistakes the next session in the same slot for it.
pub const FLUSH_MARGIN: i64 = 3_600;

/// How long a response waits for Redis. [`Revocations::run`] publishes the rest.
const PUBLISH_TIMEOUT: Duration = Duration::from_millis(500);
/// Interval of [`Revocations::run`].
const PUBLISH_INTERVAL: Duration = Duration::from_secs(2);

/// The publishers of revocations.
pub struct Revocations {
    lists: Option<StatusListService>,
    redis: Option<RedisPublisher>,
}

impl Revocations {
    /// Publishes to these.
    #[must_use]
    pub fn new(lists: Option<StatusListService>, redis: Option<RedisPublisher>) -> Self {
        Self { lists, redis }
    }

    /// Publishes nowhere.
    #[must_use]
    pub fn unpublished() -> Arc<Self> {
        Arc::new(Self::new(None, None))
    }

    /// Returns the status lists, if the issuer has a public URL.
    #[must_use]
    pub fn lists(&self) -> Option<&StatusListService> {
        self.lists.as_ref()
    }

    /// Returns the Redis publisher, if one is configured.
    #[must_use]
    pub fn redis(&self) -> Option<&RedisPublisher> {
        self.redis.as_ref()
    }

    /// Publishes new revocations; call it after committing them. Waits at most 500 ms and logs
    /// failures, because [`Self::run`] retries.
    pub async fn publish(&self) {
        if let Some(lists) = &self.lists {
            lists.invalidate();
        }
        if let Some(redis) = &self.redis {
            match tokio::time::timeout(PUBLISH_TIMEOUT, redis.publish()).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, "cannot publish a revocation to Redis; retrying")
                }
                Err(_) => tracing::warn!("publishing a revocation to Redis timed out; retrying"),
            }
        }
    }

    /// Publishes every two seconds, for as long as the issuer runs. Returns immediately without
    /// Redis.
    pub async fn run(&self) {
        let Some(redis) = &self.redis else { return };
        let mut interval = tokio::time::interval(PUBLISH_INTERVAL);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut worked = true;
        loop {
            interval.tick().await;
            let result = redis.publish().await;
            match &result {
                Ok(0) => {}
                Ok(published) => tracing::info!(published, "published revocations to Redis"),
                // Logged once, not every two seconds.
                Err(error) if worked => {
                    tracing::error!(%error, "cannot publish revocations to Redis")
                }
                Err(_) => {}
            }
            if result.is_ok() && !worked {
                tracing::info!("revocations are published to Redis again");
            }
            worked = result.is_ok();
        }
    }
}
