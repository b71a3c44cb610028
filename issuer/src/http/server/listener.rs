//! Accepting connections: how many, and how long a client may block one by not reading.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::connect_info::Connected;
use axum_server::{AddrListener, Address};
use connection::{Activity, Linger, Watched};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::metrics::{Count, InFlight};

/// Limits of a server's connections.
#[derive(Debug, Clone)]
pub struct Connections {
    /// Open connections at a time; more wait in the system's backlog.
    pub max: usize,
    /// Closes a connection whose client reads nothing of a response for this long.
    pub write_timeout: Duration,
    /// Counts open connections.
    pub count: Count,
}

impl Default for Connections {
    /// 1,024 connections and 30 seconds.
    fn default() -> Self {
        Self { max: 1024, write_timeout: Duration::from_secs(30), count: Count::default() }
    }
}

/// Time between two warnings that the limit of connections is reached.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);
/// How long a client that still sends may take to read a response that precedes the end of its
/// request.
const LINGER: Linger = Linger::Always(Duration::from_secs(1));

/// The address of a connected client.
#[derive(Debug, Clone)]
pub(super) struct Client(SocketAddr);

/// A listener with a limit of connections.
#[derive(Debug)]
pub(super) struct Listener {
    tcp: TcpListener,
    connections: Connections,
    permits: Arc<Semaphore>,
    warned_at: Mutex<Option<Instant>>,
}

/// A client's connection. It holds its permit and its count while it is open.
pub(super) type Connection = Watched<TcpStream, (OwnedSemaphorePermit, InFlight)>;

impl Listener {
    pub(super) fn new(
        listener: std::net::TcpListener,
        connections: Connections,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::limited(TcpListener::from_std(listener)?, connections))
    }

    fn limited(tcp: TcpListener, connections: Connections) -> Self {
        let permits = Arc::new(Semaphore::new(connections.max.min(Semaphore::MAX_PERMITS)));
        Self { tcp, connections, permits, warned_at: Mutex::new(None) }
    }

    /// Waits for a permit for one more connection.
    async fn permit(&self) -> io::Result<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        self.warn_of_limit();
        Arc::clone(&self.permits).acquire_owned().await.map_err(io::Error::other)
    }

    fn warn_of_limit(&self) {
        let mut warned_at = self.warned_at.lock().unwrap_or_else(PoisonError::into_inner);
        if warned_at.is_none_or(|at| at.elapsed() >= WARNING_INTERVAL) {
            tracing::warn!(
                "the limit of {} open connections is reached: new connections wait",
                self.connections.max
            );
            *warned_at = Some(Instant::now());
        }
    }
}

impl Address for Client {
    type Stream = Connection;
    type Listener = Listener;
}

impl std::fmt::Display for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Connected<Client> for SocketAddr {
    fn connect_info(client: Client) -> Self {
        client.0
    }
}

impl AddrListener<Connection, Client> for Listener {
    async fn bind_to(address: Client) -> io::Result<Self> {
        Ok(Self::limited(TcpListener::bind(address.0).await?, Connections::default()))
    }

    async fn accept_stream(&self) -> io::Result<(Connection, Client)> {
        let permit = self.permit().await?;
        let (stream, address) = self.tcp.accept().await?;
        // A response that needs several writes must not wait for the client's acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(client = %address, %error, "cannot set TCP_NODELAY");
        }
        let held = (permit, self.connections.count.enter());
        let stream =
            Watched::new(stream, Activity::new(), self.connections.write_timeout, LINGER, held);
        Ok((stream, Client(address)))
    }

    fn get_local_addr(&self) -> io::Result<Client> {
        self.tcp.local_addr().map(Client)
    }
}
