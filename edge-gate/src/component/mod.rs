//! The component: its entry point, its settings, and the component behind it.

mod forward;
mod settings;
mod upstream;

use std::sync::OnceLock;
use std::time::Duration;

use edge_auth::language::{self, Text};
use edge_auth::response::localized_error;
use edge_auth::{Host, X_REQUEST_ID, request_id};
use edge_component::request_body::{TrackedBody, drain};
use edge_component::wasi::{body_pieces, send};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::types::{self, ErrorCode};
use spin_sdk::wasip3::http_compat::IncomingBody;

use crate::gate::{Decision, Gate};
use settings::{HOST, PLATFORM, read_variables};

/// The gate of the instance, which hosts use for many requests, several at a time.
static GATE: OnceLock<Gate> = OnceLock::new();

/// Longest time for which a client may stall while it reads one of the gate's own responses.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

struct Component;

spin_sdk::wasip3::http::service::export!(Component with_types_in spin_sdk::wasip3);

impl Guest for Component {
    async fn handle(request: types::Request) -> Result<types::Response, ErrorCode> {
        let head = head(&request)?;
        let gate = match GATE.get() {
            Some(gate) => gate,
            None => match read_variables().await {
                Ok(variables) => GATE.get_or_init(|| Gate::new(&variables, PLATFORM, &HOST)),
                Err(reason) => {
                    return respond(request, &head, unreadable_variables(&head, &reason));
                }
            },
        };
        let response = match gate.decide(&head, &HOST).await {
            Decision::Forward { headers, removes_authorization } => {
                forward::forward(request, &headers, removes_authorization).await
            }
            Decision::Respond(response) => respond(request, &head, response),
        };
        if gate.has_upkeep(&HOST) {
            spin_sdk::wasip3::spawn(async move { gate.upkeep(&HOST).await });
        }
        response
    }
}

/// Returns the head of a request, without an authority.
///
/// # Errors
/// When it cannot be represented: the gate must see what the component behind would see.
fn head(request: &types::Request) -> Result<Parts, ErrorCode> {
    let path = request.get_path_with_query();
    let mut head = http::Request::builder()
        .method(
            http::Method::try_from(request.get_method())
                .map_err(|_| ErrorCode::HttpRequestMethodInvalid)?,
        )
        .uri(path.as_deref().unwrap_or("/"))
        .body(())
        .map_err(|_| ErrorCode::HttpRequestUriInvalid)?
        .into_parts()
        .0;
    for (name, value) in request.get_headers().copy_all() {
        let name = HeaderName::try_from(name).map_err(|_| ErrorCode::HttpProtocolError)?;
        let value = HeaderValue::try_from(value).map_err(|_| ErrorCode::HttpProtocolError)?;
        head.headers.append(name, value);
    }
    Ok(head)
}

/// Sends a response of the gate, and reads on what the client still sends.
fn respond(
    request: types::Request,
    head: &Parts,
    response: Response<String>,
) -> Result<types::Response, ErrorCode> {
    if let Ok(body) = IncomingBody::new(request) {
        let body = TrackedBody::new(body_pieces(body));
        if body.has_rest(head) {
            spin_sdk::wasip3::spawn(async move { drain(body, &HOST).await });
        }
    }
    send(response, IDLE_TIMEOUT, async |text: String, sink| sink.write(text.as_bytes()).await)
}

fn unreadable_variables(head: &Parts, reason: &str) -> Response<String> {
    HOST.log(format_args!("error: {reason}"));
    let ko = format!("서비스의 변수를 읽을 수 없습니다({reason})");
    let text = Text { ko: &ko, en: reason };
    let lang = language::preferred(&head.headers);
    let (status, code) = (StatusCode::SERVICE_UNAVAILABLE, "variables_unavailable");
    let mut response = localized_error(status, text, code, lang);
    response.headers_mut().insert(X_REQUEST_ID, request_id(&head.headers, &HOST));
    response
}
