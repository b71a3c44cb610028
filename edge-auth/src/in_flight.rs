//! One operation at a time within an instance.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Pause between two looks at the outcome of another request. Requests poll for each other because
/// a component's task cannot be woken by another task of the same instance.
pub const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// Marks an operation as in progress until it is dropped, so also when its request is cancelled.
#[derive(Debug)]
pub struct InFlight(Arc<AtomicBool>);

impl InFlight {
    /// Begins the operation; `None` while another request performs it.
    #[must_use]
    pub fn begin(flag: &Arc<AtomicBool>) -> Option<Self> {
        (!flag.swap(true, Ordering::Relaxed)).then(|| Self(Arc::clone(flag)))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
