//! What connections are taken, and how long a client may keep one busy that it does not read.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::connect_info::Connected;
use axum_server::{AddrListener, Address};
use connection::{Activity, Linger, Watched};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::metrics::{One, Present};

/// The connections that a server takes.
#[derive(Debug, Clone)]
pub struct Connections {
    /// How many may be open; more wait where the system keeps them.
    pub at_most: usize,
    /// A connection whose client takes nothing of its answer for so long is closed.
    pub write_timeout: Duration,
    /// Counts them.
    pub count: Present,
}

impl Default for Connections {
    /// 1,024 connections and 30 seconds.
    fn default() -> Self {
        Self { at_most: 1024, write_timeout: Duration::from_secs(30), count: Present::default() }
    }
}

/// Between two lines in the log that say that there are as many connections as there may be.
const BETWEEN_WARNINGS: Duration = Duration::from_secs(60);
/// Time for a client that still sends to read an answer that came before the end of its request.
const LINGER: Linger = Linger::Always(Duration::from_secs(1));

/// The address of a client whose connection was taken.
#[derive(Debug, Clone)]
pub(super) struct Client(SocketAddr);

/// A listener that takes only so many connections at a time.
#[derive(Debug)]
pub(super) struct Listener {
    tcp: TcpListener,
    connections: Connections,
    slots: Arc<Semaphore>,
    warned: Mutex<Option<Instant>>,
}

/// A client's connection, with its place among those there may be.
pub(super) type Connection = Watched<TcpStream, (OwnedSemaphorePermit, One)>;

impl Listener {
    pub(super) fn new(
        listener: std::net::TcpListener,
        connections: Connections,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::limited(TcpListener::from_std(listener)?, connections))
    }

    fn limited(tcp: TcpListener, connections: Connections) -> Self {
        let slots = Arc::new(Semaphore::new(connections.at_most.min(Semaphore::MAX_PERMITS)));
        Self { tcp, connections, slots, warned: Mutex::new(None) }
    }

    /// A place for one more connection, when there is one.
    async fn slot(&self) -> io::Result<OwnedSemaphorePermit> {
        if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            return Ok(slot);
        }
        self.warn_of_waiting();
        Arc::clone(&self.slots).acquire_owned().await.map_err(io::Error::other)
    }

    fn warn_of_waiting(&self) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.is_none_or(|at| at.elapsed() >= BETWEEN_WARNINGS) {
            tracing::warn!(
                "{} connections are open, as many as there may be: more wait",
                self.connections.at_most
            );
            *warned = Some(Instant::now());
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
        let slot = self.slot().await?;
        let (stream, address) = self.tcp.accept().await?;
        // An answer leaves in one write where that is possible; where it is not, the rest must not
        // wait for the client's acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(client = %address, %error, "TCP_NODELAY not set");
        }
        let kept = (slot, self.connections.count.one());
        let stream =
            Watched::new(stream, Activity::new(), self.connections.write_timeout, LINGER, kept);
        Ok((stream, Client(address)))
    }

    fn get_local_addr(&self) -> io::Result<Client> {
        self.tcp.local_addr().map(Client)
    }
}
