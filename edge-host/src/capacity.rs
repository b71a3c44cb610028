//! How many instances may run, and the queue of requests that wait for one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use connection::ActiveRequest;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};

/// The permits to start instances, and the count of queued requests. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Capacity(Arc<State>);

#[derive(Debug)]
struct State {
    permits: Arc<Semaphore>,
    queued: AtomicUsize,
    /// Notified when an instance may take another request.
    freed: Notify,
}

/// The limit of instances is reached.
#[derive(Debug)]
pub(crate) struct AtCapacity;

impl fmt::Display for AtCapacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the limit of instances is reached")
    }
}

impl std::error::Error for AtCapacity {}

impl Capacity {
    /// Allows `instances` at a time.
    pub(crate) fn new(instances: usize) -> Self {
        let permits = Arc::new(Semaphore::new(instances));
        Self(Arc::new(State { permits, queued: AtomicUsize::new(0), freed: Notify::new() }))
    }

    /// Returns the permit for one more instance.
    ///
    /// # Errors
    /// [`AtCapacity`].
    pub(crate) fn acquire(&self) -> wasmtime::Result<OwnedSemaphorePermit> {
        Ok(Arc::clone(&self.0.permits).try_acquire_owned().map_err(|_| AtCapacity)?)
    }

    /// Whether one more instance may be started.
    pub(crate) fn is_available(&self) -> bool {
        self.0.permits.available_permits() > 0
    }

    /// Counts a request as queued until the value is dropped.
    pub(crate) fn enqueue(&self) -> Queued<'_> {
        self.0.queued.fetch_add(1, Ordering::Relaxed);
        Queued(&self.0.queued)
    }

    /// Whether requests are queued.
    pub(crate) fn has_queue(&self) -> bool {
        self.0.queued.load(Ordering::Relaxed) > 0
    }

    /// Waits until an instance may take another request.
    pub(crate) async fn freed(&self) {
        self.0.freed.notified().await;
    }

    /// Wakes the first queued request, because an instance may take it.
    pub(crate) fn notify_freed(&self) {
        if self.has_queue() {
            self.0.freed.notify_one();
        }
    }
}

/// A request that is handed to an instance.
pub(crate) struct Dispatch {
    request: ActiveRequest,
    started: Option<oneshot::Sender<()>>,
}

impl Dispatch {
    pub(crate) const fn new(request: ActiveRequest) -> Self {
        Self { request, started: None }
    }

    /// Also returns a receiver that resolves when an instance starts the request.
    pub(crate) fn with_start_signal(request: ActiveRequest) -> (Self, oneshot::Receiver<()>) {
        let (started, receiver) = oneshot::channel();
        (Self { request, started: Some(started) }, receiver)
    }

    /// Returns the request, which an instance starts now.
    pub(crate) fn start(self) -> ActiveRequest {
        if let Some(started) = self.started {
            // The receiver is gone when the client has closed the connection.
            let _ = started.send(());
        }
        self.request
    }
}

/// A queued request.
pub(crate) struct Queued<'a>(&'a AtomicUsize);

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
