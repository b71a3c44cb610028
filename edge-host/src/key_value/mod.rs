//! Spin's key-value interface over one SQLite file.

mod host;
mod listing;
mod reserve;
mod store;

pub(crate) use host::{HasKeyValue, View, add_to_linker};
pub(crate) use store::KeyValueStore;
