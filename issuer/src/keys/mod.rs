//! The issuer's RSA keys: their files, their states, and what of them is published.

mod directory;
mod error;
mod examine;
mod jwks;
mod keyring;
mod live;
mod signing_key;

pub use directory::{Generated, KeyDirectory};
pub use error::KeysError;
pub use jwks::Jwks;
pub use keyring::{KeyEntry, KeyState, RingError};
pub use live::LiveKeys;
pub use signing_key::{KeyBits, SigningKey};

use chrono::{DateTime, Utc};
use verifier_core::{KeySet, Policy, TokenType, Verifier};
use zeroize::Zeroizing;

/// Every key of a running issuer: one that signs, and all that verify.
#[derive(Debug)]
pub struct IssuerKeys {
    /// The active key: signs new tokens.
    pub signing: SigningKey,
    /// What `/.well-known/jwks.json` serves: published, active and retired keys.
    pub jwks: Jwks,
    /// The active key's public half (PEM, SPKI), for services configured with a single key.
    pub public_pem: String,
    /// When the active key began to sign, where that is known.
    pub active_since: Option<DateTime<Utc>>,
    access: Verifier,
    refresh: Verifier,
}

impl IssuerKeys {
    /// Signs with one key and verifies with that and all others.
    pub(crate) fn new(signing: SigningKey, jwks: Jwks) -> Result<Self, String> {
        let public_pem = signing.public_pem().map_err(|_| "its public half cannot be encoded".to_owned())?;
        // No leeway: the tokens come from the clock that checks them.
        let verifier = |token_type| Verifier::new(jwks.keys().clone(), Policy { token_type, ..Policy::default() });
        let (access, refresh) = (verifier(TokenType::Access), verifier(TokenType::Refresh));
        Ok(Self { signing, jwks, public_pem, active_since: None, access, refresh })
    }

    /// Keys that come as text, from a secret manager: the private key as PEM, and public keys (PEM, JWK or JWKS) that
    /// verify and do not sign. Line breaks may be written `\\n`, as an environment often has them.
    ///
    /// # Errors
    /// Says what is wrong; never repeats a text.
    pub fn from_text(private: &str, others: Option<&str>) -> Result<Self, String> {
        let signing = SigningKey::from_pem(&Zeroizing::new(private.replace("\\n", "\n")))?;
        let mut public = vec![signing.public().clone()];
        if let Some(others) = others.filter(|text| !text.trim().is_empty()) {
            let others = KeySet::parse(&others.replace("\\n", "\n")).map_err(|error| error.to_string())?;
            public.extend(others.keys().iter().filter(|key| key.thumbprint() != signing.kid()).cloned());
        }
        let jwks = Jwks::publish(&public).map_err(|error| error.to_string())?;
        Self::new(signing, jwks)
    }

    /// Checks tokens of this type.
    #[must_use]
    pub fn verifier(&self, token_type: TokenType) -> &Verifier {
        match token_type {
            TokenType::Access => &self.access,
            TokenType::Refresh => &self.refresh,
        }
    }
}
