//! The state that all handlers share.

use std::sync::Arc;

use super::introspection_clients::IntrospectionClients;
use super::origin::Origin;
use super::proxies::TrustedProxies;
use super::readiness::Readiness;
use super::throttle::{LoginLimits, Throttle};
use crate::base_url::BaseUrl;
use crate::clock::Clock;
use crate::keys::LiveKeys;
use crate::metrics::Metrics;
use crate::model::TokenProfile;
use crate::random::Random;
use crate::revocation::{RedisError, RedisPublisher, Revocations, StatusListService, StatusLists};
use crate::sessions::Sessions;
use crate::storage::Storage;
use crate::token::{Lifetimes, TokenChecker, TokenIssuer};
use crate::users::{ClaimsChange, HashingError, HashingLimits, PasswordHasher};

/// The settings of an [`Issuer`].
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// The URL by which clients reach the issuer. Its path precedes the path of every route, and
    /// a proxy removes it. With it, tokens name their entry in a status list, and the metadata of
    /// the issuer is served.
    pub public_url: Option<BaseUrl>,
    /// The standard claims of tokens.
    pub profile: Option<TokenProfile>,
    /// Whether the metadata is served as an OpenID configuration, too.
    pub serves_openid_configuration: bool,
    /// The services that may introspect tokens.
    pub introspection_clients: IntrospectionClients,
    /// How long verifiers may cache a status list, in seconds.
    pub status_list_ttl_seconds: u32,
    /// URL of a Redis server to publish revocations to.
    pub redis_url: Option<String>,
    /// Lifetimes of new tokens.
    pub lifetimes: Lifetimes,
    /// Whether every refresh replaces the refresh token.
    pub rotates_refresh_tokens: bool,
    /// Cost and concurrency of password hashes.
    pub hashing: HashingLimits,
    /// Limits on password attempts.
    pub login_limits: LoginLimits,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: TrustedProxies,
    /// Which sessions a changed role or premium ends.
    pub on_claims_change: ClaimsChange,
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The URL of Redis is malformed.
    #[error(transparent)]
    Redis(#[from] RedisError),
    /// The limits for password hashes are invalid, or the random source failed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

/// A running issuer.
pub struct Issuer {
    pub(super) keys: Arc<LiveKeys>,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) passwords: PasswordHasher,
    pub(super) sessions: Sessions,
    pub(super) checker: TokenChecker,
    pub(super) throttle: Throttle,
    pub(super) trusted_proxies: TrustedProxies,
    pub(super) readiness: Readiness,
    pub(super) revocations: Arc<Revocations>,
    pub(super) metrics: Metrics,
    pub(super) random: Arc<dyn Random>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) on_claims_change: ClaimsChange,
    pub(super) introspection_clients: IntrospectionClients,
    pub(super) serves_openid_configuration: bool,
    public_url: Option<BaseUrl>,
}

impl Issuer {
    /// Connects the parts of an issuer. Nothing runs yet: spawn [`Revocations::run`] of
    /// [`Self::revocations`] for publications in the background.
    ///
    /// # Errors
    /// [`SetupError`] for a malformed Redis URL or invalid limits.
    pub fn new(
        settings: IssuerSettings,
        keys: Arc<LiveKeys>,
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, SetupError> {
        let mut tokens = TokenIssuer::new(
            Arc::clone(&keys),
            settings.lifetimes,
            Arc::clone(&clock),
            Arc::clone(&random),
        );
        if let Some(profile) = settings.profile {
            tokens = tokens.with_profile(profile);
        }
        let lists = settings.public_url.clone().map(StatusLists::new);
        if let Some(lists) = &lists {
            tokens = tokens.with_status_lists(lists.clone());
        }
        let lists = lists.map(|lists| {
            StatusListService::new(
                lists,
                settings.status_list_ttl_seconds,
                Arc::clone(&keys),
                storage.clone(),
                Arc::clone(&clock),
            )
        });
        let redis = settings
            .redis_url
            .map(|url| RedisPublisher::new(&url, storage.clone(), Arc::clone(&clock)))
            .transpose()?;
        let revocations = Arc::new(Revocations::new(lists, redis));
        Ok(Self {
            passwords: PasswordHasher::new(settings.hashing, Arc::clone(&random))?,
            sessions: Sessions::new(
                storage.clone(),
                tokens,
                Arc::clone(&clock),
                settings.rotates_refresh_tokens,
                Arc::clone(&revocations),
            ),
            checker: TokenChecker::new(Arc::clone(&keys)),
            throttle: Throttle::new(settings.login_limits, &clock),
            trusted_proxies: settings.trusted_proxies,
            readiness: Readiness::new(
                Arc::clone(&keys),
                Arc::clone(&storage),
                Arc::clone(&revocations),
                Arc::clone(&clock),
            ),
            metrics: Metrics::default(),
            on_claims_change: settings.on_claims_change,
            introspection_clients: settings.introspection_clients,
            serves_openid_configuration: settings.serves_openid_configuration,
            public_url: settings.public_url,
            keys,
            storage,
            revocations,
            random,
            clock,
        })
    }

    /// Returns the publications of revoked sessions.
    #[must_use]
    pub fn revocations(&self) -> &Arc<Revocations> {
        &self.revocations
    }

    /// Returns the counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Returns the URL by which clients reach the issuer.
    pub(super) fn public_url(&self) -> Option<&BaseUrl> {
        self.public_url.as_ref()
    }

    /// Returns the path of a route as clients know it.
    pub(super) fn public_path(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_ref().map_or("", BaseUrl::path))
    }

    /// Returns the URL of a route as clients know it: below the public URL, else below the origin
    /// of the request; the path alone where neither is known.
    pub(super) fn public_url_of(&self, path: &str, origin: Option<&Origin>) -> String {
        match (&self.public_url, origin) {
            (Some(base), _) => base.at(path),
            (None, Some(origin)) => origin.at(path),
            (None, None) => path.to_owned(),
        }
    }
}
