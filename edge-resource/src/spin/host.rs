//! [`Host`] and [`UploadHost`] with the Spin SDK.

use std::fmt;
use std::future::Future;
use std::io::Write;
use std::time::Duration;

use edge_auth::{
    FetchError, FetchLimits, Fetched, Host, RedisError, StoreError, UnixTime, lifetime_left,
    one_line, within,
};
use http::StatusCode;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderValue};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use spin_sdk::http::EmptyBody;
use spin_sdk::wasip3::clocks::{monotonic_clock, system_clock};
use spin_sdk::wasip3::http::types::{ErrorCode, RequestOptions};
use spin_sdk::wasip3::http_compat::RequestOptionsExtension;
use spin_sdk::wasip3::random::random;

use super::{redis, store};
use crate::host::UploadHost;

/// The host functions of Spin.
pub(super) struct SpinHost;

impl Host for SpinHost {
    fn now(&self) -> UnixTime {
        let now = system_clock::now();
        UnixTime::new(u64::try_from(now.seconds).unwrap_or(0), now.nanoseconds)
    }

    fn uptime(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now())
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> {
        monotonic_clock::wait_for(nanoseconds(time))
    }

    fn log(&self, line: fmt::Arguments<'_>) {
        // `eprintln!` panics when the log cannot be written, as on a full disk.
        let _ = writeln!(std::io::stderr(), "{}", one_line(&line.to_string()));
    }

    fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(random::get_random_bytes(16)) {
            *to = from;
        }
        bytes
    }

    async fn fetch(
        &self,
        url: &http::Uri,
        accept: &'static str,
        limits: FetchLimits,
    ) -> Result<Fetched, FetchError> {
        // The options of the request limit its phases; only this limits their sum.
        within(limits.time, fetch(url, accept, limits), self)
            .await
            .unwrap_or(Err(FetchError::TimedOut))
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

impl UploadHost for SpinHost {
    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        store::remove(key, self).await
    }

    async fn keys(&self, each: impl FnMut(&str)) -> Result<(), StoreError> {
        store::keys(each, self).await
    }
}

async fn fetch(
    url: &http::Uri,
    accept: &'static str,
    limits: FetchLimits,
) -> Result<Fetched, FetchError> {
    let request = http::Request::get(url)
        .header(ACCEPT, accept)
        // Without it a server may choose any coding (RFC 9110, section 12.5.3), and none is decoded
        // here.
        .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
        .extension(RequestOptionsExtension(phase_limits(limits.time)))
        .body(EmptyBody::new())
        .map_err(|error| FetchError::Failed(error.to_string()))?;
    let response = spin_sdk::http::send(request).await.map_err(|error| match error {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => FetchError::Denied,
        error => FetchError::Failed(error.to_string()),
    })?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let max_age = lifetime_left(response.headers());
    let body =
        Limited::new(response.into_body(), limits.body).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                FetchError::TooLarge
            } else {
                FetchError::Failed(error.to_string())
            }
        })?;
    let text = String::from_utf8(body.to_bytes().into()).map_err(|_| FetchError::NotText)?;
    Ok(Fetched { text, max_age })
}

fn phase_limits(time: Duration) -> RequestOptions {
    let options = RequestOptions::new();
    let time = Some(nanoseconds(time));
    // A host may not support one of them; the limit of their sum holds all the same.
    let _ = options.set_connect_timeout(time);
    let _ = options.set_first_byte_timeout(time);
    let _ = options.set_between_bytes_timeout(time);
    options
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
