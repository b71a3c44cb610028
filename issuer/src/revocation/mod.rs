//! How services that check tokens by themselves learn of ended sessions: a signed list that
//! anybody may fetch, and Redis.
//!
//! The database says what is revoked, and both are made from it: what another issuer or the
//! command line ended is published too, and so is what could not be when it happened.

mod redis;
mod status_list;

use std::sync::Arc;
use std::time::Duration;

pub use self::redis::{RedisError, RedisPublisher, ping_redis};
pub use status_list::{LIST_SIZE, ListError, ListToken, StatusListService, StatusLists};

use crate::storage::Storage;

/// How long an expired session's record stays, in seconds: longer than any copy of a status list,
/// so that its index is given to no other session before the last reader has forgotten it.
pub const FLUSH_MARGIN: i64 = 3_600;

/// How long an answer waits for Redis. What was not published by then, the next round of
/// [`Revocations::run`] publishes.
const PATIENCE: Duration = Duration::from_millis(500);
/// Between two looks into the database.
const ROUND: Duration = Duration::from_secs(2);

/// Everybody who is told of ended sessions.
pub struct Revocations {
    lists: Option<StatusListService>,
    redis: Option<RedisPublisher>,
}

impl Revocations {
    /// Tells these.
    #[must_use]
    pub fn new(lists: Option<StatusListService>, redis: Option<RedisPublisher>) -> Self {
        Self { lists, redis }
    }

    /// Nobody is told.
    #[must_use]
    pub fn unpublished() -> Arc<Self> {
        Arc::new(Self::new(None, None))
    }

    /// The status lists, when the issuer has a public URL.
    #[must_use]
    pub fn lists(&self) -> Option<&StatusListService> {
        self.lists.as_ref()
    }

    /// Redis, when there is one.
    #[must_use]
    pub fn redis(&self) -> Option<&RedisPublisher> {
        self.redis.as_ref()
    }

    /// Publishes what the database holds and was not published. Never fails and soon returns: what
    /// is left over is done by [`Self::run`].
    pub async fn publish(&self) {
        if let Some(lists) = &self.lists {
            lists.look_again();
        }
        if let Some(redis) = &self.redis {
            match tokio::time::timeout(PATIENCE, redis.publish()).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, "a revocation is not in Redis yet; it is retried")
                }
                Err(_) => tracing::warn!(
                    "Redis is slow: a revocation may not be there yet; it is retried"
                ),
            }
        }
    }

    /// Publishes again and again, for as long as the issuer runs; without Redis, it returns at
    /// once.
    pub async fn run(&self) {
        let Some(redis) = &self.redis else { return };
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut works = true;
        loop {
            rounds.tick().await;
            let result = redis.publish().await;
            match &result {
                Ok(0) => {}
                Ok(published) => tracing::info!(published, "told Redis of ended sessions"),
                // Once, and not every round.
                Err(error) if works => {
                    tracing::error!(%error, "ended sessions cannot be told to Redis")
                }
                Err(_) => {}
            }
            if result.is_ok() && !works {
                tracing::info!("Redis is told of ended sessions again");
            }
            works = result.is_ok();
        }
    }
}

/// The database, as publishers use it.
type Records = Arc<dyn Storage>;
