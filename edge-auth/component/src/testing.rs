//! Shared by the tests of this crate: the host of the tests of `edge-auth`.

#[path = "../../src/testing/test_host.rs"]
#[expect(dead_code, reason = "the tests of this crate use a part of it")]
mod test_host;

pub(crate) use test_host::TestHost;
