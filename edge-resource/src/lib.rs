//! The protected resources, as one component for Spin and every other WASI 0.3 host.
//!
//! [`Service`] handles a request: it finds the row in `routes`, lets `edge-auth` check the
//! requirement of the row, and calls its handler. `pages` and `uploads` hold the
//! handlers, `storage` the files, `health` the state of the service; `openapi` describes the
//! rows.
//!
//! All of that is plain code over `http` types. `spin` connects it with the host and is built for
//! WebAssembly alone.

mod health;
mod host;
mod limits;
mod openapi;
mod pages;
mod request;
mod response;
mod routes;
mod service;
mod settings;
#[cfg(target_family = "wasm")]
mod spin;
mod state;
mod storage;
mod store_probe;
mod uploads;

#[cfg(test)]
mod documents;
#[cfg(test)]
mod testing;

pub use host::UploadHost;
pub use response::{Body, Response};
pub use service::Service;
pub use settings::Variables;
pub use storage::FileContent;
