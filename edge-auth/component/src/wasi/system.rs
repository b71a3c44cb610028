//! Clocks, randomness, log, and the pieces of a request body.

use std::fmt;
use std::future::Future;
use std::io::Write;
use std::time::Duration;

use edge_auth::{UnixTime, one_line};
use futures_util::TryStreamExt;
use http_body_util::BodyDataStream;
use spin_sdk::wasip3::clocks::{monotonic_clock, system_clock};
use spin_sdk::wasip3::http::types::{ErrorCode, Request};
use spin_sdk::wasip3::http_compat::IncomingBody;
use spin_sdk::wasip3::random::random as wasi_random;

use crate::request_body::{BodyError, RequestBody};

pub(crate) fn now() -> UnixTime {
    let now = system_clock::now();
    UnixTime::new(u64::try_from(now.seconds).unwrap_or(0), now.nanoseconds)
}

pub(crate) fn uptime() -> Duration {
    Duration::from_nanos(monotonic_clock::now())
}

pub(crate) fn sleep(time: Duration) -> impl Future<Output = ()> {
    monotonic_clock::wait_for(nanoseconds(time))
}

pub(crate) fn log(line: fmt::Arguments<'_>) {
    // `eprintln!` panics when the log cannot be written, as on a full disk.
    let _ = writeln!(std::io::stderr(), "{}", one_line(&line.to_string()));
}

pub(crate) fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(wasi_random::get_random_bytes(16)) {
        *to = from;
    }
    bytes
}

/// Returns a request's body in pieces.
pub fn body_pieces(body: IncomingBody<Request>) -> impl RequestBody {
    BodyDataStream::new(body).map_err(|error| match error {
        ErrorCode::HttpRequestBodySize(most) => BodyError::TooLarge(most),
        ErrorCode::ConnectionReadTimeout => BodyError::Stalled,
        _ => BodyError::Broken,
    })
}

pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
