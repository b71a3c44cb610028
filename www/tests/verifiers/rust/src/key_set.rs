//! The key set of the issuer.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::JwkSet;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Fetches the key set once in `max_age`.
pub(crate) struct KeySet {
    url: String,
    max_age: Duration,
    agent: ureq::Agent,
    cached: Mutex<Option<(Instant, JwkSet)>>,
}

impl KeySet {
    pub(crate) fn new(url: String, max_age: Duration) -> Self {
        let agent = ureq::Agent::config_builder().proxy(None).timeout_global(Some(TIMEOUT)).build();
        Self { url, max_age, agent: agent.into(), cached: Mutex::new(None) }
    }

    /// Returns the key with this `kid`.
    pub(crate) async fn key(&self, kid: &str) -> Result<DecodingKey> {
        let mut cached = self.cached.lock().await;
        let fresh = cached.take().filter(|(fetched, _)| fetched.elapsed() < self.max_age);
        let (_, keys) = match fresh {
            Some(fresh) => cached.insert(fresh),
            None => cached.insert((Instant::now(), self.fetch().await?)),
        };
        let jwk = keys.find(kid).with_context(|| format!("the key set has no key {kid:?}"))?;
        Ok(DecodingKey::from_jwk(jwk)?)
    }

    async fn fetch(&self) -> Result<JwkSet> {
        let (agent, url) = (self.agent.clone(), self.url.clone());
        let fetch = move || agent.get(&url).call()?.body_mut().read_to_string();
        Ok(serde_json::from_str(&spawn_blocking(fetch).await??)?)
    }
}
