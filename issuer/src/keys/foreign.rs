//! Keys of another system, trusted for one purpose that the operator names.

use std::path::PathBuf;
use std::str::FromStr;

use verifier_core::{KeySet, PublicKey, TokenType};

use super::{Accepted, KeysError, TypeVerifiers};
use crate::key_file::{self, KeyFileError};

/// The one purpose that there is: a refresh token of the key is exchanged for tokens of the
/// issuer.
const REFRESH_ONCE: &str = "refresh-once";

/// The files of `--trust-key`, each a public key (PEM, JWK or JWKS) that is trusted for
/// `refresh-once`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedFiles(Vec<PathBuf>);

/// A text that does not say which key is trusted for what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} does not say what a key is trusted for: write FILE=refresh-once")]
pub struct InvalidTrust(String);

impl FromStr for TrustedFiles {
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

impl TrustedFiles {
    /// Reads the keys.
    ///
    /// # Errors
    /// The first file that is missing or holds no public key for RS256, see [`KeysError`].
    pub fn load(&self, accepted: &Accepted) -> Result<Vec<ForeignKey>, KeysError> {
        let mut keys: Vec<ForeignKey> = Vec::new();
        for path in &self.0 {
            let unusable = |reason: String| KeysError::Unusable { path: path.clone(), reason };
            let text = key_file::read(path, false).map_err(|error| match error {
                KeyFileError::Missing => KeysError::FileMissing(path.clone()),
                KeyFileError::Unreadable(source) => KeysError::Read { path: path.clone(), source },
                _ => unusable("it is far too large for a key file".into()),
            })?;
            let set = KeySet::parse(&text).map_err(|error| unusable(error.to_string()))?;
            for key in set.keys() {
                let key = ForeignKey::new(key, accepted).map_err(unusable)?;
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
pub struct ForeignKey {
    kid: String,
    refresh: TypeVerifiers,
}

impl ForeignKey {
    fn new(key: &PublicKey, accepted: &Accepted) -> Result<Self, String> {
        // Alone and bare: its system may write any `kid` in its tokens, or none.
        let set =
            KeySet::from_jwk(&super::jwks::without_kid(key)).map_err(|error| error.to_string())?;
        Ok(Self {
            kid: key.thumbprint(),
            refresh: TypeVerifiers::new(&set, TokenType::Refresh, accepted),
        })
    }

    /// The RFC 7638 thumbprint of the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The verifiers of its refresh tokens.
    pub(crate) fn refresh(&self) -> &TypeVerifiers {
        &self.refresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_trusted_for_a_purpose_that_is_named() {
        let files =
            |text: &str| text.parse::<TrustedFiles>().map(|TrustedFiles(files)| files.len());
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
