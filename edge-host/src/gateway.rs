//! One HTTP request: into the component, and its answer out again.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use connection::Turn;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{ExpirationError, InstantiationError};

use crate::admission::{Admission, NoAnswer};
use crate::instance::Instances;
use crate::metrics::Metrics;
use crate::request_body::RequestBody;
use crate::slots::Admitted;

/// The part of a request's time that it may wait for an instance.
const WAITING_PART: u32 = 6;

/// Hands requests to instances of the component.
pub(crate) struct Gateway {
    admission: Admission,
    /// Whether a connection is closed after an answer that came before the end of its request.
    closes: bool,
    /// Bytes of a request's body.
    max_body: usize,
    /// How long nothing of a body may come. Less than the component has for its answer, so that it
    /// can still give one.
    body_time: Duration,
    /// For requests of HTTP/1.0 without a `Host`.
    own_authority: Authority,
    metrics: Metrics,
}

impl Gateway {
    /// `closes`: whether the connection is closed after an answer that came before the end of its
    /// request.
    pub(crate) fn new(
        instances: Instances,
        max_body: usize,
        closes: bool,
        own_authority: Authority,
    ) -> Self {
        let (time, metrics) = (instances.limits.time, instances.metrics.clone());
        let admission = Admission::new(instances, time / WAITING_PART);
        Self { admission, closes, max_body, body_time: time * 9 / 10, own_authority, metrics }
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Says that the instances are about to be dropped.
    pub(crate) fn stop(&self) {
        self.admission.instances().stopping.store(true, Ordering::Relaxed);
    }

    /// Answers in any case; what goes wrong here or in the component becomes a 4xx or 5xx.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        turn: Turn,
    ) -> Result<Response<WasiBody>, Infallible> {
        let started = Instant::now();
        let _in_progress = self.metrics.request();
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        turn.set_unread(!request.body().is_end_stream());
        let mut response = match self.wasi_request(request, turn.clone()) {
            Ok(request) => {
                self.admission.handle(&turn, request).await.unwrap_or_else(|error| failure(&error))
            }
            Err(refused) => refused.into(),
        };
        if self.closes && turn.has_unread() {
            // The rest of the body is not waited for: a client that is told so sends nothing more
            // on this connection (RFC 9112, section 9.6).
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        self.metrics.answered(response.status(), started.elapsed());
        tracing::debug!(
            target: "access",
            %method,
            path,
            status = response.status().as_u16(),
            elapsed_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        );
        Ok(response)
    }

    /// The request with an absolute address, as `wasi:http` wants it, and a bounded body.
    fn wasi_request(
        &self,
        request: Request<Incoming>,
        turn: Turn,
    ) -> Result<Request<WasiBody>, Refused> {
        let (mut head, body) = request.into_parts();
        let authority = self.authority(&head).ok_or(Refused::BadHost)?;
        // `OPTIONS *` has no path of its own (RFC 9112, section 3.2.4).
        let path = head
            .uri
            .path_and_query()
            .filter(|path| path.as_str() != "*")
            .map_or("/", |path| path.as_str());
        head.uri = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(authority)
            .path_and_query(path)
            .build()
            .map_err(|_| Refused::BadAddress)?;
        head.headers.remove(HOST);
        if body.is_end_stream() {
            // `wasi:http` removes `Transfer-Encoding`: without a length, only reading would tell
            // the component that there is no body.
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let body = RequestBody::new(body, self.max_body, self.body_time, turn);
        Ok(Request::from_parts(head, body.boxed_unsync()))
    }

    fn authority(&self, head: &http::request::Parts) -> Option<Authority> {
        let mut hosts = head.headers.get_all(HOST).iter();
        let authority = match (head.uri.authority(), hosts.next()) {
            (Some(authority), _) => authority.clone(),
            (None, Some(host)) => {
                Authority::from_maybe_shared(Bytes::copy_from_slice(host.as_bytes())).ok()?
            }
            // Every other request must have one (RFC 9112, section 3.2).
            (None, None) if head.version < Version::HTTP_11 => self.own_authority.clone(),
            (None, None) => return None,
        };
        (hosts.next().is_none() && !authority.as_str().contains('@')).then_some(authority)
    }
}

/// A request that the component does not get to see.
enum Refused {
    BadHost,
    BadAddress,
}

impl From<Refused> for Response<WasiBody> {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::BadHost => plain(StatusCode::BAD_REQUEST, "Bad Request", "bad_host"),
            Refused::BadAddress => plain(StatusCode::BAD_REQUEST, "Bad Request", "bad_address"),
        }
    }
}

fn failure(error: &NoAnswer) -> Response<WasiBody> {
    let error = match error {
        NoAnswer::Failed(error) => error,
        NoAnswer::Busy => {
            tracing::warn!("a request found no room in any instance");
            let mut response =
                plain(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", "busy");
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            return response;
        }
    };
    if error.is::<ExpirationError>() {
        tracing::warn!("the component did not answer in time");
        return plain(StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout", "component_timeout");
    }
    if error.is::<InstantiationError<Admitted>>() {
        tracing::error!("no instance: {error:#}");
        return plain(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", "no_instance");
    }
    tracing::error!("the component failed: {error:#}");
    plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error", "component_failed")
}

fn plain(status: StatusCode, detail: &str, code: &str) -> Response<WasiBody> {
    let body = format!("{{\"detail\":\"{detail}\",\"code\":\"{code}\"}}");
    let length = HeaderValue::from(body.len());
    let mut response =
        Response::new(Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}
