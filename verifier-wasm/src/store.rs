//! The state that the calls of an instance share.

use alloc::vec::Vec;
use spin::{Mutex, MutexGuard};
use verifier_core::{RejectedToken, Segments, Verifier};

use crate::trap::trap;
use crate::wire::{Outcome, Reply};

/// JavaScript runs one call at a time, so the lock is free unless an earlier call trapped.
static STORE: Mutex<Store> = Mutex::new(Store::new());

/// The verifiers of this instance, and the memory that JavaScript writes and reads.
pub(crate) struct Store {
    /// The text that JavaScript wrote for the next call.
    pub(crate) text: Vec<u8>,
    /// The segments that the reply refers to.
    segments: Segments,
    reply: Reply,
    /// Indexed by handle.
    pub(crate) verifiers: Vec<Option<Verifier>>,
}

impl Store {
    const fn new() -> Self {
        Self {
            text: Vec::new(),
            segments: Segments::new(),
            reply: Reply::new(),
            verifiers: Vec::new(),
        }
    }

    /// Locks the store. Traps when an earlier call trapped while it held the lock.
    pub(crate) fn lock() -> MutexGuard<'static, Self> {
        STORE.try_lock().unwrap_or_else(|| trap())
    }

    /// Stores a verifier and returns its handle.
    pub(crate) fn insert(&mut self, verifier: Verifier) -> usize {
        let free = self.verifiers.iter_mut().enumerate().find(|(_, slot)| slot.is_none());
        if let Some((handle, slot)) = free {
            *slot = Some(verifier);
            return handle;
        }
        self.verifiers.push(Some(verifier));
        self.verifiers.len() - 1
    }

    /// Returns the verifier of a handle.
    pub(crate) fn verifier(&self, handle: usize) -> Option<&Verifier> {
        self.verifiers.get(handle)?.as_ref()
    }

    /// Writes the reply to a verdict and returns its address.
    pub(crate) fn reply_to(&mut self, verdict: Option<Result<Segments, RejectedToken>>) -> usize {
        let outcome = match verdict {
            Some(Ok(segments)) => {
                self.segments = segments;
                Outcome::ACCEPTED
            }
            Some(Err(rejected)) => {
                let outcome = Outcome::of_refusal(rejected.refusal());
                self.segments = rejected.into_untrusted_segments();
                outcome
            }
            None => Outcome::NO_VERDICT,
        };
        self.reply(outcome)
    }

    /// Writes a reply and returns its address.
    pub(crate) fn reply(&mut self, outcome: Outcome) -> usize {
        self.reply.set(outcome, &self.segments);
        &raw const self.reply as usize
    }
}

/// Takes the next `len` bytes of a text that JavaScript encoded. Returns `None` when there are
/// fewer, or they are not UTF-8.
#[cfg(feature = "status")]
pub(crate) fn take_str<'a>(text: &mut &'a [u8], len: usize) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(len)?;
    *text = rest;
    core::str::from_utf8(head).ok()
}
