//! Keys of another system, trusted for one purpose.

use std::path::PathBuf;
use std::str::FromStr;

use verifier_core::{KeySet, PublicKey};

use super::error::{InvalidKey, KeysError};
use super::files::read_text;
use super::jwks::without_kid;
use super::verifiers::{AcceptedClaims, TypeVerifiers};
use crate::model::TokenType;

/// The only purpose: a refresh token of the key is exchanged for tokens of the issuer.
const REFRESH_ONCE: &str = "refresh-once";

/// The files of `--trust-key`, each with public keys (PEM, JWK or JWKS) that are trusted for
/// `refresh-once`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedKeyFiles(Vec<PathBuf>);

/// A text does not name a file and a purpose.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} does not say what a key is trusted for: write FILE=refresh-once")]
pub struct InvalidTrust(String);

impl FromStr for TrustedKeyFiles {
    type Err = InvalidTrust;

    fn from_str(text: &str) -> Result<Self, InvalidTrust> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let file = |part: &str| match part.rsplit_once('=') {
            Some((file, REFRESH_ONCE)) if !file.is_empty() => Ok(PathBuf::from(file)),
            _ => Err(InvalidTrust(part.to_owned())),
        };
        parts.map(file).collect::<Result<_, _>>().map(Self)
    }
}

impl TrustedKeyFiles {
    /// Reads the keys.
    ///
    /// # Errors
    /// The first file that is missing or contains no public key for RS256, see [`KeysError`].
    pub fn load(&self, accepted: &AcceptedClaims) -> Result<Vec<TrustedKey>, KeysError> {
        let mut keys: Vec<TrustedKey> = Vec::new();
        for path in &self.0 {
            let unusable = |source| KeysError::Unusable { path: path.clone(), source };
            let text = read_text(path, false)?;
            let set = KeySet::parse(&text).map_err(|error| unusable(error.into()))?;
            for key in set.keys() {
                let key = TrustedKey::new(key, accepted).map_err(unusable)?;
                if keys.iter().all(|known| known.kid != key.kid) {
                    keys.push(key);
                }
            }
        }
        Ok(keys)
    }
}

/// A key of another system whose refresh tokens are exchanged.
#[derive(Debug, Clone)]
pub struct TrustedKey {
    kid: String,
    refresh: TypeVerifiers,
}

impl TrustedKey {
    fn new(key: &PublicKey, accepted: &AcceptedClaims) -> Result<Self, InvalidKey> {
        // Without `kid`, since the other system may write any `kid` or none.
        let set = KeySet::from_jwk(&without_kid(key))?;
        let refresh = TypeVerifiers::new(&set, TokenType::Refresh, accepted.foreign());
        Ok(Self { kid: key.thumbprint(), refresh })
    }

    /// Returns the RFC 7638 thumbprint of the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Returns the verifiers of its refresh tokens.
    pub(crate) fn refresh(&self) -> &TypeVerifiers {
        &self.refresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_trusted_only_for_a_named_purpose() {
        let files =
            |text: &str| text.parse::<TrustedKeyFiles>().map(|TrustedKeyFiles(files)| files.len());
        assert_eq!(files(""), Ok(0));
        assert_eq!(files("a.pem=refresh-once"), Ok(1));
        assert_eq!(files("a=b.pem=refresh-once, c.jwks=refresh-once,"), Ok(2));
        for bad in [
            "a.pem",
            "a.pem=",
            "a.pem=access",
            "=refresh-once",
            "a.pem=Refresh-Once",
            "a.pem=refresh-once,b",
        ] {
            assert!(files(bad).is_err(), "{bad}");
        }
    }
}
