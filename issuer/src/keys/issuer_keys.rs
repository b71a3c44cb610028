use chrono::{DateTime, Utc};
use verifier_core::{KeySet, PublicKey, Verifier};

use super::error::{InvalidKey, UnusableVariable};
use super::jwks::Jwks;
use super::signing_key::SigningKey;
use super::verifiers::{AcceptedClaims, TypeVerifiers};
use crate::model::TokenType;

/// The keys of a running issuer: one that signs, and all that are published.
#[derive(Debug)]
pub struct IssuerKeys {
    /// The active key: signs new tokens.
    pub signing: SigningKey,
    /// The published, active and retired keys, as `/.well-known/jwks.json` serves them.
    pub jwks: Jwks,
    /// The active key's public half (PEM, SPKI), for services configured with a single key.
    pub public_pem: String,
    /// When the active key began to sign, if known.
    pub active_since: Option<DateTime<Utc>>,
    signed: KeySet,
    access: TypeVerifiers,
    refresh: TypeVerifiers,
}

impl IssuerKeys {
    /// Signs with one key, publishes `jwks`, and accepts only tokens of the keys in `signed`: a key
    /// that is in the JWKS only for other verifiers must not speak for this issuer.
    pub(super) fn new(
        signing: SigningKey,
        jwks: Jwks,
        signed: &[PublicKey],
    ) -> Result<Self, InvalidKey> {
        let public_pem = signing.public_pem()?;
        let signed = Jwks::publish(signed)?.keys().clone();
        let accepted = AcceptedClaims::default();
        let access = TypeVerifiers::new(&signed, TokenType::Access, accepted.own());
        let refresh = TypeVerifiers::new(&signed, TokenType::Refresh, accepted.own());
        Ok(Self { signing, jwks, public_pem, active_since: None, signed, access, refresh })
    }

    /// Parses keys as a secret manager provides them: the private key as PEM; public keys (PEM,
    /// JWK or JWKS) that are `published` for other verifiers; and `retired` ones, which signed for
    /// this issuer before and whose tokens it still accepts. All are read in the forms that
    /// [`KeySet::parse`] accepts: line breaks may be written `\\n`, for example.
    ///
    /// # Errors
    /// [`UnusableVariable`]; no message repeats an argument.
    pub fn from_text(
        private: &str,
        published: Option<&str>,
        retired: Option<&str>,
    ) -> Result<Self, UnusableVariable> {
        let of = |variable| move |source| UnusableVariable { variable, source };
        let signing = SigningKey::from_pem(private).map_err(of("ISSUER_PRIVATE_KEY"))?;
        let mut signed = vec![signing.public().clone()];
        add_missing(&mut signed, retired).map_err(of("ISSUER_RETIRED_KEYS"))?;
        let mut public = signed.clone();
        add_missing(&mut public, published).map_err(of("ISSUER_PUBLIC_KEYS"))?;
        // The keys were checked, so that no error is expected.
        Jwks::publish(&public)
            .map_err(InvalidKey::from)
            .and_then(|jwks| Self::new(signing, jwks, &signed))
            .map_err(of("ISSUER_PRIVATE_KEY"))
    }

    /// Accepts these claims, too.
    pub(super) fn accepting(self, accepted: &AcceptedClaims) -> Self {
        let access = TypeVerifiers::new(&self.signed, TokenType::Access, accepted.own());
        let refresh = TypeVerifiers::new(&self.signed, TokenType::Refresh, accepted.own());
        Self { access, refresh, ..self }
    }

    /// Returns whether the key with this thumbprint signs or has signed for the issuer.
    #[must_use]
    pub fn has_signed(&self, kid: &str) -> bool {
        self.signed.keys().iter().any(|key| key.kid().is_some_and(|own| own == kid))
    }

    /// Returns the verifier of the issuer's own tokens of this type that have no `aud`.
    #[must_use]
    pub fn verifier(&self, token_type: TokenType) -> &Verifier {
        self.verifiers(token_type).plain()
    }

    pub(crate) fn verifiers(&self, token_type: TokenType) -> &TypeVerifiers {
        match token_type {
            TokenType::Access => &self.access,
            TokenType::Refresh => &self.refresh,
        }
    }
}

/// Parses `text` and adds its keys that are not in `keys`.
fn add_missing(keys: &mut Vec<PublicKey>, text: Option<&str>) -> Result<(), InvalidKey> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(()) };
    let set = KeySet::parse(text)?;
    for key in set.keys() {
        if !keys.iter().any(|known| known.thumbprint() == key.thumbprint()) {
            keys.push(key.clone());
        }
    }
    Ok(())
}
