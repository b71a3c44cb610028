//! One fetch at a time, and what the log says of its address.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Uri;

/// How often a waiting request looks whether a fetch is over. Looking again is how one request waits for
/// another here: a component's task cannot be woken by another task of the same instance.
pub const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Whether a document is due: a quarter of its time is left for fetching the next one in the background.
#[must_use]
pub fn is_due(age: Duration, lifetime: Duration) -> bool {
    age >= lifetime.saturating_sub(lifetime / 4)
}

/// That a fetch is in progress. Ends also when the request that made it is cancelled.
pub struct Fetching(Arc<AtomicBool>);

impl Fetching {
    /// Begins a fetch, unless there is one.
    pub fn begin(flag: &Arc<AtomicBool>) -> Option<Self> {
        (!flag.swap(true, Ordering::Relaxed)).then(|| Self(Arc::clone(flag)))
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// An address without user information and query, which may hold secrets.
pub struct Shown<'a>(pub &'a Uri);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(uri) = self;
        write!(f, "{}://{}", uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default())?;
        if let Some(port) = uri.port_u16() {
            write!(f, ":{port}")?;
        }
        f.write_str(uri.path())
    }
}
