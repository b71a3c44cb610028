//! What connections are taken, and how long a client may keep one busy that it does not read.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum_server::{AddrListener, Address};
use connection::{Activity, Linger, Watched};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What connections may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// How many may be open; more wait where the system keeps them.
    pub connections: usize,
    /// A connection whose client takes nothing of its answer for so long is closed.
    pub write_timeout: Duration,
}

impl Default for ConnectionLimits {
    /// 1,024 connections and 30 seconds.
    fn default() -> Self {
        Self { connections: 1024, write_timeout: Duration::from_secs(30) }
    }
}

/// Time for a client that still sends to read an answer that came before the end of its request.
const LINGER: Linger = Linger::Always(Duration::from_secs(1));

/// The address of a client whose connection was taken.
#[derive(Debug, Clone)]
pub(super) struct Client(SocketAddr);

/// A listener that takes only so many connections at a time.
#[derive(Debug)]
pub(super) struct Listener {
    tcp: TcpListener,
    slots: Arc<Semaphore>,
    write_timeout: Duration,
}

/// A client's connection, with its place among those there may be.
pub(super) type Connection = Watched<TcpStream, OwnedSemaphorePermit>;

impl Listener {
    pub(super) fn new(listener: std::net::TcpListener, limits: ConnectionLimits) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::limited(TcpListener::from_std(listener)?, limits))
    }

    fn limited(tcp: TcpListener, ConnectionLimits { connections, write_timeout }: ConnectionLimits) -> Self {
        let slots = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
        Self { tcp, slots, write_timeout }
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
        Ok(Self::limited(TcpListener::bind(address.0).await?, ConnectionLimits::default()))
    }

    async fn accept_stream(&self) -> io::Result<(Connection, Client)> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, address) = self.tcp.accept().await?;
        // An answer leaves in one write where that is possible; where it is not, the rest must not wait for the client's
        // acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(client = %address, %error, "TCP_NODELAY not set");
        }
        Ok((Watched::new(stream, Activity::new(), self.write_timeout, LINGER, slot), Client(address)))
    }

    fn get_local_addr(&self) -> io::Result<Client> {
        self.tcp.local_addr().map(Client)
    }
}
