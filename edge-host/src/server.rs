//! Accepts connections within limits, and shuts them down gracefully.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use connection::{Activity, Linger, Watched};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;

use crate::gateway::Gateway;

/// Longest request head, in bytes; a token alone may have 16 KiB.
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;
/// Time for a request's head, and for an idle connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// Time for a client to read a response that was sent before the end of its request.
const LINGER: Duration = Duration::from_secs(5);

/// How connections are served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at a time.
    pub(crate) connections: u32,
    /// How long a write may wait for the client.
    pub(crate) write: Duration,
    /// Time for requests in progress when the program stops.
    pub(crate) shutdown: Duration,
    /// Whether a client gets time to read a response that was sent before the end of its request.
    pub(crate) lingers: bool,
}

/// Binds the address that was given with `flag`.
pub(crate) async fn listen(address: &str, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow!(
                "{address} is in use by another program: stop that one, or choose another \
                 address with {flag}"
            )
        }
        std::io::ErrorKind::PermissionDenied => {
            anyhow!(
                "no permission to listen on {address}: choose a port of 1024 or more with \
                 {flag}"
            )
        }
        _ => anyhow!("cannot listen on {address}: {error}"),
    })
}

/// Serves until SIGINT or SIGTERM, then finishes the requests in progress. A second signal ends
/// them at once.
pub(crate) async fn serve(
    listener: TcpListener,
    gateway: Gateway,
    limits: Limits,
) -> anyhow::Result<()> {
    let gateway = Arc::new(gateway);
    let connections = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(limits.connections as usize));
    let mut stop = pin!(stop_signal()?);

    loop {
        let next = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Mostly for want of file descriptors, which closing connections give back.
                tracing::warn!("connection not accepted: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let guards = (permit, gateway.metrics().connection());
        tokio::spawn(connection(stream, peer, Arc::clone(&gateway), limits, guards, &connections));
    }

    drop(listener);
    tracing::info!(connections = connections.count(), "stopping");
    let mut again = pin!(stop_signal()?);
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(limits.shutdown) => {
            tracing::warn!("requests cut off: they took longer than {:?}", limits.shutdown);
        }
        () = &mut again => tracing::warn!("requests cut off by a second signal"),
    }
    gateway.stop();
    Ok(())
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    gateway: Arc<Gateway>,
    limits: Limits,
    guards: impl Send + Unpin + 'static,
    connections: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + 'static {
    // The second write of a response must not wait for the client's acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, "TCP_NODELAY not set: {error}");
    }
    let activity = Activity::new();
    let linger = Linger::IfUnread(if limits.lingers { LINGER } else { Duration::ZERO });
    let watched = Watched::new(stream, Arc::clone(&activity), limits.write, linger, guards);
    let service = service_fn(move |request| {
        let (gateway, active) = (Arc::clone(&gateway), activity.start_request());
        async move { gateway.respond(request, active).await }
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .max_header_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(watched), service);
    let served = connections.watch(http);
    async move {
        if let Err(error) = served.await {
            tracing::debug!(%peer, "connection ended: {error}");
        }
    }
}

/// Returns a future that resolves at the first SIGINT or SIGTERM after this call.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot handle SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot handle SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
