//! Reading the files of the keys directory.

use std::path::Path;

use verifier_core::{KeySet, PublicKey};
use zeroize::Zeroizing;

use super::KeysError;
use crate::key_file::{self, KeyFileError};

pub(super) fn read_public(path: &Path) -> Result<PublicKey, KeysError> {
    let text = read_text(path, false)?;
    let unusable = |reason: String| KeysError::Unusable { path: path.to_owned(), reason };
    let set = KeySet::from_pem(&text).map_err(|error| unusable(error.to_string()))?;
    set.keys().first().cloned().ok_or_else(|| unusable("it holds no key".into()))
}

pub(super) fn read_text(path: &Path, secret: bool) -> Result<Zeroizing<String>, KeysError> {
    key_file::read(path, secret).map_err(|error| match error {
        KeyFileError::Missing => KeysError::FileMissing(path.to_owned()),
        KeyFileError::Unreadable(source) => KeysError::Read { path: path.to_owned(), source },
        KeyFileError::Exposed(mode) => KeysError::Exposed { path: path.to_owned(), mode },
        KeyFileError::TooLarge => KeysError::Unusable {
            path: path.to_owned(),
            reason: "it is far too large for a key file".into(),
        },
    })
}
