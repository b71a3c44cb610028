//! Changes of the keys directory: generating, rotating, retiring and removing keys.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

use chrono::{DateTime, TimeDelta, Utc};
use verifier_core::PublicKey;

use super::access::{is_writable, lock};
use super::directory::{
    KEYRING, KeyDirectory, PLAIN_PRIVATE, PLAIN_PUBLIC, private_name, public_name,
};
use super::error::{InvalidKey, KeysError};
use super::files::read_public;
use super::keyring::{Keyring, RingError};
use super::signing_key::{KeyBits, SigningKey};
use crate::model::KeyState;

const PRIVATE_MODE: u32 = 0o600;
const PUBLIC_MODE: u32 = 0o644;
const DIRECTORY_MODE: u32 = 0o755;

/// Result of [`KeyDirectory::generate`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Generated {
    /// A key was generated.
    New {
        /// The key's id.
        kid: String,
        /// Active if it is the only key, otherwise published.
        state: KeyState,
    },
    /// There is an active key, and no other was wanted.
    AlreadyExists {
        /// The active key's id.
        kid: String,
    },
}

impl KeyDirectory {
    /// Generates a key: active if there is no other, otherwise only published.
    ///
    /// With `only_if_missing`, an existing active key is checked and left alone, even where
    /// nothing can be written. A Django project's key is first added to the ring as the active
    /// one; its own files stay as they are.
    ///
    /// # Errors
    /// When the directory cannot be written, or its content is damaged. Existing keys are never
    /// overwritten.
    pub fn generate(
        &self,
        bits: KeyBits,
        only_if_missing: bool,
        now: DateTime<Utc>,
    ) -> Result<Generated, KeysError> {
        if only_if_missing && let Some(kid) = self.complete_key()? {
            return Ok(Generated::AlreadyExists { kid });
        }
        let create = fs::DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(self.path());
        create.map_err(|source| KeysError::Write { path: self.path().to_owned(), source })?;
        let _lock = self.lock()?;
        let mut ring = match self.read_ring()? {
            Some(ring) => ring,
            None if self.file(PLAIN_PRIVATE).exists() => {
                let plain = self.load_plain()?;
                if only_if_missing {
                    return Ok(Generated::AlreadyExists { kid: plain.signing.kid().to_owned() });
                }
                let mut ring = Keyring::default();
                self.write_pair(&plain.signing)?;
                ring.add(plain.signing.kid(), now);
                ring
            }
            None => Keyring::default(),
        };
        if only_if_missing && let Some(active) = ring.active() {
            let keys = self.load()?;
            self.complete_public_copy(&keys.signing)?;
            return Ok(Generated::AlreadyExists { kid: active.kid.clone() });
        }
        let key = SigningKey::generate(bits)
            .map_err(|source| KeysError::Generation { bits: bits.bits(), source })?;
        let becomes_active = ring.active().is_none();
        let copy = self.file(PLAIN_PUBLIC);
        if becomes_active && copy.exists() {
            return Err(KeysError::Unusable { path: copy, source: InvalidKey::WouldBeReplaced });
        }
        self.write_pair(&key)?;
        let state = ring.add(key.kid(), now);
        // Last, because it makes the key visible: a crash before leaves two unused files.
        self.write_ring(&ring)?;
        if becomes_active {
            self.complete_public_copy(&key)?;
        }
        Ok(Generated::New { kid: key.kid().to_owned(), state })
    }

    /// Activates the oldest published key and retires the active one; returns both kids, the new
    /// one first.
    ///
    /// `cached` is how long verifiers may cache a key set: the new key must have been published
    /// for that long. `None` does not check.
    ///
    /// # Errors
    /// [`RingError::NothingPublished`], [`RingError::TooYoung`], or a problem with the directory.
    pub fn rotate(
        &self,
        now: DateTime<Utc>,
        cached: Option<TimeDelta>,
    ) -> Result<(String, String), KeysError> {
        let _lock = self.lock()?;
        let mut ring = self.read_ring()?.ok_or(RingError::NothingPublished)?;
        let (new, old) = ring.rotate(now, cached)?;
        // Checked before the ring refers to it.
        let signing = self.private_key(&private_name(&new), Some(&new))?;
        let pem = signing.public_pem().map_err(|source| self.unusable(source.into()))?;
        self.write_ring(&ring)?;
        self.write(PLAIN_PUBLIC, pem.as_bytes(), PUBLIC_MODE)?;
        Ok((new, old))
    }

    /// Retires a published key, so that it never signs.
    ///
    /// # Errors
    /// [`RingError::Unknown`], [`RingError::Active`], or a problem with the directory.
    pub fn retire(&self, kid: &str, now: DateTime<Utc>) -> Result<(), KeysError> {
        let _lock = self.lock()?;
        let mut ring = self.read_ring()?.ok_or_else(|| RingError::Unknown(kid.to_owned()))?;
        ring.retire(kid, now)?;
        self.write_ring(&ring)
    }

    /// Removes a retired key and its files, including a Django project's `private.pem` if it is
    /// that key. Its tokens are refused from then on.
    ///
    /// `lifetime` is the longest lifetime of a token: the key must have been retired for that
    /// long. `None` does not check.
    ///
    /// # Errors
    /// [`RingError::NotRetired`], [`RingError::TokensLive`], and as [`Self::retire`].
    pub fn remove(
        &self,
        kid: &str,
        now: DateTime<Utc>,
        lifetime: Option<TimeDelta>,
    ) -> Result<(), KeysError> {
        let _lock = self.lock()?;
        let mut ring = self.read_ring()?.ok_or_else(|| RingError::Unknown(kid.to_owned()))?;
        ring.remove(kid, now, lifetime)?;
        let mut names = vec![private_name(kid), public_name(kid)];
        if self.plain_private_is(kid)? {
            names.push(PLAIN_PRIVATE.to_owned());
        }
        // First, so that an interruption leaves only unused files.
        self.write_ring(&ring)?;
        for name in names {
            let path = self.file(&name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(KeysError::Write { path, source: error });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns whether `private.pem`, which [`Self::generate`] may have added to the ring, is this
    /// key.
    fn plain_private_is(&self, kid: &str) -> Result<bool, KeysError> {
        match self.private_key(PLAIN_PRIVATE, None) {
            Ok(key) => Ok(key.kid() == kid),
            // It never signed here.
            Err(KeysError::FileMissing(_) | KeysError::Unusable { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns the active key's id. `None` if there is no key, or if its files are incomplete and
    /// can be completed.
    fn complete_key(&self) -> Result<Option<String>, KeysError> {
        let keys = match self.load() {
            Ok(keys) => keys,
            Err(KeysError::Missing(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_copy = |key: PublicKey| key.thumbprint() == keys.signing.kid();
        let is_complete = !self.file(KEYRING).exists()
            || read_public(&self.file(PLAIN_PUBLIC)).is_ok_and(is_copy);
        Ok((is_complete || !is_writable(self.path())).then(|| keys.signing.kid().to_owned()))
    }

    fn write_ring(&self, ring: &Keyring) -> Result<(), KeysError> {
        let json = serde_json::to_string_pretty(ring).expect("a ring is plain strings");
        self.write(KEYRING, json.as_bytes(), PUBLIC_MODE)
    }

    fn write_pair(&self, key: &SigningKey) -> Result<(), KeysError> {
        let private = key.private_pem().map_err(|source| self.unusable(source.into()))?;
        self.write(&private_name(key.kid()), private.as_bytes(), PRIVATE_MODE)?;
        let public = key.public_pem().map_err(|source| self.unusable(source.into()))?;
        self.write(&public_name(key.kid()), public.as_bytes(), PUBLIC_MODE)
    }

    /// Writes `public.pem` unless it is the active key's. An existing one is of a key of the ring:
    /// an interrupted rotation may have left it.
    fn complete_public_copy(&self, active: &SigningKey) -> Result<(), KeysError> {
        if read_public(&self.file(PLAIN_PUBLIC)).is_ok_and(|key| key.thumbprint() == active.kid()) {
            return Ok(());
        }
        let pem = active.public_pem().map_err(|source| self.unusable(source.into()))?;
        self.write(PLAIN_PUBLIC, pem.as_bytes(), PUBLIC_MODE)
    }

    /// Replaces a file atomically. It has its mode from the first byte on, and is on disk when
    /// this returns.
    fn write(&self, name: &str, bytes: &[u8], mode: u32) -> Result<(), KeysError> {
        let path = self.file(name);
        let write = || -> io::Result<()> {
            let mut builder = tempfile::Builder::new();
            builder.prefix(".new-");
            builder.permissions(fs::Permissions::from_mode(mode));
            let mut file = builder.tempfile_in(self.path())?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            File::open(self.path())?.sync_all()?;
            Ok(())
        };
        write().map_err(|source| KeysError::Write { path: path.clone(), source })
    }

    /// Prevents concurrent changes, which could lose a key.
    fn lock(&self) -> Result<File, KeysError> {
        self.refuse_writable()?;
        lock(&self.file(".lock"), self.lock_timeout)
    }
}
