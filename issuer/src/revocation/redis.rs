//! Ended sessions as keys in Redis that expire with their last access token.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError as Failure, pipe};
use tokio::sync::Mutex;

use super::Records;
use crate::clock::Clock;
use crate::storage::{Revocation, StorageError};

/// What a key begins with; the session's id (the claim `sid`, or the `jti` of a token that came
/// without) follows.
const PREFIX: &str = "dojang:revoked:";
/// Set once everything that is revoked is in Redis. When it is missing, Redis is empty or another
/// one.
const COMPLETE: &str = "dojang:revocations-complete";
/// Clocks of issuer, Redis and resource may differ by so much, in seconds.
const SLACK: i64 = 60;
const BATCH: u32 = 500;
const TIMEOUT: Duration = Duration::from_secs(2);

/// Redis could not be told.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    /// The URL is none of Redis.
    #[error(
        "the Redis URL is malformed: expected redis://host:6379 or rediss://user:password@host:6379 (REDIS_URL)"
    )]
    MalformedUrl,
    /// It cannot be reached, or refused.
    #[error("Redis failed: {0}")]
    Redis(#[from] Failure),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Tells a Redis server of ended sessions.
pub struct RedisPublisher {
    client: Client,
    connection: Mutex<Option<MultiplexedConnection>>,
    storage: Records,
    clock: Arc<dyn Clock>,
}

impl RedisPublisher {
    /// For the server of this URL (`redis://`, `rediss://`); no connection is made yet.
    ///
    /// # Errors
    /// When the URL cannot be read. It is not repeated: it may hold a password.
    pub fn new(url: &str, storage: Records, clock: Arc<dyn Clock>) -> Result<Self, RedisError> {
        let client = Client::open(url).map_err(|_| RedisError::MalformedUrl)?;
        Ok(Self { client, connection: Mutex::new(None), storage, clock })
    }

    /// Publishes what is not published, and returns how much that was.
    ///
    /// # Errors
    /// When Redis or the database fails; what was not published stays marked so.
    pub async fn publish(&self) -> Result<usize, RedisError> {
        let mut slot = self.connection.lock().await;
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => connect(&self.client).await?,
        };
        // Put back only when all went well: a broken connection is made anew.
        let published = self.publish_over(&mut connection).await?;
        *slot = Some(connection);
        Ok(published)
    }

    /// Whether Redis answers.
    ///
    /// # Errors
    /// When it does not, within two seconds.
    pub async fn ping(&self) -> Result<(), RedisError> {
        ping(&self.client).await
    }

    async fn publish_over(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<usize, RedisError> {
        let is_complete: bool = redis::cmd("EXISTS").arg(COMPLETE).query_async(connection).await?;
        if !is_complete {
            self.storage.forget_published().await?;
        }
        let mut published = 0;
        loop {
            let now = self.clock.now().timestamp();
            let batch = self.storage.unpublished_revocations(now, BATCH).await?;
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
            self.storage.mark_published(&batch, now).await?;
            published += batch.len();
        }
        if !is_complete {
            redis::cmd("SET").arg(COMPLETE).arg(1).query_async::<()>(connection).await?;
        }
        Ok(published)
    }
}

/// How long an access token of an ended session can still live: not reckoned from its end, for
/// those that it has were issued under the settings of their time, which may have given them
/// longer lives than today's.
const fn seconds_left(revocation: &Revocation, now: i64) -> i64 {
    revocation.expires_at + SLACK - now
}

/// Whether the Redis of this URL answers.
///
/// # Errors
/// When the URL cannot be read, or there is no answer within two seconds.
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
