//! A fair lock of the key-value store: calls about single keys and listings of all keys exclude
//! each other within an instance.
//!
//! Spin's store keeps its lock while it hands out the keys of a listing, a few at a time. A call
//! waits for that lock and blocks the whole instance, the reader of the listing included, so that
//! both would wait for ever.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use edge_auth::{Host, POLL_INTERVAL};

/// The kind of use of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// A call about one key; calls run concurrently.
    Call,
    /// A listing of all keys; listings run concurrently.
    Listing,
}

/// The lock.
#[derive(Debug)]
pub(crate) struct StoreLock(Mutex<Queue>);

#[derive(Debug)]
struct Queue {
    last: u64,
    /// Number and kind of the holders and waiters, in the order of their arrival.
    entries: VecDeque<(u64, Use)>,
}

/// Holds the lock, or a place in its queue, until it is dropped.
#[derive(Debug)]
pub(crate) struct StoreGuard<'a> {
    lock: &'a StoreLock,
    number: u64,
}

impl StoreLock {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Queue { last: 0, entries: VecDeque::new() }))
    }

    /// Waits for earlier uses of the other kind.
    pub(crate) async fn acquire(&self, kind: Use, host: &impl Host) -> StoreGuard<'_> {
        let guard = {
            let mut queue = self.queue();
            queue.last += 1;
            let number = queue.last;
            queue.entries.push_back((number, kind));
            StoreGuard { lock: self, number }
        };
        while self.queue().has_earlier(guard.number, kind) {
            host.sleep(POLL_INTERVAL).await;
        }
        guard
    }

    /// Never held across an `.await`.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Returns whether an earlier use of the other kind holds the lock or waits for it.
    fn has_earlier(&self, number: u64, kind: Use) -> bool {
        let mut earlier = self.entries.iter().take_while(|(other, _)| *other < number);
        earlier.any(|(_, other)| *other != kind)
    }
}

impl Drop for StoreGuard<'_> {
    fn drop(&mut self) {
        self.lock.queue().entries.retain(|(number, _)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestHost;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn calls_and_listings_never_overlap_and_are_served_in_order() {
        let (lock, host) = (StoreLock::new(), TestHost::default());
        let acquire = |kind| lock.acquire(kind, &host);
        let (first, second) = (acquire(Use::Call).await, acquire(Use::Call).await);
        let mut listing = Box::pin(acquire(Use::Listing));
        assert!(listing.as_mut().now_or_never().is_none(), "calls are under way");
        let mut late = Box::pin(acquire(Use::Call));
        assert!(late.as_mut().now_or_never().is_none(), "the listing came before");
        drop(first);
        assert!(listing.as_mut().now_or_never().is_none(), "a call is under way");
        drop(second);
        let listing = listing.await;
        let other = acquire(Use::Listing).now_or_never();
        assert!(other.is_none(), "the call came before");
        assert!(late.as_mut().now_or_never().is_none(), "the listing is under way");
        drop(listing);
        drop(late.await);
        assert!(lock.queue().entries.is_empty());
    }

    #[tokio::test]
    async fn a_cancelled_wait_does_not_block_others() {
        let (lock, host) = (StoreLock::new(), TestHost::default());
        let call = lock.acquire(Use::Call, &host).await;
        let mut listing = Box::pin(lock.acquire(Use::Listing, &host));
        assert!(listing.as_mut().now_or_never().is_none());
        drop(listing);
        assert!(lock.acquire(Use::Call, &host).now_or_never().is_some());
        drop(call);
    }
}
