//! What JavaScript is told: numbers, where it can read them.
//!
//! `js/answers.ts` makes an object of them; what else there is to say of a refusal it reads from
//! the token.

use verifier_core::Segments;

/// There are no such keys, or less text than was announced: a mistake in the JavaScript half.
pub(crate) const NO_VERDICT: u64 = u64::MAX;

/// A verdict, and where in memory the token's segments are.
#[repr(C)]
pub(crate) struct Answer {
    /// [`Fault::number`](verifier_core::Fault::number) of a refusal, or [`NO_VERDICT`]. Less than
    /// 2^32: the token is good, or the keys are, and it is the number of their verifier.
    number: u64,
    /// Address of the decoded header, behind which the payload stands; untrusted unless the token
    /// was accepted.
    segments: usize,
    /// Bytes of the decoded header.
    header: usize,
    /// Bytes of the decoded payload.
    payload: usize,
}

impl Answer {
    /// One that says nothing.
    pub(crate) const fn new() -> Self {
        Self { number: NO_VERDICT, segments: 0, header: 0, payload: 0 }
    }

    /// Takes a number, and where the segments are that it is about.
    pub(crate) fn set(&mut self, number: u64, segments: &Segments) {
        self.number = number;
        self.segments = segments.header().as_ptr() as usize;
        self.header = segments.header().len();
        self.payload = segments.payload().len();
    }
}
