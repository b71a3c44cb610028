//! The component: its entry point, its settings, and the component behind it.

mod forward;
mod settings;
mod upstream;

use std::sync::OnceLock;
use std::time::Duration;

use edge_component::request_body::{TrackedBody, drain};
use edge_component::wasi::{body_pieces, send};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response};
use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::types::{self, ErrorCode};
use spin_sdk::wasip3::http_compat::IncomingBody;

use crate::gate::{Decision, Gate};
use crate::identity::is_identity_header;
use settings::{HOST, PLATFORM, read_variables};

/// The gate of the instance, which hosts use for many requests, several at a time.
static GATE: OnceLock<Gate> = OnceLock::new();

/// Longest time for which a client may stall while it reads a response of the gate.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

struct Component;

spin_sdk::wasip3::http::service::export!(Component with_types_in spin_sdk::wasip3);

impl Guest for Component {
    async fn handle(request: types::Request) -> Result<types::Response, ErrorCode> {
        let unreadable;
        let gate = match GATE.get() {
            Some(gate) => gate,
            None => match read_variables().await {
                Ok(variables) => GATE.get_or_init(|| Gate::new(&variables, PLATFORM, &HOST)),
                // Not kept: the server of the variables may respond to the next request.
                Err(reason) => {
                    unreadable = Gate::without_variables(reason, &HOST);
                    &unreadable
                }
            },
        };
        let Head { parts: head, forged, is_complete } = Head::of(&request);
        let decision = if is_complete {
            gate.decide(&head, &HOST).await
        } else {
            gate.refuse_unreadable_head(&head, &HOST)
        };
        let response = match decision {
            Decision::Forward { headers, removes_authorization } => {
                forward::forward(request, &forged, &headers, removes_authorization).await
            }
            Decision::Respond(response) => respond(request, &head, response),
        };
        if let Some(gate) = GATE.get().filter(|gate| gate.has_upkeep(&HOST)) {
            spin_sdk::wasip3::spawn(async move { gate.upkeep(&HOST).await });
        }
        response
    }
}

/// The head of a request.
struct Head {
    /// Without an authority.
    parts: Parts,
    /// The names of the identity headers that the client sent.
    forged: Vec<String>,
    /// Whether all of it is in `parts`: the gate must see what the component behind would see.
    is_complete: bool,
}

impl Head {
    fn of(request: &types::Request) -> Self {
        let (parts, ()) = http::Request::new(()).into_parts();
        let mut head = Self { parts, forged: Vec::new(), is_complete: true };
        match http::Method::try_from(request.get_method()) {
            Ok(method) => head.parts.method = method,
            Err(_) => head.is_complete = false,
        }
        // The path of an absolute address may be empty (RFC 9112, section 3.2.2).
        let path = request.get_path_with_query().unwrap_or_default();
        let path = if path.is_empty() || path.starts_with('?') { format!("/{path}") } else { path };
        match path.parse() {
            Ok(uri) => head.parts.uri = uri,
            Err(_) => head.is_complete = false,
        }
        for (name, value) in request.get_headers().copy_all() {
            if is_identity_header(&name) {
                head.forged.push(name);
                continue;
            }
            let added = match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                (Ok(name), Ok(value)) => head.parts.headers.try_append(name, value).is_ok(),
                _ => false,
            };
            head.is_complete &= added;
        }
        head
    }
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
