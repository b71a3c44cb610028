//! The issuer: logs users in and signs RS256 tokens, a drop-in for Django with SimpleJWT.
//!
//! Everything the binary does is here, so that the tests drive the same server: [`http::router`]
//! answers requests from a [`http::Issuer`], which holds the keys, the storage, the password
//! hasher, and the clock and randomness passed in.

#![warn(missing_docs)]

pub mod base_url;
pub mod cli;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod http;
mod key_file;
pub mod keys;
pub mod metrics;
pub mod model;
pub mod random;
mod regular_file;
pub mod revocation;
pub mod sessions;
mod sqlite_file;
pub mod storage;
pub mod telemetry;
pub mod token;
pub mod users;
