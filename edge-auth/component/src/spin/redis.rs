//! Redis, on one connection of the instance.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use edge_auth::{Host, RedisError, within};
use spin_sdk::redis::{self, Connection, RedisParameter, RedisResult};

/// Counts the keys that exist, within `time`.
pub(super) async fn count(
    address: &str,
    keys: &[String],
    time: Duration,
    host: &impl Host,
) -> Result<u64, RedisError> {
    let outcome = within(time, exists(address, keys, time / 2, host), host).await;
    outcome.unwrap_or_else(|| {
        // A connection that went silent without being closed would stay silent.
        connection().take();
        Err(RedisError::Failed("no response in time".to_owned()))
    })
}

/// The connection of the instance. Never held across an `.await`.
fn connection() -> MutexGuard<'static, Option<Arc<Connection>>> {
    static CONNECTION: Mutex<Option<Arc<Connection>>> = Mutex::new(None);
    CONNECTION.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends `EXISTS` on the connection of the instance, which it opens if needed.
///
/// A command on a connection that the server has closed fails immediately, and is repeated once on
/// a new connection. A failure later than `at_once` has another cause, mostly the host's own time
/// limit.
async fn exists(
    address: &str,
    keys: &[String],
    at_once: Duration,
    host: &impl Host,
) -> Result<u64, RedisError> {
    let started = host.uptime();
    let open = connection().clone();
    if let Some(open) = open {
        let outcome = exists_on(&open, keys).await;
        if outcome.is_ok() || host.uptime().saturating_sub(started) > at_once {
            return outcome;
        }
    }
    // Another request may have opened one meanwhile.
    let open = connection().clone();
    let open = match open {
        Some(open) => open,
        None => {
            let opened = Arc::new(Connection::open(address).await.map_err(redis_error)?);
            connection().insert(opened).clone()
        }
    };
    exists_on(&open, keys).await
}

/// Sends `EXISTS`. A connection on which it fails is not used again.
async fn exists_on(open: &Arc<Connection>, keys: &[String]) -> Result<u64, RedisError> {
    let keys = keys.iter().map(|key| RedisParameter::Binary(key.clone().into_bytes()));
    let outcome = match open.execute("EXISTS", keys.collect::<Vec<_>>()).await {
        Ok(results) => match results.first() {
            Some(RedisResult::Int64(count)) => u64::try_from(*count)
                .map_err(|_| RedisError::Failed("EXISTS gives no count".to_owned())),
            _ => Err(RedisError::Failed("EXISTS gives no number".to_owned())),
        },
        Err(error) => Err(redis_error(error)),
    };
    if outcome.is_err() {
        connection().take_if(|current| Arc::ptr_eq(current, open));
    }
    outcome
}

/// Spin reports an address that is not allowed as an invalid one.
fn redis_error(error: redis::Error) -> RedisError {
    match error {
        redis::Error::InvalidAddress => RedisError::Denied,
        error => RedisError::Failed(error.to_string()),
    }
}
