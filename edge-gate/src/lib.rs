//! A gate in front of any component: HTTP middleware that lets a request pass only with a bearer
//! token that the issuer signed, and passes the claims of the token on in headers.
//!
//! [`Gate`] decides about a request: `settings` are the operator's variables, `access` holds the
//! rules by path, `identity` the headers that the component behind the gate reads, and `edge-auth`
//! verifies the token. Without valid settings no request passes, whatever its path.
//!
//! All of that is plain code over `http` types. `component` connects it with the host and with the
//! component behind, and is built for WebAssembly alone.

#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::panic, clippy::expect_used, clippy::unreachable)
)]

mod access;
#[cfg(target_family = "wasm")]
mod component;
mod gate;
mod identity;
mod path;
mod settings;

#[cfg(test)]
mod documents;
#[cfg(test)]
mod testing;

pub use gate::{Decision, Gate};
pub use identity::is_identity_header;
pub use settings::{Platform, Variables};
