//! Connections: accepting them, what they may take, and ending them in an orderly way.

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

/// Bytes of a request's head; a token may have 16 KiB.
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;
/// Time for a request's head, and for a kept connection without a request.
const HEAD_TIME: Duration = Duration::from_secs(60);
/// Time for a client that still sends to read an answer that came before the end of its request.
const LINGER: Duration = Duration::from_secs(5);

/// How connections are served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at a time.
    pub(crate) connections: u32,
    /// Time for a client to take some of its answer.
    pub(crate) write: Duration,
    /// Time for requests in progress when the program is asked to end.
    pub(crate) shutdown: Duration,
    /// Whether a client that still sends gets time to read an answer that came before the end of
    /// its request.
    pub(crate) lingers: bool,
}

/// Takes the address, which came with this flag.
pub(crate) async fn listen(address: &str, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow!("{address} is in use by another program: stop that one, or choose another address with {flag}")
        }
        std::io::ErrorKind::PermissionDenied => {
            anyhow!("no permission to listen on {address}: choose a port of 1024 or more with {flag}")
        }
        _ => anyhow!("cannot listen on {address}: {error}"),
    })
}

/// Serves until SIGINT or SIGTERM, then finishes what is in progress; a second signal ends that at
/// once.
pub(crate) async fn serve(
    listener: TcpListener,
    gateway: Gateway,
    limits: Limits,
) -> anyhow::Result<()> {
    let gateway = Arc::new(gateway);
    let connections = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(limits.connections as usize));
    let mut stop = pin!(stop_signal()?);

    loop {
        let next = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, mostly: the connections there are will give some back.
                tracing::warn!("connection not accepted: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let kept = (slot, gateway.metrics().connection());
        tokio::spawn(connection(stream, peer, Arc::clone(&gateway), limits, kept, &connections));
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
    kept: impl Send + Unpin + 'static,
    connections: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + 'static {
    // An answer leaves in one write where that is possible; where it is not, the rest must not
    // wait for the client's acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, "TCP_NODELAY not set: {error}");
    }
    let activity = Activity::new();
    let linger = Linger::IfUnread(if limits.lingers { LINGER } else { Duration::ZERO });
    let watched = Watched::new(stream, Arc::clone(&activity), limits.write, linger, kept);
    let service = service_fn(move |request| {
        let (gateway, turn) = (Arc::clone(&gateway), activity.begin());
        async move { gateway.answer(request, turn).await }
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
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

/// Ends at the first SIGINT or SIGTERM after this call.
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
