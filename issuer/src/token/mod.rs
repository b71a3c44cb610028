//! Tokens: made here, and checked by the same verifier that everybody else uses.

mod algorithm;
mod check;
mod claims;
mod issue;

pub use algorithm::{Rs256, Rs256Signature};
pub use check::{MAX_ID_BYTES, Subject, TokenChecker, TokenRefusal};
pub use issue::{IssueError, Lifetimes, TokenIssuer};
