//! The binary: commands, their one-line errors, and how the server starts and stops.

mod backup;
mod files;
mod first_start;
mod health;
mod import;
mod keys;
mod output;
mod profile;
mod program;
mod read_only;
mod running;
mod starting;
mod stopping;
mod telemetry;
mod tls;
mod users;

pub(crate) use program::{Server, WorkingDirectory, fails, succeeds, wait_for};
