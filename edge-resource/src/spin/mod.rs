//! The component's entry point.

mod host;

use std::sync::OnceLock;
use std::time::Duration;

use edge_auth::{AuthError, Host, KeysError, X_REQUEST_ID, language, request_id};
use edge_component::request_body::{TrackedBody, drain};
use edge_component::spin::{SPIN_HOST, read_variable};
use edge_component::wasi::{BodySink, body_pieces, send};
use http::request::Parts;
use spin_sdk::http::Request;
use spin_sdk::http_service;
use spin_sdk::wasip3::http::types::{self, ErrorCode};

use crate::limits::DEFAULT_IDLE;
use crate::response::{self, Body, Response};
use crate::service::Service;
use crate::settings::Variables;

/// The service of the instance, which hosts use for many requests, several at a time.
static SERVICE: OnceLock<Service> = OnceLock::new();

#[http_service]
async fn handle(request: Request) -> Result<types::Response, ErrorCode> {
    let (response, idle_timeout) = respond(request).await;
    send(response, idle_timeout, write_body)
}

/// Returns the response, and the longest time for which its client may stall.
async fn respond(request: Request) -> (Response, Duration) {
    let (head, body) = request.into_parts();
    let mut body = TrackedBody::new(body_pieces(body));
    let service = match SERVICE.get() {
        Some(service) => Ok(service),
        None => Variables::read(async |name| read_variable(name).await)
            .await
            .map(|variables| SERVICE.get_or_init(|| Service::new(&variables, &SPIN_HOST))),
    };
    let response = match &service {
        Ok(service) => service.handle(&head, &mut body, &SPIN_HOST).await,
        Err(reason) => unreadable_variables(&head, reason),
    };
    if body.has_rest(&head) {
        // Continues after the response has been sent.
        spin_sdk::wasip3::spawn(async move { drain(body, &SPIN_HOST).await });
    }
    let Ok(service) = service else { return (response, DEFAULT_IDLE) };
    if service.has_upkeep(&SPIN_HOST) {
        spin_sdk::wasip3::spawn(async move { service.upkeep(&SPIN_HOST).await });
    }
    (response, service.idle_timeout())
}

fn unreadable_variables(head: &Parts, reason: &str) -> Response {
    SPIN_HOST.log(format_args!("error: {reason}"));
    let error = AuthError::Keys(KeysError::VariablesUnavailable(reason.to_owned()));
    let mut response = response::refusal(&error, language::preferred(&head.headers));
    response.headers_mut().insert(X_REQUEST_ID, request_id(&head.headers, &SPIN_HOST));
    response
}

async fn write_body(body: Body, sink: &mut BodySink) -> Result<(), ErrorCode> {
    let mut content = match body {
        Body::Text(text) => return sink.write(text.as_bytes()).await,
        Body::File(content) => content,
    };
    loop {
        match content.next(&SPIN_HOST).await {
            Ok(None) => return Ok(()),
            Ok(Some(bytes)) => sink.write(&bytes).await?,
            Err(error) => {
                SPIN_HOST.log(format_args!("error: key-value store: {error}"));
                return Err(ErrorCode::InternalError(Some("the file cannot be read".to_owned())));
            }
        }
    }
}
