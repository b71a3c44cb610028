//! The functions of `spin:redis` that components call, as far as `wit/host.wit` declares them.

use redis::{Cmd, RedisError, Value};
use wasmtime::component::{Accessor, HasData, Linker, Resource, ResourceTable};

use super::pool::{OpenError, PooledConnection, RedisPool};
use crate::imports::spin::redis::redis::{self as interface, Error, RedisParameter, RedisResult};
use crate::outbound::Outbound;

/// The parts of an instance that these functions use.
pub(crate) struct View<'a> {
    pub(crate) table: &'a mut ResourceTable,
    pub(crate) pool: RedisPool,
    pub(crate) outbound: &'a Outbound,
}

/// An instance's data that has Redis.
pub(crate) trait HasRedis: Send + 'static {
    fn redis(&mut self) -> View<'_>;
}

/// Gives components linked with `linker` the pool that `T` holds.
pub(crate) fn add_to_linker<T: HasRedis>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    interface::add_to_linker::<T, Shared>(linker, T::redis)
}

struct Shared;

impl HasData for Shared {
    type Data<'a> = View<'a>;
}

impl interface::Host for View<'_> {}

impl interface::HostConnection for View<'_> {
    fn drop(&mut self, connection: Resource<PooledConnection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: 'static> interface::HostConnectionWithStore<T> for Shared {
    async fn open(
        accessor: &Accessor<T, Self>,
        address: String,
    ) -> wasmtime::Result<Result<Resource<PooledConnection>, Error>> {
        let (pool, allowed) = accessor.with(|mut access| {
            let view = access.get();
            let allowed = address.parse().is_ok_and(|uri| view.outbound.allows(&uri));
            if !allowed {
                // Without the address, which may hold a password.
                view.outbound.log_denied("redis");
            }
            (view.pool.clone(), allowed)
        });
        if !allowed {
            // As Spin reports it.
            return Ok(Err(Error::InvalidAddress));
        }
        match pool.open(address).await {
            Ok(pooled) => Ok(Ok(accessor.with(|mut access| access.get().table.push(pooled))?)),
            Err(OpenError::InvalidAddress) => Ok(Err(Error::InvalidAddress)),
            Err(OpenError::Redis(error)) => Ok(Err(other(error))),
        }
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        connection: Resource<PooledConnection>,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> wasmtime::Result<Result<Vec<RedisResult>, Error>> {
        let (pooled, pool) = accessor.with(|mut access| {
            let view = access.get();
            view.table.get(&connection).map(|pooled| (pooled.clone(), view.pool.clone()))
        })?;
        let mut request = Cmd::new();
        request.arg(command);
        for argument in arguments {
            match argument {
                RedisParameter::Int64(number) => request.arg(number),
                RedisParameter::Binary(bytes) => request.arg(bytes),
            };
        }
        let response = pool.send(&pooled, &request).await;
        Ok(response.map_err(other).map(|value| {
            let mut results = Vec::new();
            flatten(value, &mut results);
            results
        }))
    }
}

/// Appends a value to `results`, an array element by element, as Spin does.
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
