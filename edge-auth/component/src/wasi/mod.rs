//! [`edge_auth::Host`] with WASI 0.3 alone, and the sending of responses.

mod fetch;
mod host;
mod send;
pub(crate) mod system;

pub(crate) use fetch::fetch;
pub use host::{ComponentHost, NoServices, Services, WASI_HOST};
pub use send::{BodySink, send};
pub use system::body_pieces;
