//! The domain types.
//!
//! Depends on nothing else in this crate and on no database, HTTP or command-line library, so that
//! every store, protocol and front end can share it.

mod key;

pub use key::{KeyRecord, KeyState};
