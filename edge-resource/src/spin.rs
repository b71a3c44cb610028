//! The component's ties to its host: entry point, variables, clocks, outbound HTTP, log.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::try_unfold;
use http::StatusCode;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderValue};
use http_body::Frame;
use http_body_util::{BodyDataStream, BodyExt, Either, Full, LengthLimitError, Limited, StreamBody};
use spin_sdk::http::{EmptyBody, Request};
use spin_sdk::http_service;
use spin_sdk::key_value::Store;
use spin_sdk::redis::{Connection, RedisParameter, RedisResult};
use spin_sdk::variables;
use spin_sdk::wasip3::clocks::{monotonic_clock, system_clock};
use spin_sdk::wasip3::http::types::{ErrorCode, RequestOptions};
use spin_sdk::wasip3::http_compat::RequestOptionsExtension;
use spin_sdk::wasip3::random::random;
use verifier_core::UnixTime;

use crate::answer::{self, Answer, Body, Text};
use crate::host::{Document, FetchError, FetchLimits, Fetched, Host, StoreError, lifetime_left};
use crate::language;
use crate::request_id::{self, X_REQUEST_ID};
use crate::service::Service;
use crate::settings::Variables;
use crate::store_turns::{StoreTurns, Use};
use crate::uploads::form::BodyError;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the instance keeps. Hosts use an instance for many requests, several of them at a time.
static SERVICE: OnceLock<Service> = OnceLock::new();

static TURNS: StoreTurns = StoreTurns::new();

#[http_service]
async fn handle(request: Request) -> http::Response<impl http_body::Body<Data = Bytes, Error: Into<BoxError>>> {
    answer(request).await.map(sent)
}

async fn answer(request: Request) -> Answer {
    let (head, body) = request.into_parts();
    let host = SpinHost;
    let body = BodyDataStream::new(body).map_err(|error| match error {
        ErrorCode::HttpRequestBodySize(most) => BodyError::TooLarge(most),
        ErrorCode::ConnectionReadTimeout => BodyError::Stalled,
        _ => BodyError::Broken,
    });
    let service = match SERVICE.get() {
        Some(service) => service,
        None => match read_variables().await {
            Ok(variables) => SERVICE.get_or_init(|| Service::new(&variables, &host)),
            Err(reason) => {
                host.log(format_args!("error: {reason}"));
                let text =
                    Text { ko: &format!("서비스의 변수를 읽을 수 없습니다({reason})"), en: &reason };
                let lang = language::preferred(&head.headers);
                let mut answer =
                    answer::localized_error(StatusCode::SERVICE_UNAVAILABLE, text, "variables_unavailable", lang);
                answer.headers_mut().insert(X_REQUEST_ID, request_id::of(&head.headers, &host));
                return answer;
            }
        },
    };
    let answer = service.answer(&head, body, &host).await;
    if service.has_upkeep(&host) {
        // Goes on after the answer has been sent.
        spin_sdk::wasip3::spawn(async move { service.upkeep(&SpinHost).await });
    }
    answer
}

fn sent(body: Body) -> impl http_body::Body<Data = Bytes, Error: Into<BoxError>> {
    match body {
        Body::Text(text) => Either::Left(Full::new(Bytes::from(text))),
        Body::Content(content) => Either::Right(StreamBody::new(try_unfold(content, |mut content| async {
            let piece = content.next(&SpinHost).await?;
            Ok::<_, StoreError>(piece.map(|bytes| (Frame::data(Bytes::from(bytes)), content)))
        }))),
    }
}

async fn read_variables() -> Result<Variables, String> {
    Ok(Variables {
        public_key: variable("public_key").await?,
        jwks_url: variable("jwks_url").await?,
        issuer: variable("issuer").await?,
        audience: variable("audience").await?,
        leeway: variable("leeway").await?,
        require_at_jwt: variable("require_at_jwt").await?,
        revocation: variable("revocation").await?,
        redis_url: variable("redis_url").await?,
        status_list_url: variable("status_list_url").await?,
        revocation_when_down: variable("revocation_when_down").await?,
        access_rules: variable("access_rules").await?,
        upload_limit: variable("upload_limit").await?,
        upload_quota: variable("upload_quota").await?,
        cors_origins: variable("cors_origins").await?,
    })
}

async fn variable(name: &str) -> Result<String, String> {
    match variables::get(name).await {
        Ok(value) => Ok(value),
        Err(variables::Error::Undefined(_)) => Ok(String::new()),
        Err(error) => Err(format!("the variable `{name}` cannot be read: {error}")),
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

    async fn get(&self, url: &http::Uri, document: Document, limits: FetchLimits) -> Result<Fetched, FetchError> {
        // The options of the request bound its phases; only this bounds their sum.
        within(limits.time, fetch(url, document, limits)).await.unwrap_or(Err(FetchError::TimedOut))
    }

    fn log(&self, line: fmt::Arguments<'_>) {
        eprintln!("{line}");
    }

    fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(random::get_random_bytes(16)) {
            *to = from;
        }
        bytes
    }

    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let _turn = TURNS.take(Use::Call, self).await;
        store().await?.get(key).await.map_err(store_error)
    }

    async fn save(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let _turn = TURNS.take(Use::Call, self).await;
        store().await?.set(key, value).await.map_err(store_error)
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        let _turn = TURNS.take(Use::Call, self).await;
        store().await?.delete(key).await.map_err(store_error)
    }

    async fn keys(&self, mut each: impl FnMut(&str)) -> Result<(), StoreError> {
        let _turn = TURNS.take(Use::Listing, self).await;
        let mut keys = store().await?.get_keys().await;
        while let Some(key) = keys.next().await {
            each(&key);
        }
        keys.result().await.map_err(store_error)
    }

    async fn redis_any_exists(&self, address: &str, keys: &[String], time: Duration) -> Result<bool, StoreError> {
        let outcome = within(time, redis_any_exists(address, keys, time / 2)).await;
        outcome.unwrap_or_else(|| {
            // It may have gone silent without being closed, and would stay so.
            redis_connection().take();
            Err(StoreError("no answer in time".to_owned()))
        })
    }
}

/// What a future gives, unless it takes longer.
async fn within<T>(time: Duration, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut deadline = pin!(SpinHost.sleep(time));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending => deadline.as_mut().poll(cx).map(|()| None),
    })
    .await
}

/// The connection to Redis of the instance. Never held across an `.await`.
fn redis_connection() -> MutexGuard<'static, Option<Arc<Connection>>> {
    static CONNECTION: Mutex<Option<Arc<Connection>>> = Mutex::new(None);
    CONNECTION.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks on the connection of the instance, which is opened for the first question and after one that failed.
///
/// That the server has closed a kept connection is told by the question that fails on it, and at once: it is asked again on a new one.
/// What fails later than `at_once` failed for another reason, mostly that there was no answer in the host's own time.
async fn redis_any_exists(address: &str, keys: &[String], at_once: Duration) -> Result<bool, StoreError> {
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
            let opened = Arc::new(Connection::open(address).await.map_err(store_error)?);
            redis_connection().insert(opened).clone()
        }
    };
    ask_redis(&connection, keys).await
}

/// One question. A connection on which it fails is no longer the instance's.
async fn ask_redis(connection: &Arc<Connection>, keys: &[String]) -> Result<bool, StoreError> {
    let keys = keys.iter().map(|key| RedisParameter::Binary(key.clone().into_bytes()));
    let outcome = match connection.execute("EXISTS", keys.collect::<Vec<_>>()).await {
        Ok(results) => match results.first() {
            Some(RedisResult::Int64(count)) => Ok(*count > 0),
            _ => Err(StoreError("EXISTS gives no number".to_owned())),
        },
        Err(error) => Err(store_error(error)),
    };
    if outcome.is_err() {
        redis_connection().take_if(|open| Arc::ptr_eq(open, connection));
    }
    outcome
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

fn store_error(error: impl fmt::Display) -> StoreError {
    StoreError(error.to_string())
}

async fn fetch(url: &http::Uri, document: Document, limits: FetchLimits) -> Result<Fetched, FetchError> {
    let request = http::Request::get(url)
        .header(ACCEPT, document.accept())
        // Without it a server may choose any coding (RFC 9110, section 12.5.3); none is undone here.
        .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
        .extension(RequestOptionsExtension(phase_limits(limits.time)))
        .body(EmptyBody::new())
        .map_err(|error| FetchError::Failed(error.to_string()))?;
    let response = spin_sdk::http::send(request).await.map_err(|error| FetchError::Failed(error.to_string()))?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let max_age = lifetime_left(response.headers());
    let body = Limited::new(response.into_body(), limits.body).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { FetchError::TooLarge } else { FetchError::Failed(error.to_string()) }
    })?;
    let text = String::from_utf8(body.to_bytes().into()).map_err(|_| FetchError::NotText)?;
    Ok(Fetched { text, max_age })
}

fn phase_limits(time: Duration) -> RequestOptions {
    let options = RequestOptions::new();
    let time = Some(nanoseconds(time));
    // A host that does not support one of them says so; the deadline around the fetch holds in any case.
    let _ = options.set_connect_timeout(time);
    let _ = options.set_first_byte_timeout(time);
    let _ = options.set_between_bytes_timeout(time);
    options
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
