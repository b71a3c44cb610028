//! Spin's Redis interface over a pool of connections.

mod host;
mod pool;

pub(crate) use host::{HasRedis, View, add_to_linker};
#[expect(unreachable_pub, reason = "the generated interfaces re-export it")]
pub use pool::PooledConnection;
pub(crate) use pool::RedisPool;
