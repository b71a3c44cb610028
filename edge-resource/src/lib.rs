//! The protected resources, as one component for Spin and every other WASI 0.3 host.
//!
//! [`Service`] handles a request: it finds the row in `routes`, lets `edge-auth` check the
//! requirement of the row, and calls its handler. `pages` and `uploads` hold the
//! handlers, `storage` the files, `health` the state of the service; `openapi` describes the rows,
//! and `cors` admits browsers.
//!
//! All of that is plain code over `http` types. `spin` implements [`UploadHost`] with the Spin SDK
//! and is built for WebAssembly alone.

mod cors;
mod health;
mod host;
mod limits;
mod openapi;
mod pages;
mod request;
mod request_body;
mod response;
mod routes;
mod service;
mod settings;
#[cfg(target_family = "wasm")]
mod spin;
mod state;
mod storage;
#[cfg(any(target_family = "wasm", test))]
mod store_lock;
mod store_probe;
mod uploads;

#[cfg(test)]
mod documents;
#[cfg(test)]
mod testing;

pub use host::UploadHost;
pub use request_body::{BodyError, RequestBody, TrackedBody, drain};
pub use response::{Body, Response};
pub use service::Service;
pub use settings::Variables;
pub use storage::FileContent;
