//! Everything that is wrong with a keys directory, not only what keeps the issuer from starting.

use std::fs;

use super::access::writable_mode;
use super::directory::{PLAIN_PRIVATE, private_name};
use super::{KeyDirectory, KeyState, KeysError};
use crate::key_file::exposed_mode;

impl KeyDirectory {
    /// What is wrong: all of it, the worst first. Nothing is changed.
    #[must_use]
    pub fn examine(&self) -> Vec<KeysError> {
        let mut faults: Vec<KeysError> = self.load_files().err().into_iter().collect();
        // Others who can write there can exchange the keys.
        if let Some(mode) = writable_mode(self.path(), 0o022) {
            faults.push(KeysError::Writable { path: self.path().to_owned(), mode });
        }
        for key in self.read_ring().ok().flatten().into_iter().flat_map(|ring| ring.keys) {
            // The active one was loaded above; a retired one signs nothing, and its private half
            // may be gone.
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
            let is_named = faults.iter().any(
                |fault| matches!(fault, KeysError::Exposed { path: named, .. } if *named == path),
            );
            let exposed = || exposed_mode(&fs::metadata(&path).ok()?);
            if is_private
                && !is_named
                && let Some(mode) = exposed()
            {
                faults.push(KeysError::Exposed { path, mode });
            }
        }
    }
}
