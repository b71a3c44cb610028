//! Everything that is wrong with a keys directory, not only what keeps the issuer from starting.

use std::fs;
use std::path::Path;

use super::directory::{PLAIN_PRIVATE, private_name};
use super::{KeyDirectory, KeyState, KeysError};

impl KeyDirectory {
    /// What is wrong: all of it, the worst first. Nothing is changed.
    #[must_use]
    pub fn examine(&self) -> Vec<KeysError> {
        let mut faults: Vec<KeysError> = self.load().err().into_iter().collect();
        // Others who can write there can exchange the keys.
        if let Some(mode) = mode(self.path()).filter(|mode| mode & 0o022 != 0) {
            faults.push(KeysError::Writable { path: self.path().to_owned(), mode });
        }
        for key in self.read_ring().ok().flatten().into_iter().flat_map(|ring| ring.keys) {
            // The active one was loaded above; a retired one signs nothing, and its private half may be gone.
            match self.private_key(&private_name(&key.kid), Some(&key.kid)) {
                Err(KeysError::FileMissing(_)) if key.state == KeyState::Retired => {}
                Err(fault) if key.state != KeyState::Active => faults.push(fault),
                _ => {}
            }
        }
        self.exposed_leftovers(&mut faults);
        faults
    }

    /// Private keys that are no longer in the ring, and that others can read.
    fn exposed_leftovers(&self, faults: &mut Vec<KeysError>) {
        for entry in fs::read_dir(self.path()).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_private = entry.file_name().to_string_lossy().ends_with(PLAIN_PRIVATE);
            let is_named =
                faults.iter().any(|fault| matches!(fault, KeysError::Exposed { path: named, .. } if *named == path));
            if let Some(mode) = mode(&path).filter(|mode| is_private && !is_named && mode & 0o077 != 0) {
                faults.push(KeysError::Exposed { path, mode });
            }
        }
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    let metadata = fs::metadata(path).ok()?;
    Some(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777)
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}
