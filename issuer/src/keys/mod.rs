//! The issuer's RSA keys: their files, their states, and what of them is published.

mod access;
mod directory;
mod error;
mod examine;
mod files;
mod foreign;
mod jwks;
mod keyring;
mod live;
mod signing_key;

pub use directory::{Generated, KeyDirectory};
pub use error::KeysError;
pub use foreign::{ForeignKey, InvalidTrust, TrustedFiles};
pub use jwks::Jwks;
pub use keyring::{KeyEntry, KeyState, RingError};
pub(crate) use live::TypeVerifiers;
pub use live::{Accepted, LiveKeys};
pub use signing_key::{KeyBits, SigningKey};

use chrono::{DateTime, Utc};
use verifier_core::{KeySet, PublicKey, TokenType, Verifier};
use zeroize::Zeroizing;

/// Every key of a running issuer: one that signs, and all that are published.
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
    signed: KeySet,
    access: TypeVerifiers,
    refresh: TypeVerifiers,
}

impl IssuerKeys {
    /// Signs with one key, publishes `jwks`, and accepts tokens of the keys that have `signed`
    /// alone: a key that only stands in the JWKS for other verifiers must not speak for this
    /// issuer.
    pub(crate) fn new(
        signing: SigningKey,
        jwks: Jwks,
        signed: &[PublicKey],
    ) -> Result<Self, String> {
        let public_pem =
            signing.public_pem().map_err(|_| "its public half cannot be encoded".to_owned())?;
        let signed = Jwks::publish(signed).map_err(|error| error.to_string())?.keys().clone();
        let verifiers = |token_type| TypeVerifiers::new(&signed, token_type, &Accepted::default());
        let (access, refresh) = (verifiers(TokenType::Access), verifiers(TokenType::Refresh));
        Ok(Self { signing, jwks, public_pem, active_since: None, signed, access, refresh })
    }

    /// Reads keys from text, as a secret manager gives them: the private key as PEM; public keys
    /// (PEM, JWK or JWKS) that are `published` for other verifiers; and `retired` ones, which
    /// signed for this issuer before and whose tokens it still accepts. Line breaks may be written
    /// `\\n`, as an environment often has them.
    ///
    /// # Errors
    /// Says what is wrong; never repeats a text.
    pub fn from_text(
        private: &str,
        published: Option<&str>,
        retired: Option<&str>,
    ) -> Result<Self, String> {
        let signing = SigningKey::from_pem(&Zeroizing::new(private.replace("\\n", "\n")))?;
        let mut signed = vec![signing.public().clone()];
        add_new(&mut signed, retired)?;
        let mut public = signed.clone();
        add_new(&mut public, published)?;
        let jwks = Jwks::publish(&public).map_err(|error| error.to_string())?;
        Self::new(signing, jwks, &signed)
    }

    /// Accepts tokens with these claims, too.
    pub(crate) fn accepting(self, accepted: &Accepted) -> Self {
        let verifiers = |token_type| TypeVerifiers::new(&self.signed, token_type, accepted);
        let (access, refresh) = (verifiers(TokenType::Access), verifiers(TokenType::Refresh));
        Self { access, refresh, ..self }
    }

    /// Returns whether the key with this thumbprint signs or has signed for the issuer.
    #[must_use]
    pub fn has_signed(&self, kid: &str) -> bool {
        self.signed.keys().iter().any(|key| key.kid() == Some(kid))
    }

    /// Checks the issuer's own tokens of this type.
    #[must_use]
    pub fn verifier(&self, token_type: TokenType) -> &Verifier {
        &self.verifiers(token_type).plain
    }

    pub(crate) fn verifiers(&self, token_type: TokenType) -> &TypeVerifiers {
        match token_type {
            TokenType::Access => &self.access,
            TokenType::Refresh => &self.refresh,
        }
    }
}

/// Adds the keys of a text that are not among `keys` yet.
fn add_new(keys: &mut Vec<PublicKey>, text: Option<&str>) -> Result<(), String> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(()) };
    let set = KeySet::parse(&text.replace("\\n", "\n")).map_err(|error| error.to_string())?;
    for key in set.keys() {
        if !keys.iter().any(|known| known.thumbprint() == key.thumbprint()) {
            keys.push(key.clone());
        }
    }
    Ok(())
}
