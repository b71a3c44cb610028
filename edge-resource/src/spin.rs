//! The component's ties to its host: entry point, variables, clocks, outbound HTTP, log.

use std::fmt;
use std::future::Future;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::TryStreamExt;
use http::StatusCode;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderValue};
use http::request::Parts;
use http_body_util::{BodyDataStream, BodyExt, LengthLimitError, Limited};
use spin_sdk::http::{EmptyBody, Request};
use spin_sdk::http_service;
use spin_sdk::key_value::Store;
use spin_sdk::redis::{self, Connection, RedisParameter, RedisResult};
use spin_sdk::variables;
use spin_sdk::wasip3::clocks::{monotonic_clock, system_clock};
use spin_sdk::wasip3::http::types::{self, ErrorCode, HeaderError, RequestOptions};
use spin_sdk::wasip3::http_compat::{BodyWriter, RequestOptionsExtension};
use spin_sdk::wasip3::random::random;
use verifier_core::UnixTime;

use crate::body::{BodyError, TrackedBody, drain};
use crate::host::{
    Document, FetchError, FetchLimits, Fetched, Host, RedisError, StoreError, lifetime_left, within,
};
use crate::language;
use crate::printable::one_line;
use crate::request_id::{self, X_REQUEST_ID};
use crate::response::{self, Body, Response, Text};
use crate::service::Service;
use crate::settings::Variables;
use crate::store_turns::{StoreTurn, StoreTurns, Use};
use crate::uploads::receive::DEFAULT_PAUSE;

/// What the instance keeps. Hosts use an instance for many requests, several of them at a time.
static SERVICE: OnceLock<Service> = OnceLock::new();

static TURNS: StoreTurns = StoreTurns::new();

/// Longest time for one call of the key-value store: far more than a busy disk takes.
const STORE_TIME: Duration = Duration::from_secs(60);

/// Longest time for reading a variable, which may come from a server.
const VARIABLE_TIME: Duration = Duration::from_secs(10);

/// Bytes of a response that its client has [`Service::idle_timeout`] to take.
const WRITTEN_AT_ONCE: usize = 64 * 1024;

#[http_service]
async fn handle(request: Request) -> Result<types::Response, ErrorCode> {
    let (response, idle_timeout) = response(request).await;
    sent(response, idle_timeout)
}

/// The response, and how long its client may leave a piece of it untaken.
async fn response(request: Request) -> (Response, Duration) {
    let (head, body) = request.into_parts();
    let host = SpinHost;
    let mut body = TrackedBody::new(BodyDataStream::new(body).map_err(|error| match error {
        ErrorCode::HttpRequestBodySize(most) => BodyError::TooLarge(most),
        ErrorCode::ConnectionReadTimeout => BodyError::Stalled,
        _ => BodyError::Broken,
    }));
    let service = match SERVICE.get() {
        Some(service) => Ok(service),
        None => read_variables()
            .await
            .map(|variables| SERVICE.get_or_init(|| Service::new(&variables, &host))),
    };
    let response = match &service {
        Ok(service) => service.handle(&head, &mut body, &host).await,
        Err(reason) => unreadable_variables(&head, reason),
    };
    if body.has_rest(&head) {
        // Goes on after the response has been sent.
        spin_sdk::wasip3::spawn(async move { drain(body, &SpinHost).await });
    }
    let Ok(service) = service else { return (response, DEFAULT_PAUSE) };
    if service.has_upkeep(&host) {
        spin_sdk::wasip3::spawn(async move { service.upkeep(&SpinHost).await });
    }
    (response, service.idle_timeout())
}

fn unreadable_variables(head: &Parts, reason: &str) -> Response {
    SpinHost.log(format_args!("error: {reason}"));
    let text = Text {
        ko: &format!("서비스의 변수를 읽을 수 없습니다({reason})"), en: reason
    };
    let lang = language::preferred(&head.headers);
    let mut response = response::localized_error(
        StatusCode::SERVICE_UNAVAILABLE,
        text,
        "variables_unavailable",
        lang,
    );
    response.headers_mut().insert(X_REQUEST_ID, request_id::of(&head.headers, &SpinHost));
    response
}

/// Hands the response to the host, which takes the body while it is written by a task of its own.
fn sent(response: Response, idle_timeout: Duration) -> Result<types::Response, ErrorCode> {
    let (head, body) = response.into_parts();
    let headers = head
        .headers
        .try_into()
        .map_err(|error: HeaderError| ErrorCode::InternalError(Some(error.to_string())))?;
    let (mut writer, contents, trailers) = BodyWriter::new();
    let (response, _) = types::Response::new(headers, Some(contents), trailers);
    // It is a status of the `http` crate, of three digits, so the host knows it.
    let _ = response.set_status_code(head.status.as_u16());
    spin_sdk::wasip3::spawn(async move {
        let outcome = write(body, &mut writer, idle_timeout).await.map(|()| None);
        let BodyWriter { stream_writer, result_writer, .. } = writer;
        // The end of the stream, then whether it is the end of the body. Nobody reads it when the
        // client has gone.
        drop(stream_writer);
        let _ = result_writer.write(outcome).await;
    });
    Ok(response)
}

/// Writes the body. Each write is raced against the timer: a client that takes nothing must not
/// hold it for ever.
async fn write(
    body: Body,
    writer: &mut BodyWriter,
    idle_timeout: Duration,
) -> Result<(), ErrorCode> {
    let mut content = match body {
        Body::Text(text) => return write_piece(text.into_bytes(), writer, idle_timeout).await,
        Body::Content(content) => content,
    };
    loop {
        match content.next(&SpinHost).await {
            Ok(None) => return Ok(()),
            Ok(Some(bytes)) => {
                for piece in bytes.chunks(WRITTEN_AT_ONCE) {
                    write_piece(piece.to_vec(), writer, idle_timeout).await?;
                }
            }
            Err(error) => {
                SpinHost.log(format_args!("error: key-value store: {error}"));
                return Err(ErrorCode::InternalError(Some("the file cannot be read".to_owned())));
            }
        }
    }
}

async fn write_piece(
    piece: Vec<u8>,
    writer: &mut BodyWriter,
    time: Duration,
) -> Result<(), ErrorCode> {
    match within(time, writer.stream_writer.write_all(piece), &SpinHost).await {
        Some(unwritten) if unwritten.is_empty() => Ok(()),
        Some(_) => Err(ErrorCode::ConnectionTerminated),
        None => Err(ErrorCode::ConnectionWriteTimeout),
    }
}

async fn read_variables() -> Result<Variables, String> {
    Ok(Variables {
        public_key: variable("public_key").await?,
        jwks_url: variable("jwks_url").await?,
        issuer: variable("issuer").await?,
        audience: variable("audience").await?,
        leeway: variable("leeway").await?,
        future_leeway: variable("future_leeway").await?,
        require_at_jwt: variable("require_at_jwt").await?,
        revocation: variable("revocation").await?,
        redis_url: variable("redis_url").await?,
        status_list_url: variable("status_list_url").await?,
        revocation_when_down: variable("revocation_when_down").await?,
        access_rules: variable("access_rules").await?,
        upload_limit: variable("upload_limit").await?,
        upload_quota: variable("upload_quota").await?,
        idle_timeout: variable("idle_timeout").await?,
        cors_origins: variable("cors_origins").await?,
    })
}

async fn variable(name: &str) -> Result<String, String> {
    match within(VARIABLE_TIME, variables::get(name), &SpinHost).await {
        Some(Ok(value)) => Ok(value),
        Some(Err(variables::Error::Undefined(_))) => Ok(String::new()),
        Some(Err(error)) => Err(format!("the variable `{name}` cannot be read: {error}")),
        None => Err(format!("the variable `{name}` cannot be read: no response in time")),
    }
}

struct SpinHost;

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

    async fn get(
        &self,
        url: &http::Uri,
        document: Document,
        limits: FetchLimits,
    ) -> Result<Fetched, FetchError> {
        // The options of the request bound its phases; only this bounds their sum.
        within(limits.time, fetch(url, document, limits), self)
            .await
            .unwrap_or(Err(FetchError::TimedOut))
    }

    fn log(&self, line: fmt::Arguments<'_>) {
        // Not `eprintln!`, which panics when the log cannot be written, on a full disk for one.
        let _ = writeln!(std::io::stderr(), "{}", one_line(&line.to_string()));
    }

    fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(random::get_random_bytes(16)) {
            *to = from;
        }
        bytes
    }

    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let _turn = turn(Use::Call).await?;
        in_store_time(async { store().await?.get(key).await.map_err(store_error) }).await
    }

    async fn save(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let _turn = turn(Use::Call).await?;
        in_store_time(async { store().await?.set(key, value).await.map_err(store_error) }).await
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        let _turn = turn(Use::Call).await?;
        in_store_time(async { store().await?.delete(key).await.map_err(store_error) }).await
    }

    async fn keys(&self, mut each: impl FnMut(&str)) -> Result<(), StoreError> {
        let _turn = turn(Use::Listing).await?;
        let mut keys = in_store_time(async { Ok(store().await?.get_keys().await) }).await?;
        // The time is for each step: a listing may be long, and must go on.
        while let Some(key) = in_store_time(async { Ok(keys.next().await) }).await? {
            each(&key);
        }
        in_store_time(async { keys.result().await.map_err(store_error) }).await
    }

    async fn redis_count(
        &self,
        address: &str,
        keys: &[String],
        time: Duration,
    ) -> Result<u64, RedisError> {
        let outcome = within(time, redis_count(address, keys, time / 2), self).await;
        outcome.unwrap_or_else(|| {
            // It may have gone silent without being closed, and would stay so.
            redis_connection().take();
            Err(RedisError::Failed("no response in time".to_owned()))
        })
    }
}

/// The connection to Redis of the instance. Never held across an `.await`.
fn redis_connection() -> MutexGuard<'static, Option<Arc<Connection>>> {
    static CONNECTION: Mutex<Option<Arc<Connection>>> = Mutex::new(None);
    CONNECTION.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks on the connection of the instance, which is opened for the first question and after one
/// that failed.
///
/// That the server has closed a kept connection is told by the question that fails on it, and at
/// once: it is asked again on a new one. What fails later than `at_once` failed for another
/// reason, mostly that there was no response in the host's own time.
async fn redis_count(address: &str, keys: &[String], at_once: Duration) -> Result<u64, RedisError> {
    let started = SpinHost.uptime();
    let kept = redis_connection().clone();
    if let Some(connection) = kept {
        let outcome = ask_redis(&connection, keys).await;
        if outcome.is_ok() || SpinHost.uptime().saturating_sub(started) > at_once {
            return outcome;
        }
    }
    // Another request may have opened it meanwhile.
    let open = redis_connection().clone();
    let connection = match open {
        Some(connection) => connection,
        None => {
            let opened = Arc::new(Connection::open(address).await.map_err(redis_error)?);
            redis_connection().insert(opened).clone()
        }
    };
    ask_redis(&connection, keys).await
}

/// One question. A connection on which it fails is no longer the instance's.
async fn ask_redis(connection: &Arc<Connection>, keys: &[String]) -> Result<u64, RedisError> {
    let keys = keys.iter().map(|key| RedisParameter::Binary(key.clone().into_bytes()));
    let outcome = match connection.execute("EXISTS", keys.collect::<Vec<_>>()).await {
        Ok(results) => match results.first() {
            Some(RedisResult::Int64(count)) => u64::try_from(*count)
                .map_err(|_| RedisError::Failed("EXISTS gives no count".to_owned())),
            _ => Err(RedisError::Failed("EXISTS gives no number".to_owned())),
        },
        Err(error) => Err(redis_error(error)),
    };
    if outcome.is_err() {
        redis_connection().take_if(|open| Arc::ptr_eq(open, connection));
    }
    outcome
}

/// An address that is not allowed is reported by Spin as one that is not valid.
fn redis_error(error: redis::Error) -> RedisError {
    match error {
        redis::Error::InvalidAddress => RedisError::Denied,
        error => RedisError::Failed(error.to_string()),
    }
}

/// The key-value store, opened once for all requests of the instance.
async fn store() -> Result<&'static Store, StoreError> {
    static STORE: OnceLock<Store> = OnceLock::new();
    match STORE.get() {
        Some(store) => Ok(store),
        None => {
            let opened = Store::open_default().await.map_err(store_error)?;
            Ok(STORE.get_or_init(|| opened))
        }
    }
}

/// The right to use the store, unless it cannot be had in time.
async fn turn(way: Use) -> Result<StoreTurn<'static>, StoreError> {
    let turn = within(STORE_TIME, TURNS.take(way, &SpinHost), &SpinHost).await;
    turn.ok_or_else(|| StoreError("other calls of this instance have not ended in time".to_owned()))
}

/// Bounds a call of the store. A call that is given up may have happened all the same.
async fn in_store_time<T>(
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    within(STORE_TIME, call, &SpinHost)
        .await
        .unwrap_or_else(|| Err(StoreError("no response in time".to_owned())))
}

fn store_error(error: impl fmt::Display) -> StoreError {
    StoreError(error.to_string())
}

async fn fetch(
    url: &http::Uri,
    document: Document,
    limits: FetchLimits,
) -> Result<Fetched, FetchError> {
    let request = http::Request::get(url)
        .header(ACCEPT, document.accept())
        // Without it a server may choose any coding (RFC 9110, section 12.5.3); none is undone
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
    // A host that does not support one of them says so; the deadline around the fetch holds in any
    // case.
    let _ = options.set_connect_timeout(time);
    let _ = options.set_first_byte_timeout(time);
    let _ = options.set_between_bytes_timeout(time);
    options
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
