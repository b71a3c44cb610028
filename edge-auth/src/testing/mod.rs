//! Shared by the tests of this crate: a host that the test controls.

mod test_host;

pub(crate) use test_host::TestHost;
pub(crate) use test_support::claims::NOW;
