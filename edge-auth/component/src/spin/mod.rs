//! [`edge_auth::Host`] with Spin: WASI, and Spin's variables, key-value store and Redis.

#[cfg(target_family = "wasm")]
mod host;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
pub mod store;
mod store_lock;
#[cfg(target_family = "wasm")]
mod variables;

#[cfg(target_family = "wasm")]
pub use host::{SPIN_HOST, SPIN_HOST_WITHOUT_STORE, SpinHost, SpinRedis};
#[cfg(target_family = "wasm")]
pub use variables::read_variable;
