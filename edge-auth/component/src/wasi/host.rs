//! [`Host`] with WASI, and with what a host offers in addition.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use edge_auth::{FetchError, FetchLimits, Fetched, Host, RedisError, StoreError, UnixTime};

use super::{fetch, system};

/// The part of [`Host`] that WASI has not: by default, no store and no Redis.
pub trait Services {
    /// See [`Host::load`].
    ///
    /// # Errors
    /// [`StoreError`].
    fn load(&self, _: &str) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> {
        async { Ok(None) }
    }

    /// See [`Host::save`].
    ///
    /// # Errors
    /// [`StoreError`].
    fn save(&self, _: &str, _: &[u8]) -> impl Future<Output = Result<(), StoreError>> {
        async { Ok(()) }
    }

    /// See [`Host::redis_count`].
    ///
    /// # Errors
    /// [`RedisError`].
    fn redis_count(
        &self,
        _: &str,
        _: &[String],
        _: Duration,
    ) -> impl Future<Output = Result<u64, RedisError>> {
        async { Err(RedisError::Failed("this host provides no Redis".to_owned())) }
    }
}

/// No services.
#[derive(Clone, Copy, Debug)]
pub struct NoServices;

impl Services for NoServices {}

/// The host functions of WASI, with these services.
#[derive(Clone, Copy, Debug)]
pub struct ComponentHost<S>(pub S);

/// The host functions of WASI alone. Instances share nothing.
pub const WASI_HOST: ComponentHost<NoServices> = ComponentHost(NoServices);

impl<S: Services> Host for ComponentHost<S> {
    fn now(&self) -> UnixTime {
        system::now()
    }

    fn uptime(&self) -> Duration {
        system::uptime()
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> {
        system::sleep(time)
    }

    fn log(&self, line: fmt::Arguments<'_>) {
        system::log(line);
    }

    fn random(&self) -> [u8; 16] {
        system::random()
    }

    async fn fetch(
        &self,
        url: &http::Uri,
        accept: &'static str,
        limits: FetchLimits,
    ) -> Result<Fetched, FetchError> {
        fetch(url, accept, limits, self).await
    }

    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.load(key).await
    }

    async fn save(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.0.save(key, value).await
    }

    async fn redis_count(
        &self,
        address: &str,
        keys: &[String],
        time: Duration,
    ) -> Result<u64, RedisError> {
        self.0.redis_count(address, keys, time).await
    }
}
