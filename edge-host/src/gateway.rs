//! One HTTP exchange: from the client's request to the component's response.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use connection::ActiveRequest;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{ExpirationError, InstantiationError};

use crate::admission::{Admission, HandleError};
use crate::capacity::Dispatch;
use crate::instance::Instances;
use crate::metrics::Metrics;
use crate::request_body::RequestBody;

/// The share of a request's time that it may wait for an instance: a sixth.
const QUEUE_SHARE: u32 = 6;

/// Serves requests with instances of the component.
pub(crate) struct Gateway {
    admission: Admission,
    /// Whether a connection is closed after a response that was sent before the end of its request.
    closes: bool,
    /// Largest body of a request, in bytes.
    max_body: usize,
    /// How long a body may pause. Shorter than the component's time limit, so that it can still
    /// respond.
    body_timeout: Duration,
    /// The authority of HTTP/1.0 requests without a `Host`.
    own_authority: Authority,
    metrics: Metrics,
}

impl Gateway {
    /// With `closes`, a connection is closed after a response that was sent before the end of its
    /// request.
    pub(crate) fn new(
        instances: Instances,
        max_body: usize,
        closes: bool,
        own_authority: Authority,
    ) -> Self {
        let (time, metrics) = (instances.limits.time, instances.metrics.clone());
        let admission = Admission::new(instances, time / QUEUE_SHARE);
        Self { admission, closes, max_body, body_timeout: time * 9 / 10, own_authority, metrics }
    }

    /// Returns the counters.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Announces that the instances are about to be dropped.
    pub(crate) fn stop(&self) {
        self.admission.instances().stopping.store(true, Ordering::Relaxed);
    }

    /// Returns the response to a request. A failure here or in the component becomes a 4xx or 5xx.
    pub(crate) async fn respond(
        &self,
        request: Request<Incoming>,
        active: ActiveRequest,
    ) -> Result<Response<WasiBody>, Infallible> {
        let started = Instant::now();
        let _in_progress = self.metrics.request();
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        active.set_unread(!request.body().is_end_stream());
        let mut response = match self.wasi_request(request, active.clone()) {
            Ok(request) => match self.admission.handle(&active, request).await {
                Ok(response) => response,
                Err(error) => failure(&error),
            },
            Err(error) => error.into(),
        };
        if self.closes && active.has_unread() {
            // This program does not wait for the rest of the body; the client must not send another
            // request on this connection (RFC 9112, section 9.6).
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        self.metrics.responded(response.status(), started.elapsed());
        tracing::debug!(
            target: "access",
            %method,
            path,
            status = response.status().as_u16(),
            elapsed_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        );
        Ok(response)
    }

    /// Returns the request with an absolute URI, as `wasi:http` requires, and a bounded body.
    fn wasi_request(
        &self,
        request: Request<Incoming>,
        active: ActiveRequest,
    ) -> Result<Request<WasiBody>, InvalidRequest> {
        let (mut head, body) = request.into_parts();
        let authority = self.authority(&head).ok_or(InvalidRequest::BadHost)?;
        // `OPTIONS *` has no path (RFC 9112, section 3.2.4).
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
            .map_err(|_| InvalidRequest::BadAddress)?;
        head.headers.remove(HOST);
        if body.is_end_stream() {
            // `wasi:http` removes `Transfer-Encoding`: without a length, the component would have
            // to read to see that there is no body.
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let body = RequestBody::new(body, self.max_body, self.body_timeout, active);
        Ok(Request::from_parts(head, body.boxed_unsync()))
    }

    fn authority(&self, head: &http::request::Parts) -> Option<Authority> {
        let mut hosts = head.headers.get_all(HOST).iter();
        let authority = match (head.uri.authority(), hosts.next()) {
            (Some(authority), _) => authority.clone(),
            (None, Some(host)) => {
                Authority::from_maybe_shared(Bytes::copy_from_slice(host.as_bytes())).ok()?
            }
            // HTTP/1.1 requires one (RFC 9112, section 3.2).
            (None, None) if head.version < Version::HTTP_11 => self.own_authority.clone(),
            (None, None) => return None,
        };
        (hosts.next().is_none() && !authority.as_str().contains('@')).then_some(authority)
    }
}

/// A request that is rejected before the component sees it.
enum InvalidRequest {
    BadHost,
    BadAddress,
}

impl From<InvalidRequest> for Response<WasiBody> {
    fn from(error: InvalidRequest) -> Self {
        match error {
            InvalidRequest::BadHost => plain(StatusCode::BAD_REQUEST, "Bad Request", "bad_host"),
            InvalidRequest::BadAddress => {
                plain(StatusCode::BAD_REQUEST, "Bad Request", "bad_address")
            }
        }
    }
}

fn failure(error: &HandleError) -> Response<WasiBody> {
    let error = match error {
        HandleError::Failed(error) => error,
        HandleError::Busy => {
            tracing::warn!("all instances are busy: a request was rejected");
            let mut response =
                plain(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", "busy");
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            return response;
        }
    };
    if error.is::<ExpirationError>() {
        tracing::warn!("the component did not respond in time");
        return plain(StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout", "component_timeout");
    }
    if error.is::<InstantiationError<Dispatch>>() {
        tracing::error!("an instance could not be started: {error:#}");
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
