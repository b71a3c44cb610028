//! The issuer's RSA keys: their files, states and signatures, and the published key set.

mod access;
mod changes;
mod directory;
mod error;
mod examine;
mod files;
mod follow;
mod issuer_keys;
mod jwks;
mod jws;
mod keyring;
mod live;
mod private_pem;
mod signing_key;
mod trusted;
mod verifiers;

pub use changes::Generated;
pub use directory::KeyDirectory;
pub use error::{InvalidKey, KeysError, UnusableVariable};
pub(crate) use follow::KeyFollower;
pub use issuer_keys::IssuerKeys;
pub use jwks::Jwks;
pub(crate) use jws::sign;
pub use jws::{Rs256, Rs256Signature, SignError};
pub use keyring::{InvalidRing, RingError};
pub use live::LiveKeys;
pub use signing_key::{KeyBits, SigningKey};
pub use trusted::{InvalidTrust, TrustedKey, TrustedKeyFiles};
pub(crate) use verifiers::Rejected;
pub use verifiers::{AcceptedClaims, OtherClaims};

pub use crate::model::{KeyRecord, KeyState};
