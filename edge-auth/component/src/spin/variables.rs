//! The variables of the component.

use std::time::Duration;

use edge_auth::within;
use spin_sdk::variables;

use crate::wasi::WASI_HOST;

/// Longest time for reading a variable, which may come from a server.
const TIME: Duration = Duration::from_secs(10);

/// Returns the value of a variable; the empty string for one that is not set.
///
/// # Errors
/// A text that names the variable.
pub async fn read_variable(name: &str) -> Result<String, String> {
    match within(TIME, variables::get(name), &WASI_HOST).await {
        Some(Ok(value)) => Ok(value),
        Some(Err(variables::Error::Undefined(_))) => Ok(String::new()),
        Some(Err(error)) => Err(format!("the variable `{name}` cannot be read: {error}")),
        None => Err(format!("the variable `{name}` cannot be read: no response in time")),
    }
}
