//! The runtime of asynchronous commands.

use std::time::Duration;

use super::failure::Failure;

/// How long the end of the program waits for threads that a file system blocks.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs a command to its end.
pub(super) fn run(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(command);
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    result
}
