//! Listening, and the limits that hold for every connection.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;

/// A connection that has not sent a whole request head by then is closed, an idle one too.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest request head, in bytes: room for the longest token and ordinary headers.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// How long requests under way may still take once the server was told to stop.
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

/// Serves until `stop` is done, then finishes the requests under way.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let handle = Handle::<SocketAddr>::new();
    let mut server = axum_server::from_tcp(listener)?
        .acceptor(NoDelayAcceptor::new())
        .http1_only()
        .first_request_timeout(HEAD_TIMEOUT)
        .accept_error_handler(|_, error| tracing::warn!(%error, "a connection could not be accepted"))
        .handle(handle.clone());
    server.http_builder().http1().header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD_BYTES);
    let stopper = tokio::spawn(async move {
        stop.await;
        tracing::info!(connections = handle.connection_count(), "stopping");
        handle.graceful_shutdown(Some(SHUTDOWN_GRACE));
    });
    let result = server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await;
    stopper.abort();
    result
}
