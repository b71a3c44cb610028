//! The issuer: logs users in and signs RS256 tokens, a drop-in for Django with SimpleJWT.
//!
//! The binary only calls [`cli::main`], so that the tests drive the same server: [`http::router`]
//! serves a [`http::Issuer`], which is made from keys, storage, clock and randomness.

#![warn(missing_docs)]

pub mod base_url;
pub mod cli;
pub mod clock;
pub mod config;
pub mod doctor;
pub mod http;
mod key_file;
pub mod keys;
pub mod logging;
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
mod upkeep;
pub mod users;
