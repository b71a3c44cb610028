//! Tokens: made here, and checked by the same verifier that everybody else uses.

mod check;
mod claims;
mod issue;

pub use check::{MAX_ID_BYTES, Subject, TokenChecker, TokenRefusal};
pub use issue::{IssueError, Lifetimes, TokenIssuer};
