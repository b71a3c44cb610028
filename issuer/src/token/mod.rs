//! Issuing tokens, and checking them with the same verifier that other services use.

mod check;
mod claims;
mod issue;
mod refusal;

pub use check::{MAX_ID_BYTES, Subject, TokenChecker};
pub use issue::{IssueError, Lifetimes, TokenIssuer};
pub use refusal::TokenRefusal;
