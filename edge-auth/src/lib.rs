//! Authorization of requests at the edge: a request needs a bearer token that the issuer signed,
//! that is not revoked, and that has the role and claims that a path requires.
//!
//! [`Authorizer`] checks the headers of a request and returns a [`VerifiedToken`] or an
//! [`AuthError`]: `credentials` extracts the bearer token, `keys` verifies it with `verifier-core`
//! and the current keys, `revocation` checks Redis or a Token Status List, and `rules` holds the
//! operator's conditions. Fetched keys and lists share one `cache`. [`response`] creates the
//! response to a refused request.
//!
//! The crate is plain code over `http` types. It does I/O only through [`Host`], and knows neither
//! Spin nor the routes of a component. It does not panic on untrusted input, and holds no lock
//! across an `.await`, because an instance serves several requests at a time.

#[cfg(test)]
extern crate self as edge_auth;

mod authorizer;
mod cache;
mod claims;
mod credentials;
mod error;
mod fetch;
mod hex;
mod host;
mod in_flight;
mod keys;
pub mod language;
mod printable;
mod request_id;
mod request_log;
pub mod response;
mod revocation;
mod rules;
mod settings;
mod status;
#[cfg(test)]
mod testing;
mod variables;

pub use authorizer::{Authorizer, Requirement};
pub use claims::{ClaimPath, RoleClaim};
pub use error::{AuthError, KeysError, SettingError};
pub use fetch::{FetchError, FetchLimits, Fetched, lifetime_left};
pub use hex::hex;
pub use host::{Host, RedisError, StoreError, milliseconds, within};
pub use in_flight::{InFlight, POLL_INTERVAL};
pub use printable::{is_format, one_line};
pub use request_id::{X_REQUEST_ID, request_id};
pub use request_log::log_refusal;
pub use rules::{AccessRule, Condition};
pub use settings::{AuthSettings, AuthVariables, claim_path, non_empty};
pub use status::{KeyStatus, ListStatus, RevocationStatus};
pub use verifier_core::{Claim, UnixTime, VerifiedToken};
