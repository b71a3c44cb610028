//! Connections to Redis servers, one for each address, shared by all instances.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, RedisError, Value};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Shorter than the second that the component waits, so that this program sees a lost connection
/// before the component stops waiting.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(800);

type Connections = HashMap<String, Arc<MultiplexedConnection>>;

/// The open connections by address. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct RedisPool(Arc<Mutex<Connections>>);

/// A connection that a component has opened.
#[derive(Clone)]
#[expect(unreachable_pub, reason = "the generated interfaces re-export it")]
pub struct PooledConnection {
    address: String,
    connection: Arc<MultiplexedConnection>,
}

/// Opening a connection failed.
pub(super) enum OpenError {
    InvalidAddress,
    Redis(RedisError),
}

impl RedisPool {
    /// Returns a connection to `address`. Sends `PING` on an open one first: the server may have
    /// closed it since it was last used.
    pub(super) async fn open(&self, address: String) -> Result<PooledConnection, OpenError> {
        let open = self.connections().get(&address).cloned();
        if let Some(connection) = open {
            let pooled = PooledConnection { address: address.clone(), connection };
            let response = self.send(&pooled, &redis::cmd("PING")).await;
            if !response.is_err_and(|error| is_lost(&error)) {
                return Ok(pooled);
            }
        }
        let client = Client::open(address.as_str()).map_err(|_| OpenError::InvalidAddress)?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(OpenError::Redis)?;
        let connection = Arc::new(connection);
        self.connections().insert(address.clone(), Arc::clone(&connection));
        Ok(PooledConnection { address, connection })
    }

    /// Sends a command and returns its response. Removes a lost connection from the pool.
    pub(super) async fn send(
        &self,
        pooled: &PooledConnection,
        command: &Cmd,
    ) -> Result<Value, RedisError> {
        let mut connection = MultiplexedConnection::clone(&pooled.connection);
        let response = command.query_async(&mut connection).await;
        if response.as_ref().is_err_and(is_lost) {
            let mut connections = self.connections();
            // Another instance may have replaced it.
            if connections
                .get(&pooled.address)
                .is_some_and(|connection| Arc::ptr_eq(connection, &pooled.connection))
            {
                connections.remove(&pooled.address);
            }
        }
        response
    }

    /// Never held across an `.await`.
    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a connection cannot be used again: it is closed, or the server does not respond on it.
fn is_lost(error: &RedisError) -> bool {
    error.is_unrecoverable_error() || error.is_timeout()
}
