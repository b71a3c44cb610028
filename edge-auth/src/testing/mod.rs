//! Shared by the tests of this crate: a signer, and a host that the test controls.

#[allow(dead_code, reason = "the tests of other crates use the rest")]
pub(crate) mod signer;
mod test_host;

pub(crate) use test_host::{NOW, TestHost};
