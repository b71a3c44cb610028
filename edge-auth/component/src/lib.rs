//! What edge components share around `edge-auth`: CORS, request bodies with time limits, and the
//! implementations of [`edge_auth::Host`].
//!
//! `cors` and `request_body` are plain code over `http` types. `wasi` implements clocks,
//! randomness, log, outbound HTTP and the sending of responses with WASI 0.3; `spin` adds the
//! variables, the key-value store and the Redis of Spin, and is behind the feature `spin`. Both are
//! built for WebAssembly alone.

#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::panic, clippy::expect_used, clippy::unreachable)
)]

pub mod cors;
pub mod request_body;
#[cfg(any(all(target_family = "wasm", feature = "spin"), test))]
pub mod spin;
#[cfg(target_family = "wasm")]
pub mod wasi;

#[cfg(test)]
mod testing;
