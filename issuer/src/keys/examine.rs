//! Reports every problem of a keys directory, not only those that prevent a start.

use std::fs;

use super::access::writable_mode;
use super::directory::{KeyDirectory, PLAIN_PRIVATE, private_name};
use super::error::KeysError;
use crate::key_file::exposed_mode;
use crate::model::KeyState;

impl KeyDirectory {
    /// Returns all problems, the worst first. Changes nothing.
    #[must_use]
    pub fn examine(&self) -> Vec<KeysError> {
        let mut problems: Vec<KeysError> = self.load_files().err().into_iter().collect();
        // Users who can write there can exchange the keys.
        if let Some(mode) = writable_mode(self.path(), 0o022) {
            problems.push(KeysError::Writable { path: self.path().to_owned(), mode });
        }
        for key in self.read_ring().ok().flatten().into_iter().flat_map(|ring| ring.keys) {
            // The active key was loaded above. A retired key signs nothing, so its private half may
            // be missing.
            match self.private_key(&private_name(&key.kid), Some(&key.kid)) {
                Err(KeysError::FileMissing(_)) if key.state == KeyState::Retired => {}
                Err(problem) if key.state != KeyState::Active => problems.push(problem),
                _ => {}
            }
        }
        self.exposed_leftovers(&mut problems);
        problems
    }

    /// Reports private keys outside the ring that other users can read.
    fn exposed_leftovers(&self, problems: &mut Vec<KeysError>) {
        for entry in fs::read_dir(self.path()).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_private = entry.file_name().to_string_lossy().ends_with(PLAIN_PRIVATE);
            let is_reported = problems.iter().any(|problem| {
                matches!(problem, KeysError::Exposed { path: known, .. } if *known == path)
            });
            let exposed = || exposed_mode(&fs::metadata(&path).ok()?);
            if is_private
                && !is_reported
                && let Some(mode) = exposed()
            {
                problems.push(KeysError::Exposed { path, mode });
            }
        }
    }
}
