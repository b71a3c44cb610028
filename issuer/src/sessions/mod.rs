//! Sessions: beginning, continuing and ending them, and issuing their tokens.

mod error;
mod liveness;
mod refresh;
mod service;
mod takeover;

pub use error::SessionError;
pub use service::{Refreshed, Sessions, TokenPair};

pub use crate::model::{RefreshToken, Session};
