//! The log: lines on standard error, in which text from clients cannot act on a terminal.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use connection::log::{Escapes, LogWriter};
use tracing_subscriber::EnvFilter;

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object per line.
    Json,
}

/// The log filter is malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a log filter: try info, or info,sqlx=debug, with --log")]
pub struct InvalidFilter(String);

/// Starts the log of the process. Call it once.
///
/// # Errors
/// [`InvalidFilter`] when `filter` is not a filter of `tracing`.
pub(crate) fn start(filter: &str, format: LogFormat) -> Result<(), InvalidFilter> {
    let filter = EnvFilter::try_new(filter).map_err(|_| InvalidFilter(filter.to_owned()))?;
    let colours = std::io::stderr().is_terminal();
    let escapes = match format {
        LogFormat::Text => Escapes::Text { colours },
        LogFormat::Json => Escapes::Json,
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || LogWriter::new(escapes))
        // Internal errors are reported with a macro that panics on a closed pipe.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => log.with_ansi(colours).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
