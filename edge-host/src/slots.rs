//! The instances that may run at a time, and the requests on their way to them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use connection::Turn;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};

/// The instances that may be started, and who waits for them. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Arc<State>);

#[derive(Debug)]
struct State {
    free: Arc<Semaphore>,
    /// How many requests are in line.
    waiting: AtomicUsize,
    /// That an instance may have room.
    room: Notify,
}

/// No instance may be started now.
#[derive(Debug)]
pub(crate) struct NoSlot;

impl fmt::Display for NoSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are as many instances as there may be")
    }
}

impl std::error::Error for NoSlot {}

impl Slots {
    pub(crate) fn new(count: usize) -> Self {
        let free = Arc::new(Semaphore::new(count));
        Self(Arc::new(State { free, waiting: AtomicUsize::new(0), room: Notify::new() }))
    }

    /// The right to one more instance, for as long as the permit lives.
    pub(crate) fn take(&self) -> wasmtime::Result<OwnedSemaphorePermit> {
        Ok(Arc::clone(&self.0.free).try_acquire_owned().map_err(|_| NoSlot)?)
    }

    /// Whether one more instance may be started.
    pub(crate) fn is_any_free(&self) -> bool {
        self.0.free.available_permits() > 0
    }

    /// Counts a request in line for as long as the value lives.
    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(&self.0.waiting)
    }

    /// Whether requests are in line.
    pub(crate) fn has_line(&self) -> bool {
        self.0.waiting.load(Ordering::Relaxed) > 0
    }

    /// Ends when an instance may have room.
    pub(crate) async fn room(&self) {
        self.0.room.notified().await;
    }

    /// Wakes the first in line: an instance may have room.
    pub(crate) fn has_room(&self) {
        if self.has_line() {
            self.0.room.notify_one();
        }
    }
}

/// A request on its way into an instance.
pub(crate) struct Admitted {
    turn: Turn,
    accepted: Option<oneshot::Sender<()>>,
}

impl Admitted {
    pub(crate) const fn new(turn: Turn) -> Self {
        Self { turn, accepted: None }
    }

    /// The receiver hears when an instance begins with the request.
    pub(crate) fn announced(turn: Turn) -> (Self, oneshot::Receiver<()>) {
        let (accepted, begins) = oneshot::channel();
        (Self { turn, accepted: Some(accepted) }, begins)
    }

    /// An instance begins with the request.
    pub(crate) fn begin(self) -> Turn {
        if let Some(accepted) = self.accepted {
            // The one who waited may have gone.
            let _ = accepted.send(());
        }
        self.turn
    }
}

/// A request in line.
pub(crate) struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
