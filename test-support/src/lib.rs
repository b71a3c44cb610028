//! Keys, signers, claims and the verdict table, for tests, examples and benchmarks.
//!
//! Nothing here uses `verifier-core` or `rsa-verify`, so that a defect of the verifier cannot hide
//! in the tokens that it is tested with. Functions panic instead of returning errors: a test that
//! cannot make its token must stop.

pub mod claims;
pub mod encoding;
pub mod keys;
pub mod signer;
pub mod vectors;
