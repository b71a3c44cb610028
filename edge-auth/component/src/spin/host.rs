//! The services of Spin.

use std::time::Duration;

use edge_auth::{RedisError, StoreError};

use super::{redis, store};
use crate::wasi::{ComponentHost, Services, WASI_HOST};

/// Spin's Redis and the key-value store of the component.
#[derive(Clone, Copy, Debug)]
pub struct SpinServices;

impl Services for SpinServices {
    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        store::load(key, &WASI_HOST).await
    }

    async fn save(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        store::save(key, value, &WASI_HOST).await
    }

    async fn redis_count(
        &self,
        address: &str,
        keys: &[String],
        time: Duration,
    ) -> Result<u64, RedisError> {
        SpinRedis.redis_count(address, keys, time).await
    }
}

/// Spin's Redis without a store: for a component that shares its store with other code, which could
/// replace the keys in it.
#[derive(Clone, Copy, Debug)]
pub struct SpinRedis;

impl Services for SpinRedis {
    async fn redis_count(
        &self,
        address: &str,
        keys: &[String],
        time: Duration,
    ) -> Result<u64, RedisError> {
        redis::count(address, keys, time, &WASI_HOST).await
    }
}

/// The host functions of Spin.
pub type SpinHost = ComponentHost<SpinServices>;

/// The host functions of Spin.
pub const SPIN_HOST: SpinHost = ComponentHost(SpinServices);

/// The host functions of Spin without a store.
pub const SPIN_HOST_WITHOUT_STORE: ComponentHost<SpinRedis> = ComponentHost(SpinRedis);
