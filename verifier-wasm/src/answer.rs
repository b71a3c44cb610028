//! What JavaScript is told: numbers, where it can read them.
//!
//! `js/answers.ts` makes an object of them; what else there is to say of a refusal it reads from the token.

use verifier_core::{Fault, Segments};

/// The token is good, or the keys are. Any other result is the place of a code in [`verifier_core::Code::ALL`].
pub const ACCEPTED: i32 = -1;

/// There are no keys, or less text than was announced: a mistake in the JavaScript half.
pub const NO_VERDICT: i32 = -2;

/// A verdict, and where in memory the token's segments are.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Answer {
    /// [`ACCEPTED`], [`NO_VERDICT`] or a code.
    pub result: i32,
    /// [`Fault::reason`] of a refusal.
    pub reason: u32,
    /// [`Fault::place`] of a refusal.
    pub place: u32,
    /// Address and length of the decoded header; untrusted unless the token was accepted.
    pub header: [usize; 2],
    /// Address and length of the decoded payload, likewise.
    pub payload: [usize; 2],
}

impl Answer {
    /// Takes a verdict, and where the segments are that it is about.
    pub fn set(&mut self, verdict: Result<(), Fault>, segments: &Segments) {
        self.header = place(segments.header());
        self.payload = place(segments.payload());
        self.result = match verdict {
            Ok(()) => ACCEPTED,
            Err(fault) => {
                self.reason = u32::from(fault.reason());
                self.place = fault.place();
                fault.code() as i32
            }
        };
    }
}

/// Address and length.
fn place(bytes: &[u8]) -> [usize; 2] {
    [bytes.as_ptr() as usize, bytes.len()]
}
