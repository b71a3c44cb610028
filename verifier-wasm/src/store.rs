//! What the calls of an instance share: its verifiers, and the memory that they read from and
//! answer in.

use alloc::vec::Vec;
use spin::{Mutex, MutexGuard};
use verifier_core::{Fault, Segments, Verifier};

use crate::answer::{Answer, NO_VERDICT};

/// JavaScript runs one call at a time, so the lock is free unless a trap has left it closed.
static STORE: Mutex<Store> = Mutex::new(Store::new());

/// The verifiers of this instance, and room for one call after another.
pub(crate) struct Store {
    /// What JavaScript has written: key text, issuer and audience before a load, a token before a
    /// verdict.
    pub(crate) text: Vec<u8>,
    pub(crate) segments: Segments,
    answer: Answer,
    /// In the places of their numbers; names are bytes, as they came.
    pub(crate) verifiers: Vec<Option<Verifier<Vec<u8>>>>,
}

impl Store {
    const fn new() -> Self {
        Self {
            text: Vec::new(),
            segments: Segments::new(),
            answer: Answer::new(),
            verifiers: Vec::new(),
        }
    }

    /// The one store; traps when a trap has happened in it before.
    pub(crate) fn open() -> MutexGuard<'static, Self> {
        STORE.try_lock().unwrap_or_else(|| crate::stop())
    }

    /// Takes a verifier; yields its number.
    pub(crate) fn keep(&mut self, verifier: Verifier<Vec<u8>>) -> usize {
        let free = self.verifiers.iter_mut().enumerate().find(|(_, place)| place.is_none());
        if let Some((number, place)) = free {
            *place = Some(verifier);
            return number;
        }
        self.verifiers.push(Some(verifier));
        self.verifiers.len() - 1
    }

    /// Runs a call; yields the address of its answer. `None`: a mistake in the JavaScript half, of
    /// which nothing comes.
    pub(crate) fn answered(call: impl FnOnce(&mut Self) -> Option<Result<usize, Fault>>) -> usize {
        let store = &mut *Self::open();
        let number = match call(store) {
            Some(Ok(number)) => number as u64,
            Some(Err(fault)) => fault.number(),
            None => NO_VERDICT,
        };
        store.answer.set(number, &store.segments);
        &raw const store.answer as usize
    }
}

/// The next `bytes` of a text, or nothing when that is negative; `None` when there are fewer.
pub(crate) fn taken(text: &mut &[u8], bytes: i32) -> Option<Option<Vec<u8>>> {
    let Ok(bytes) = usize::try_from(bytes) else { return Some(None) };
    let (taken, rest) = text.split_at_checked(bytes)?;
    *text = rest;
    Some(Some(taken.into()))
}
