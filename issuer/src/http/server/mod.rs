//! The server: listening, limits of every connection, TLS, and stopping.

mod listener;
mod tls;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CONNECTION, STRICT_TRANSPORT_SECURITY};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum_server::tls_rustls::RustlsAcceptor;
use axum_server::{Handle, Server};
use tower_http::set_header::SetResponseHeaderLayer;

use super::layers::head::{MAX_HEAD_BYTES, Scheme, check_head};
use listener::{Client, Listener};

pub use listener::Connections;
pub use tls::{Tls, TlsError, TlsFiles};

/// Closes a connection that has not sent a whole request head by then, an idle one too.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long browsers insist on TLS (RFC 6797): a year, in seconds.
const HSTS: &str = "max-age=31536000";
/// After a stop signal, keep accepting until no response was sent for this long: requests and
/// connections may be on their way.
const LINGER: Duration = Duration::from_millis(500);
/// Most rounds of [`LINGER`]: three seconds.
const MAX_LINGERS: u32 = 6;
/// How long requests in progress may take after that.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);

/// Cannot listen on the address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {reason}")]
pub struct BindError {
    address: String,
    reason: String,
}

/// Binds an address; `option` is the setting to blame for it.
///
/// # Errors
/// [`BindError`], one line with advice.
pub fn bind(address: &str, option: &str) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).map_err(|error| BindError {
        address: address.to_owned(),
        reason: match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!(
                    "the port is in use; stop the program that uses it, or choose another \
                     port with {option}"
                )
            }
            io::ErrorKind::PermissionDenied => format!(
                "no permission; choose a port above 1023 \
                 with {option}"
            ),
            io::ErrorKind::InvalidInput => {
                format!("expected <address>:<port> like 127.0.0.1:8000; correct {option}")
            }
            _ => format!("{error}; check {option}"),
        },
    })
}

/// Serves until `stop` completes, then finishes the requests in progress, in bounded time. With
/// `tls`, the server speaks TLS.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<&Tls>,
    connections: Connections,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let handle = Handle::<Client>::new();
    let mut server = Server::from_listener(Listener::new(listener, connections)?)
        .http1_only()
        .first_request_timeout(HEAD_TIMEOUT)
        .accept_error_handler(not_accepted)
        .handle(handle.clone());
    // hyper accepts up to twice as much; `check_head` enforces the exact limit.
    server.http_builder().http1().header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD_BYTES);
    let stopping = Arc::new(Stopping::default());
    let scheme = Scheme(if tls.is_some() { "https" } else { "http" });
    let router = router
        .layer(closing_connections(Arc::clone(&stopping)))
        // Outermost: an invalid head reaches no other layer.
        .layer(from_fn_with_state(scheme, check_head));
    let stopper = tokio::spawn(stop_gracefully(stop, stopping, handle.clone()));
    let result = match tls {
        None => {
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            server.serve(service).await
        }
        Some(tls) => {
            let hsts = SetResponseHeaderLayer::overriding(
                STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static(HSTS),
            );
            let service = router.layer(hsts).into_make_service_with_connect_info::<SocketAddr>();
            let acceptor = RustlsAcceptor::new(tls.config()).handshake_timeout(HANDSHAKE_TIMEOUT);
            server.acceptor(acceptor).serve(service).await
        }
    };
    stopper.abort();
    let connections = handle.connection_count();
    if connections > 0 {
        tracing::warn!(connections, "aborted requests that exceeded the grace period");
    }
    result
}

/// The state between the stop signal and the end of listening.
#[derive(Default)]
struct Stopping {
    has_begun: AtomicBool,
    /// Responses since the signal.
    responses: AtomicUsize,
}

/// Stops without losing requests: idle connections may carry requests that have not been read yet.
/// Keeps serving for a moment, while every response closes its connection.
async fn stop_gracefully(
    stop: impl Future<Output = ()>,
    stopping: Arc<Stopping>,
    handle: Handle<Client>,
) {
    stop.await;
    tracing::info!(connections = handle.connection_count(), "stopping");
    stopping.has_begun.store(true, Ordering::Release);
    let mut known = 0;
    for _ in 0..MAX_LINGERS {
        tokio::time::sleep(LINGER).await;
        let responses = stopping.responses.load(Ordering::Acquire);
        if responses == known {
            break;
        }
        known = responses;
    }
    handle.graceful_shutdown(Some(SHUTDOWN_GRACE));
}

/// Sets `Connection: close` in every response after the stop signal (RFC 9112 section 9.6).
fn closing_connections(
    stopping: Arc<Stopping>,
) -> SetResponseHeaderLayer<impl FnMut(&Response) -> Option<HeaderValue> + Clone> {
    SetResponseHeaderLayer::overriding(CONNECTION, move |_: &Response| {
        let is_stopping = stopping.has_begun.load(Ordering::Acquire);
        is_stopping.then(|| {
            stopping.responses.fetch_add(1, Ordering::AcqRel);
            HeaderValue::from_static("close")
        })
    })
}

/// Logs a failed accept. With an address the client caused it, usually by aborting the handshake;
/// without, the system did.
fn not_accepted(client: Option<&Client>, error: &io::Error) {
    match client {
        Some(client) => tracing::debug!(%client, %error, "a connection failed"),
        None => tracing::warn!(%error, "cannot accept a connection"),
    }
}
