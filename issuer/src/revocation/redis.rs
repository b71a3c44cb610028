//! Revoked sessions as keys in Redis that expire with the last access token.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError as ClientError, pipe};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::model::Revocation;
use crate::storage::{RevocationStore, StorageError};

/// Prefix of a key; the session's id follows (the claim `sid`, or the `jti` of a token without
/// it).
const PREFIX: &str = "dojang:revoked:";
/// Set when all revocations are in Redis. If it is missing, Redis is empty or another one.
const COMPLETE: &str = "dojang:revocations-complete";
/// Tolerated difference between the clocks of issuer, Redis and resource servers, in seconds.
const CLOCK_TOLERANCE: i64 = 60;
const BATCH: u32 = 500;
const TIMEOUT: Duration = Duration::from_secs(2);

/// Revocations were not published to Redis.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    /// The URL is not a Redis URL.
    #[error(
        "the Redis URL is malformed: expected redis://host:6379 or \
         rediss://user:password@host:6379 (REDIS_URL)"
    )]
    MalformedUrl,
    /// Redis cannot be reached, or refused a command.
    #[error("Redis failed: {0}")]
    Redis(#[from] ClientError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Publishes revocations to a Redis server.
pub struct RedisPublisher {
    client: Client,
    connection: Mutex<Option<MultiplexedConnection>>,
    store: Arc<dyn RevocationStore>,
    clock: Arc<dyn Clock>,
}

impl RedisPublisher {
    /// Creates a publisher for the server of this URL (`redis://`, `rediss://`), without
    /// connecting.
    ///
    /// # Errors
    /// [`RedisError::MalformedUrl`], which does not repeat the URL: it may contain a password.
    pub fn new(
        url: &str,
        store: Arc<dyn RevocationStore>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RedisError> {
        let client = Client::open(url).map_err(|_| RedisError::MalformedUrl)?;
        Ok(Self { client, connection: Mutex::new(None), store, clock })
    }

    /// Publishes unpublished revocations, and returns how many.
    ///
    /// # Errors
    /// When Redis or the database fails; a later call retries.
    pub async fn publish(&self) -> Result<usize, RedisError> {
        let mut slot = self.connection.lock().await;
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => connect(&self.client).await?,
        };
        // Kept only after success, so that a broken connection is replaced.
        let published = self.publish_over(&mut connection).await?;
        *slot = Some(connection);
        Ok(published)
    }

    /// Pings Redis.
    ///
    /// # Errors
    /// When there is no response within two seconds.
    pub async fn ping(&self) -> Result<(), RedisError> {
        ping(&self.client).await
    }

    async fn publish_over(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<usize, RedisError> {
        let is_complete: bool = redis::cmd("EXISTS").arg(COMPLETE).query_async(connection).await?;
        if !is_complete {
            self.store.forget_published().await?;
        }
        let mut published = 0;
        loop {
            let now = self.clock.now().timestamp();
            let batch = self.store.unpublished_revocations(now, BATCH).await?;
            if batch.is_empty() {
                break;
            }
            let mut commands = pipe();
            for revocation in &batch {
                let seconds = seconds_left(revocation, now);
                if seconds > 0 {
                    let key = format!("{PREFIX}{}", revocation.id);
                    commands.cmd("SET").arg(key).arg(1).arg("EX").arg(seconds).ignore();
                }
            }
            if !commands.is_empty() {
                commands.query_async::<()>(connection).await?;
            }
            self.store.mark_published(&batch, now).await?;
            published += batch.len();
        }
        if !is_complete {
            redis::cmd("SET").arg(COMPLETE).arg(1).query_async::<()>(connection).await?;
        }
        Ok(published)
    }
}

/// Returns how long an access token of the session can still be valid. Computed from the session's
/// expiry and not from the revocation: the access lifetime may have been longer at the issue.
const fn seconds_left(revocation: &Revocation, now: i64) -> i64 {
    revocation.expires_at + CLOCK_TOLERANCE - now
}

/// Pings the Redis of this URL.
///
/// # Errors
/// When the URL is malformed, or there is no response within two seconds.
pub async fn ping_redis(url: &str) -> Result<(), RedisError> {
    ping(&Client::open(url).map_err(|_| RedisError::MalformedUrl)?).await
}

async fn ping(client: &Client) -> Result<(), RedisError> {
    let mut connection = connect(client).await?;
    Ok(redis::cmd("PING").query_async(&mut connection).await?)
}

async fn connect(client: &Client) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(TIMEOUT))
        .set_response_timeout(Some(TIMEOUT));
    Ok(client.get_multiplexed_async_connection_with_config(&config).await?)
}
