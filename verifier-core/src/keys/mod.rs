//! Public keys and key sets.

mod der;
mod error;
mod jwk;
mod pem;
mod public_key;
mod reasons;
mod set;

pub use error::{KeyError, MAX_KEY_TEXT_BYTES};
pub use public_key::PublicKey;
pub use reasons::{JwkError, KeyMember, MemberError, PemError, Unsuitable};

pub use set::KeySet;
