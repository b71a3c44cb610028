//! Publication of revoked sessions to services that check tokens themselves: signed status lists
//! that any service may fetch, and Redis.
//!
//! Both are made from the database, so that they include revocations by another issuer or the
//! command line, and those that could not be published when they happened.

mod redis;
mod revocations;
mod status_list_service;
mod status_lists;

pub use self::redis::{RedisError, RedisPublisher, ping_redis};
pub use revocations::{FLUSH_MARGIN, Revocations};
pub use status_list_service::{ListError, ListToken, StatusListService};
pub use status_lists::{LIST_SIZE, StatusLists};
