//! The binary: commands, their one-line errors, and how the server starts and stops.

mod keys;
mod program;
mod running;
mod starting;
mod stopping;
mod telemetry;
mod tls;
mod users;

pub(crate) use program::{Place, Server, fails, succeeds, wait_for};
