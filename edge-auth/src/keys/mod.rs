//! The verification keys, and the verifier's verdict with the keys that are valid now.

mod discovery;

use std::time::Duration;

use http::Uri;
use verifier_core::{
    Code, KeySet, MAX_KEY_TEXT_BYTES, Policy, RejectedToken, StatusList, UnixTime, VerifiedToken,
    Verifier,
};

use crate::cache::{Cache, CachePolicy, Cached, Document, InstanceId};
use crate::error::{AuthError, KeysError, SettingError};
use crate::fetch::{FetchError, FetchLimits, Fetched};
use crate::host::Host;
use crate::status::KeyStatus;
pub(crate) use discovery::{IssuerUrl, is_http};

/// How fetched keys are cached.
const CACHE_POLICY: CachePolicy = CachePolicy {
    name: "keys",
    copies: "jwks",
    attempts: "attempt/jwks",
    limits: FetchLimits { time: Duration::from_secs(5), body: MAX_KEY_TEXT_BYTES },
    retry_after: Duration::from_secs(5),
    stale_for: Some(Duration::from_secs(3600)),
    patience: Duration::from_secs(1),
    waits_for_retry: true,
};

/// Lifetime of keys for which the issuer states none.
const DEFAULT_AGE: Duration = Duration::from_secs(300);

/// Bounds of the lifetime that the issuer states.
const AGE_BOUNDS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3600));

/// Pause between two fetches caused by a `kid` that is not in the set. Without it, made-up tokens
/// would make this service flood the issuer.
const UNKNOWN_KID_COOLDOWN: Duration = Duration::from_secs(10);

const ACCEPT: &str = "application/jwk-set+json, application/json, application/x-pem-file;q=0.5";

/// Where the verification keys come from.
#[derive(Clone, Debug)]
pub(crate) enum KeySource {
    /// Nothing is configured.
    None,
    /// PEM, JWK or JWKS text.
    Text(String),
    /// The address of a JWKS.
    Url(Uri),
    /// An issuer, whose metadata has the address of its JWKS.
    Issuer(IssuerUrl),
}

/// The keys of an instance.
pub(crate) struct Keys(Source);

enum Source {
    /// No token can be verified until the operator changes a variable.
    Unusable(KeysError),
    /// From the variable `public_key`, for as long as the instance lives.
    Fixed(Verifier),
    /// From the address in `jwks_url`, or in the metadata of `issuer`.
    Fetched { cache: Box<Cache<Verifier>>, document: Jwks },
}

impl Keys {
    /// Parses the key text, or prepares to fetch. Does no I/O.
    pub(crate) fn new(source: KeySource, policy: Policy) -> Self {
        Self(match source {
            KeySource::None => Source::Unusable(KeysError::NotConfigured),
            KeySource::Text(text) => match KeySet::parse(&text) {
                Ok(keys) => Source::Fixed(Verifier::new(keys, policy)),
                Err(error) => {
                    Source::Unusable(KeysError::Unreadable(error.code(), error.to_string()))
                }
            },
            KeySource::Url(url) => Self::fetched(url, Jwks { policy, issuer: None }),
            KeySource::Issuer(issuer) => {
                Self::fetched(issuer.url().clone(), Jwks { policy, issuer: Some(issuer) })
            }
        })
    }

    fn fetched(url: Uri, document: Jwks) -> Source {
        let cache = Box::new(Cache::new(url, CACHE_POLICY, InstanceId::default()));
        Source::Fetched { cache, document }
    }

    /// Refuses every token because of this setting.
    pub(crate) const fn misconfigured(error: SettingError) -> Self {
        Self(Source::Unusable(KeysError::Setting(error)))
    }

    /// Verifies a token with the current keys. A `kid` that is not among fetched keys causes a new
    /// fetch, within limits, before it counts as unknown.
    ///
    /// # Errors
    /// [`AuthError::TokenRefused`], [`AuthError::Keys`].
    pub(crate) async fn verify(
        &self,
        token: &str,
        host: &impl Host,
    ) -> Result<VerifiedToken, AuthError> {
        self.decide(|verifier| verifier.verify(token, host.now()), host)
            .await?
            .map_err(|refusal| AuthError::TokenRefused(refusal.code()))
    }

    /// Verifies a status list in the same way, as of `now`.
    ///
    /// # Errors
    /// The reason, for the operator.
    pub(crate) async fn verify_status_list(
        &self,
        text: &str,
        uri: &str,
        now: UnixTime,
        host: &impl Host,
    ) -> Result<StatusList, String> {
        self.decide(|verifier| verifier.verify_status_list(text, uri, now), host)
            .await
            .map_err(|error| error.to_string())?
            .map_err(|rejected| format!("the list is refused: {rejected}"))
    }

    /// Returns the verdict. The outer error means that no keys are available.
    async fn decide<T>(
        &self,
        verdict: impl Fn(&Verifier) -> Result<T, RejectedToken>,
        host: &impl Host,
    ) -> Result<Result<T, RejectedToken>, KeysError> {
        let (cache, document) = match &self.0 {
            Source::Unusable(error) => return Err(error.clone()),
            Source::Fixed(verifier) => return Ok(verdict(verifier)),
            Source::Fetched { cache, document } => (cache, document),
        };
        let mut verifier = match cache.get(document, host).await {
            Cached::Fresh(verifier) | Cached::Stale(verifier) => verifier,
            Cached::Unavailable(why) => return Err(document.unavailable(why)),
        };
        // Newer keys come from the store first, and then from the issuer.
        for _ in 0..2 {
            let verdict = verdict(&verifier);
            if !matches!(&verdict, Err(rejected) if rejected.code() == Code::KeyNotFound) {
                return Ok(verdict);
            }
            match cache.newer_than(&verifier, UNKNOWN_KID_COOLDOWN, document, host).await {
                Some(newer) => verifier = newer,
                None => return Ok(verdict),
            }
        }
        Ok(verdict(&verifier))
    }

    /// Returns whether [`Self::refresh`] has something to do.
    pub(crate) fn is_due(&self, host: &impl Host) -> bool {
        matches!(&self.0, Source::Fetched { cache, .. } if cache.is_due(host))
    }

    /// Fetches the next keys while requests use the current ones.
    pub(crate) async fn refresh(&self, host: &impl Host) {
        if let Source::Fetched { cache, document } = &self.0
            && cache.is_due(host)
        {
            cache.refresh(document, host).await;
        }
    }

    /// Returns why no token can be verified until the operator changes a setting.
    pub(crate) const fn setting_problem(&self) -> Option<&KeysError> {
        match &self.0 {
            Source::Unusable(error) => Some(error),
            Source::Fixed(_) | Source::Fetched { .. } => None,
        }
    }

    /// Returns the state for a health response. An instance without keys adopts those in the store;
    /// nothing is fetched.
    pub(crate) async fn status(&self, host: &impl Host) -> KeyStatus {
        match &self.0 {
            Source::Unusable(error) => KeyStatus {
                source: match error {
                    KeysError::Unreadable(..) => "public_key",
                    KeysError::NotConfigured
                    | KeysError::Setting(_)
                    | KeysError::VariablesUnavailable(_)
                    | KeysError::Unavailable { .. } => "none",
                },
                problem: Some(error.to_string()),
                ..KeyStatus::default()
            },
            Source::Fixed(verifier) => {
                KeyStatus { source: "public_key", count: count(verifier), ..KeyStatus::default() }
            }
            Source::Fetched { cache, document } => {
                if cache.status().value.is_none() {
                    cache.adopt_shared(document, host).await;
                }
                let status = cache.status();
                let freshness = status.value.as_ref().map(|(_, freshness)| *freshness);
                let now = host.uptime();
                let stale = freshness.map(|freshness| !freshness.is_fresh(now));
                KeyStatus {
                    source: document.variable(),
                    count: status.value.map_or(0, |(verifier, _)| count(&verifier)),
                    age_seconds: freshness.map(|freshness| freshness.age(now).as_secs()),
                    lifetime_seconds: freshness.map(|freshness| freshness.lifetime().as_secs()),
                    fetching: Some(status.is_fetching),
                    stale,
                    is_unknown: stale.unwrap_or(true),
                    problem: status.failure.map(|why| document.unavailable(why).to_string()),
                }
            }
        }
    }
}

fn count(verifier: &Verifier) -> usize {
    verifier.keys().keys().len()
}

/// The issuer's JWKS, as a verifier with this policy.
struct Jwks {
    policy: Policy,
    /// The issuer whose metadata has the address; `None` when the address is configured.
    issuer: Option<IssuerUrl>,
}

impl Jwks {
    /// Returns the variable that leads to the keys.
    const fn variable(&self) -> &'static str {
        if self.issuer.is_some() { "issuer" } else { "jwks_url" }
    }

    const fn unavailable(&self, reason: String) -> KeysError {
        KeysError::Unavailable { variable: self.variable(), reason }
    }
}

impl Document for Jwks {
    type Value = Verifier;

    async fn fetch(
        &self,
        url: &Uri,
        limits: FetchLimits,
        host: &impl Host,
    ) -> Result<Fetched, FetchError> {
        match &self.issuer {
            None => host.fetch(url, ACCEPT, limits).await,
            Some(issuer) => issuer.fetch_key_set(ACCEPT, limits, host).await,
        }
    }

    async fn parse(
        &self,
        text: &str,
        max_age: Option<Duration>,
        _: UnixTime,
        _: &impl Host,
    ) -> Result<(Verifier, Duration), String> {
        let keys = KeySet::from_jwks(text).map_err(|error| error.to_string())?;
        let lifetime = max_age.map_or(DEFAULT_AGE, |age| age.clamp(AGE_BOUNDS.0, AGE_BOUNDS.1));
        Ok((Verifier::new(keys, self.policy.clone()), lifetime))
    }
}

#[cfg(test)]
mod tests;
