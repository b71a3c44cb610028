//! Outbound Redis as Spin has it, as far as `wit/host.wit` says: opening a connection and sending
//! a command.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, RedisError, Value};
use wasmtime::component::{Accessor, HasData, Linker, Resource, ResourceTable};

use crate::imports::spin::redis::redis::{self as interface, Error, RedisParameter, RedisResult};
use crate::outbound::Outbound;

const CONNECT_TIME: Duration = Duration::from_secs(2);
/// Less than the second after which the component gives up, so that it is noticed here that a
/// connection has gone silent.
const ANSWER_TIME: Duration = Duration::from_millis(800);

type Known = HashMap<String, Arc<MultiplexedConnection>>;

/// The connections of this program, one to each address, for all instances. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct RedisConnections(Arc<Mutex<Known>>);

/// A connection that a component has opened.
#[derive(Clone)]
#[expect(unreachable_pub, reason = "the generated interfaces re-export it")]
pub struct Handle {
    address: String,
    connection: Arc<MultiplexedConnection>,
}

impl RedisConnections {
    /// A connection to an address. One that is there already is tried first: whoever opens a
    /// connection expects that it works, and the server may have closed this one since it was last
    /// used.
    async fn to(&self, address: String) -> Result<Handle, Error> {
        let known = self.known().get(&address).cloned();
        if let Some(connection) = known {
            let handle = Handle { address: address.clone(), connection };
            let answer = self.ask(&handle, &redis::cmd("PING")).await;
            if !answer.is_err_and(|error| is_lost(&error)) {
                return Ok(handle);
            }
        }
        let client = Client::open(address.as_str()).map_err(|_| Error::InvalidAddress)?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIME))
            .set_response_timeout(Some(ANSWER_TIME));
        let connection =
            client.get_multiplexed_async_connection_with_config(&config).await.map_err(other)?;
        let connection = Arc::new(connection);
        self.known().insert(address.clone(), Arc::clone(&connection));
        Ok(Handle { address, connection })
    }

    /// Sends a command. When the connection turns out to be lost, the next one who opens this
    /// address gets another.
    async fn ask(&self, handle: &Handle, command: &Cmd) -> Result<Value, RedisError> {
        let mut connection = MultiplexedConnection::clone(&handle.connection);
        let answer = command.query_async(&mut connection).await;
        if answer.as_ref().is_err_and(is_lost) {
            let mut known = self.known();
            if known
                .get(&handle.address)
                .is_some_and(|connection| Arc::ptr_eq(connection, &handle.connection))
            {
                known.remove(&handle.address);
            }
        }
        answer
    }

    /// Never held across an `.await`.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a connection is of no use any more: it is closed, or what is sent on it vanishes.
fn is_lost(error: &RedisError) -> bool {
    error.is_unrecoverable_error() || error.is_timeout()
}

/// What the functions need of an instance.
pub(crate) struct View<'a> {
    pub(crate) table: &'a mut ResourceTable,
    pub(crate) connections: RedisConnections,
    pub(crate) outbound: &'a Outbound,
}

/// An instance's data that has Redis.
pub(crate) trait HasRedis: Send + 'static {
    fn redis(&mut self) -> View<'_>;
}

/// Gives components linked with `linker` the connections that `T` holds.
pub(crate) fn add_to_linker<T: HasRedis>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    interface::add_to_linker::<T, Shared>(linker, T::redis)
}

struct Shared;

impl HasData for Shared {
    type Data<'a> = View<'a>;
}

impl interface::Host for View<'_> {}

impl interface::HostConnection for View<'_> {
    fn drop(&mut self, connection: Resource<Handle>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: 'static> interface::HostConnectionWithStore<T> for Shared {
    async fn open(
        store: &Accessor<T, Self>,
        address: String,
    ) -> wasmtime::Result<Result<Resource<Handle>, Error>> {
        let (connections, allowed) = store.with(|mut access| {
            let view = access.get();
            let allowed = address.parse().is_ok_and(|uri| view.outbound.allows(&uri));
            if !allowed {
                // Without the address, which may hold a password.
                view.outbound.log_denied("redis");
            }
            (view.connections.clone(), allowed)
        });
        if !allowed {
            // As Spin reports it.
            return Ok(Err(Error::InvalidAddress));
        }
        match connections.to(address).await {
            Ok(handle) => Ok(Ok(store.with(|mut access| access.get().table.push(handle))?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn execute(
        store: &Accessor<T, Self>,
        connection: Resource<Handle>,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> wasmtime::Result<Result<Vec<RedisResult>, Error>> {
        let (handle, connections) = store.with(|mut access| {
            let view = access.get();
            view.table.get(&connection).map(|handle| (handle.clone(), view.connections.clone()))
        })?;
        let mut request = Cmd::new();
        request.arg(command);
        for argument in arguments {
            match argument {
                RedisParameter::Int64(number) => request.arg(number),
                RedisParameter::Binary(bytes) => request.arg(bytes),
            };
        }
        let answer = connections.ask(&handle, &request).await;
        Ok(answer.map_err(other).map(|answer| {
            let mut results = Vec::new();
            flatten(answer, &mut results);
            results
        }))
    }
}

/// Arrays are given element by element, as Spin does.
fn flatten(value: Value, results: &mut Vec<RedisResult>) {
    match value {
        Value::Nil => results.push(RedisResult::Nil),
        Value::Int(number) => results.push(RedisResult::Int64(number)),
        Value::BulkString(bytes) => results.push(RedisResult::Binary(bytes)),
        Value::SimpleString(text) => results.push(RedisResult::Status(text)),
        Value::Okay => results.push(RedisResult::Status("OK".to_owned())),
        Value::Array(values) | Value::Set(values) => {
            values.into_iter().for_each(|value| flatten(value, results))
        }
        other => results.push(RedisResult::Status(format!("{other:?}"))),
    }
}

fn other(error: RedisError) -> Error {
    Error::Other(error.to_string())
}
