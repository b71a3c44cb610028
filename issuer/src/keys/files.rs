//! Reads the files of the keys directory.

use std::path::Path;

use verifier_core::{KeySet, PublicKey};
use zeroize::Zeroizing;

use super::error::{InvalidKey, KeysError};
use super::signing_key::SigningKey;
use crate::key_file::{self, KeyFileError};

/// Reads a private key; `kid` is its expected thumbprint.
pub(super) fn read_private(path: &Path, kid: Option<&str>) -> Result<SigningKey, KeysError> {
    let text = read_text(path, true)?;
    let checked = SigningKey::from_pem(&text).and_then(|key| match kid {
        Some(kid) if kid != key.kid() => Err(InvalidKey::Misnamed(key.kid().to_owned())),
        _ => Ok(key),
    });
    checked.map_err(|source| KeysError::Unusable { path: path.to_owned(), source })
}

pub(super) fn read_public(path: &Path) -> Result<PublicKey, KeysError> {
    let text = read_text(path, false)?;
    let first = |set: KeySet| set.keys().first().cloned().ok_or(InvalidKey::NoKey);
    KeySet::from_pem(&text)
        .map_err(InvalidKey::from)
        .and_then(first)
        .map_err(|source| KeysError::Unusable { path: path.to_owned(), source })
}

/// Reads a public key and checks its thumbprint.
pub(super) fn read_public_named(path: &Path, kid: &str) -> Result<PublicKey, KeysError> {
    let key = read_public(path)?;
    let thumbprint = key.thumbprint();
    if thumbprint == kid {
        Ok(key)
    } else {
        let source = InvalidKey::Misnamed(thumbprint);
        Err(KeysError::Unusable { path: path.to_owned(), source })
    }
}

/// Reads a text; a secret one must be closed to other users.
pub(super) fn read_text(path: &Path, is_secret: bool) -> Result<Zeroizing<String>, KeysError> {
    let path = path.to_owned();
    key_file::read(&path, is_secret).map_err(|error| match error {
        KeyFileError::Missing => KeysError::FileMissing(path),
        KeyFileError::Unreadable(source) => KeysError::Read { path, source },
        KeyFileError::Exposed(mode) => KeysError::Exposed { path, mode },
        KeyFileError::TooLarge => KeysError::Unusable { path, source: InvalidKey::TooLarge },
    })
}
