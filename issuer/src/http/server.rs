//! Listening, and the limits that hold for every connection.

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

use super::Tls;
use super::host::{MAX_HEAD_BYTES, Scheme, check_head};
use super::listener::{Client, Connections, Listener};

/// A connection that has not sent a whole request head by then is closed, an idle one too: it
/// takes the place of another.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A TLS handshake that has not ended by then is given up.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Browsers that have seen the issuer over TLS use nothing else for so long, in seconds: a year
/// (RFC 6797).
const HSTS: &str = "max-age=31536000";
/// Once the server was told to stop, it still takes what comes until for so long nothing was
/// answered: connections and requests that were on their way then, of which it cannot know.
const LINGER: Duration = Duration::from_millis(500);
/// It does so this many times at most: three seconds.
const MOST_LINGERS: u32 = 6;
/// How long requests under way may take after that.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {reason}")]
pub struct BindError {
    address: String,
    reason: String,
}

/// Takes a port; `option` is the setting that names it.
///
/// # Errors
/// One line that says what to do.
pub fn bind(address: &str, option: &str) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).map_err(|error| BindError {
        address: address.to_owned(),
        reason: match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!("the port is in use; stop the program that uses it, or choose another port with {option}")
            }
            io::ErrorKind::PermissionDenied => format!("no permission; choose a port above 1023 with {option}"),
            io::ErrorKind::InvalidInput => {
                format!("expected <address>:<port> like 127.0.0.1:8000; correct {option}")
            }
            _ => format!("{error}; check {option}"),
        },
    })
}

/// Serves until `stop` is done, with TLS when there is some; then finishes the requests under way,
/// in bounded time.
///
/// # Errors
/// When the listener breaks.
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
    // hyper takes up to twice as much, when a read brings more than is left: `check_head` has the
    // exact limit.
    server.http_builder().http1().header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD_BYTES);
    let stopping = Arc::new(Stopping::default());
    let scheme = Scheme(if tls.is_some() { "https" } else { "http" });
    let router = router
        .layer(closing_connections(Arc::clone(&stopping)))
        // Outermost: a head that breaks a rule is no request.
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
        tracing::warn!(connections, "requests that took too long were cut off");
    }
    result
}

/// The time between the signal to stop and the end of listening.
#[derive(Default)]
struct Stopping {
    has_begun: AtomicBool,
    /// Answers since then.
    answers: AtomicUsize,
}

/// Closing idle connections at once would lose requests that have arrived and were not read yet.
/// So everything goes on for a moment, but each answer closes its connection.
async fn stop_gracefully(
    stop: impl Future<Output = ()>,
    stopping: Arc<Stopping>,
    handle: Handle<Client>,
) {
    stop.await;
    tracing::info!(connections = handle.connection_count(), "stopping");
    stopping.has_begun.store(true, Ordering::Release);
    let mut known = 0;
    for _ in 0..MOST_LINGERS {
        tokio::time::sleep(LINGER).await;
        let answers = stopping.answers.load(Ordering::Acquire);
        if answers == known {
            break;
        }
        known = answers;
    }
    handle.graceful_shutdown(Some(SHUTDOWN_GRACE));
}

/// `Connection: close` in every answer from the moment of stopping on (RFC 9112 section 9.6).
fn closing_connections(
    stopping: Arc<Stopping>,
) -> SetResponseHeaderLayer<impl FnMut(&Response) -> Option<HeaderValue> + Clone> {
    SetResponseHeaderLayer::overriding(CONNECTION, move |_: &Response| {
        let is_stopping = stopping.has_begun.load(Ordering::Acquire);
        is_stopping.then(|| {
            stopping.answers.fetch_add(1, Ordering::AcqRel);
            HeaderValue::from_static("close")
        })
    })
}

/// With an address it is the client's doing, most often the end of a handshake; without, the
/// system's.
fn not_accepted(client: Option<&Client>, error: &io::Error) {
    match client {
        Some(client) => tracing::debug!(%client, %error, "a connection did not come about"),
        None => tracing::warn!(%error, "a connection could not be accepted"),
    }
}
