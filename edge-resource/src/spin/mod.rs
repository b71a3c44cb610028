//! The component's entry point, its variables, and its [`host`].

mod host;
mod redis;
mod send;
mod store;

use std::sync::OnceLock;
use std::time::Duration;

use edge_auth::language::{self, Text};
use edge_auth::{Host, X_REQUEST_ID, request_id, within};
use futures_util::TryStreamExt;
use http::StatusCode;
use http::request::Parts;
use http_body_util::BodyDataStream;
use spin_sdk::http::Request;
use spin_sdk::http_service;
use spin_sdk::variables;
use spin_sdk::wasip3::http::types::{self, ErrorCode};

use crate::limits::DEFAULT_IDLE;
use crate::request_body::{BodyError, TrackedBody, drain};
use crate::response::{self, Response};
use crate::service::Service;
use crate::settings::Variables;
use host::SpinHost;

/// The service of the instance, which hosts use for many requests, several at a time.
static SERVICE: OnceLock<Service> = OnceLock::new();

/// Longest time for reading a variable, which may come from a server.
const VARIABLE_TIME: Duration = Duration::from_secs(10);

#[http_service]
async fn handle(request: Request) -> Result<types::Response, ErrorCode> {
    let (response, idle_timeout) = respond(request).await;
    send::send(response, idle_timeout)
}

/// Returns the response, and the longest time for which its client may stall.
async fn respond(request: Request) -> (Response, Duration) {
    let (head, body) = request.into_parts();
    let mut body = TrackedBody::new(BodyDataStream::new(body).map_err(|error| match error {
        ErrorCode::HttpRequestBodySize(most) => BodyError::TooLarge(most),
        ErrorCode::ConnectionReadTimeout => BodyError::Stalled,
        _ => BodyError::Broken,
    }));
    let service = match SERVICE.get() {
        Some(service) => Ok(service),
        None => Variables::read(read_variable)
            .await
            .map(|variables| SERVICE.get_or_init(|| Service::new(&variables, &SpinHost))),
    };
    let response = match &service {
        Ok(service) => service.handle(&head, &mut body, &SpinHost).await,
        Err(reason) => unreadable_variables(&head, reason),
    };
    if body.has_rest(&head) {
        // Continues after the response has been sent.
        spin_sdk::wasip3::spawn(async move { drain(body, &SpinHost).await });
    }
    let Ok(service) = service else { return (response, DEFAULT_IDLE) };
    if service.has_upkeep(&SpinHost) {
        spin_sdk::wasip3::spawn(async move { service.upkeep(&SpinHost).await });
    }
    (response, service.idle_timeout())
}

fn unreadable_variables(head: &Parts, reason: &str) -> Response {
    SpinHost.log(format_args!("error: {reason}"));
    let ko = format!("서비스의 변수를 읽을 수 없습니다({reason})");
    let text = Text { ko: &ko, en: reason };
    let lang = language::preferred(&head.headers);
    let (status, code) = (StatusCode::SERVICE_UNAVAILABLE, "variables_unavailable");
    let mut response = response::localized_error(status, text, code, lang);
    response.headers_mut().insert(X_REQUEST_ID, request_id(&head.headers, &SpinHost));
    response
}

async fn read_variable(name: &'static str) -> Result<String, String> {
    match within(VARIABLE_TIME, variables::get(name), &SpinHost).await {
        Some(Ok(value)) => Ok(value),
        Some(Err(variables::Error::Undefined(_))) => Ok(String::new()),
        Some(Err(error)) => Err(format!("the variable `{name}` cannot be read: {error}")),
        None => Err(format!("the variable `{name}` cannot be read: no response in time")),
    }
}
