//! Whose turn it is at the key-value store: within an instance, calls about one key and listings
//! of all keys never overlap.
//!
//! Spin's own store keeps its lock while it hands out the keys of a listing, few at a time. A call
//! waits for that lock without letting anything else of its instance go on, the reader of the
//! listing included, so that neither would ever end.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::fetching::LOOK_AGAIN;
use crate::host::Host;

/// What is done with the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A call about one key.
    Call,
    /// A listing of all keys.
    Listing,
}

/// Those who use the store, and those who wait for it, in the order in which they came.
#[derive(Debug)]
pub struct StoreTurns(Mutex<Queue>);

#[derive(Debug)]
struct Queue {
    came: u64,
    there: VecDeque<(u64, Use)>,
}

/// The right to use the store, until it is dropped.
#[derive(Debug)]
pub struct StoreTurn<'a> {
    turns: &'a StoreTurns,
    number: u64,
}

impl StoreTurns {
    /// Nobody uses the store.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Queue { came: 0, there: VecDeque::new() }))
    }

    /// Waits for those who came before and use it in the other way; of the same way, many may at a
    /// time.
    pub async fn take(&self, way: Use, host: &impl Host) -> StoreTurn<'_> {
        let turn = {
            let mut queue = self.queue();
            queue.came += 1;
            let number = queue.came;
            queue.there.push_back((number, way));
            StoreTurn { turns: self, number }
        };
        while self
            .queue()
            .there
            .iter()
            .take_while(|(number, _)| *number < turn.number)
            .any(|(_, other)| *other != way)
        {
            host.sleep(LOOK_AGAIN).await;
        }
        turn
    }

    /// Never held across an `.await`.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for StoreTurns {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for StoreTurn<'_> {
    fn drop(&mut self) {
        self.turns.queue().there.retain(|(number, _)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestHost;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn calls_and_listings_never_overlap_and_nobody_is_passed_over() {
        let (turns, host) = (StoreTurns::new(), TestHost::default());
        let take = |way| turns.take(way, &host);
        let (first, second) = (take(Use::Call).await, take(Use::Call).await);
        let mut listing = Box::pin(take(Use::Listing));
        assert!(listing.as_mut().now_or_never().is_none(), "calls are under way");
        let mut late = Box::pin(take(Use::Call));
        assert!(late.as_mut().now_or_never().is_none(), "the listing came before");
        drop(first);
        assert!(listing.as_mut().now_or_never().is_none(), "a call is under way");
        drop(second);
        let listing = listing.await;
        let other = take(Use::Listing).now_or_never();
        assert!(other.is_none(), "the call came before");
        assert!(late.as_mut().now_or_never().is_none(), "the listing is under way");
        drop(listing);
        drop(late.await);
        assert!(turns.queue().there.is_empty());
    }

    #[tokio::test]
    async fn a_turn_that_is_given_up_holds_nobody_up() {
        let (turns, host) = (StoreTurns::new(), TestHost::default());
        let call = turns.take(Use::Call, &host).await;
        let mut listing = Box::pin(turns.take(Use::Listing, &host));
        assert!(listing.as_mut().now_or_never().is_none());
        drop(listing);
        assert!(turns.take(Use::Call, &host).now_or_never().is_some());
        drop(call);
    }
}
