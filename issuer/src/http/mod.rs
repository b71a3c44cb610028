//! The HTTP side: routes, what they read, what they answer.

mod admin;
mod answers;
mod bearer;
mod body;
mod cors;
mod docs;
mod document;
mod error;
mod host;
mod listener;
mod method;
mod metrics;
mod published;
mod query;
mod request_id;
mod router;
mod server;
mod slash;
mod spans;
mod throttle;
mod tls;
mod token;
mod unread;
mod users;
mod write_probe;

use std::sync::Arc;

pub use cors::{AllowedOrigins, InvalidOrigin};
pub use error::ApiError;
pub use listener::Connections;
pub use metrics::metrics_router;
pub use published::{KEYS_CACHE_SECONDS, Readiness};
pub use router::router;
pub use server::{BindError, bind, serve};
pub use spans::traced;
pub use throttle::{InvalidProxy, LoginLimits, RefusedTries, Throttle, TrustedProxies};
pub use tls::{Tls, TlsError, TlsFiles};

use host::Origin;

use crate::base_url::BaseUrl;
use crate::clock::Clock;
use crate::keys::LiveKeys;
use crate::metrics::Metrics;
use crate::random::Random;
use crate::revocation::Revocations;
use crate::sessions::Sessions;
use crate::storage::Storage;
use crate::token::TokenChecker;
use crate::users::{ClaimsChange, PasswordHasher};

/// What the handlers share.
pub struct Issuer {
    /// The keys that are published.
    pub keys: Arc<LiveKeys>,
    /// Users.
    pub storage: Arc<dyn Storage>,
    /// Where others reach the issuer: its path stands before those of the routes, for a proxy
    /// takes it away.
    pub public_url: Option<BaseUrl>,
    /// Checks passwords.
    pub passwords: PasswordHasher,
    /// Begins, continues and ends sessions.
    pub sessions: Sessions,
    /// Checks tokens.
    pub checker: TokenChecker,
    /// Limits how often passwords are tried.
    pub throttle: Throttle,
    /// Whether it is ready, found out for all who ask at the same time.
    pub readiness: Readiness,
    /// Tells services of ended sessions.
    pub revocations: Arc<Revocations>,
    /// Counts.
    pub metrics: Metrics,
    /// Makes request ids.
    pub random: Arc<dyn Random>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What a changed role or premium ends.
    pub on_claims_change: ClaimsChange,
}

impl Issuer {
    /// The path of a route as clients know it.
    fn public_path(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_ref().map_or("", BaseUrl::path))
    }

    /// The URL of a route as clients know it: below the public URL, or below what the request
    /// called; the path alone where neither is known.
    fn public_url_of(&self, path: &str, origin: Option<&Origin>) -> String {
        match (&self.public_url, origin) {
            (Some(base), _) => base.at(path),
            (None, Some(origin)) => origin.at(path),
            (None, None) => path.to_owned(),
        }
    }
}
