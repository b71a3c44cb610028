//! [`Host`] with Spin.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use edge_auth::{FetchError, FetchLimits, Fetched, Host, RedisError, StoreError, UnixTime};

use super::{redis, store};
use crate::wasi::{self, system};

/// The host functions of Spin.
#[derive(Clone, Copy, Debug)]
pub struct SpinHost;

impl Host for SpinHost {
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
        wasi::fetch(url, accept, limits, self).await
    }

    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        store::load(key, self).await
    }

    async fn save(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        store::save(key, value, self).await
    }

    async fn redis_count(
        &self,
        address: &str,
        keys: &[String],
        time: Duration,
    ) -> Result<u64, RedisError> {
        redis::count(address, keys, time, self).await
    }
}
