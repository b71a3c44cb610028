//! [`Host`] with WASI alone.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use edge_auth::{FetchError, FetchLimits, Fetched, Host, RedisError, StoreError, UnixTime};

use super::system;

/// The host functions of WASI. Instances share no store, and there is no Redis.
#[derive(Clone, Copy, Debug)]
pub struct WasiHost;

impl Host for WasiHost {
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
        super::fetch(url, accept, limits, self).await
    }

    async fn load(&self, _: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }

    async fn save(&self, _: &str, _: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn redis_count(&self, _: &str, _: &[String], _: Duration) -> Result<u64, RedisError> {
        Err(RedisError::Failed("this host provides no Redis".to_owned()))
    }
}
