//! The keys directory, and loading keys from it.
//!
//! It has one of two layouts. The issuer's: `keyring.json`, `<kid>.private.pem` and
//! `<kid>.public.pem` for each key, and `public.pem`, a copy of the active key's public half. A
//! Django project's: only `private.pem` and `public.pem`.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::DateTime;
use verifier_core::{KeySet, PublicKey};

use super::access::writable_mode;
use super::error::{InvalidKey, KeysError};
use super::files::{read_private, read_public, read_public_named, read_text};
use super::issuer_keys::IssuerKeys;
use super::jwks::Jwks;
use super::keyring::Keyring;
use super::signing_key::SigningKey;
use crate::model::{KeyRecord, KeyState};

pub(super) const KEYRING: &str = "keyring.json";
/// The private key in a Django project's layout.
pub(super) const PLAIN_PRIVATE: &str = "private.pem";
pub(super) const PLAIN_PUBLIC: &str = "public.pem";
/// Far longer than the generation of a key.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// A directory with the issuer's keys.
#[derive(Debug, Clone)]
pub struct KeyDirectory {
    path: PathBuf,
    pub(super) lock_timeout: Duration,
}

impl KeyDirectory {
    /// Names the directory; reads nothing.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), lock_timeout: LOCK_TIMEOUT }
    }

    /// Sets how long to wait for another process that changes the keys; 30 s by default.
    #[must_use]
    pub fn with_lock_timeout(self, lock_timeout: Duration) -> Self {
        Self { lock_timeout, ..self }
    }

    /// Returns the path of the directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Loads every key, and checks names, pairs and modes.
    ///
    /// # Errors
    /// The first problem, see [`KeysError`].
    pub fn load(&self) -> Result<IssuerKeys, KeysError> {
        self.refuse_writable()?;
        self.load_files()
    }

    pub(super) fn load_files(&self) -> Result<IssuerKeys, KeysError> {
        let Some(ring) = self.read_ring()? else { return self.load_plain() };
        let active = ring.active().ok_or_else(|| KeysError::Missing(self.path.clone()))?;
        let signing = self.private_key(&private_name(&active.kid), Some(&active.kid))?;
        let mut public = Vec::with_capacity(ring.keys.len());
        let mut signed = Vec::with_capacity(ring.keys.len());
        for record in &ring.keys {
            let key = self.public_key(&record.kid)?;
            if record.has_signed() {
                signed.push(key.clone());
            }
            public.push(key);
        }
        // During a rotation, or after an interrupted one, the copy is of another key of the ring.
        match self.check_pair(PLAIN_PUBLIC, &private_name(&active.kid), &signing) {
            Err(KeysError::PairMismatch { .. }) if self.public_copy_is_of(&ring) => {}
            checked => checked?,
        }
        let mut keys = self.issuer_keys(signing, &public, &signed)?;
        keys.active_since = active.activated_at;
        Ok(keys)
    }

    /// Returns the modification time and inode of the file that lists the keys, which differ
    /// whenever the keys may have changed.
    #[must_use]
    pub fn version(&self) -> Option<(SystemTime, u64)> {
        let metadata = fs::metadata(self.file(KEYRING))
            .or_else(|_| fs::metadata(self.file(PLAIN_PRIVATE)))
            .ok()?;
        Some((metadata.modified().ok()?, metadata.ino()))
    }

    /// Loads the public keys. Reads a private key only where its public half is missing.
    ///
    /// # Errors
    /// The first problem, see [`KeysError`].
    pub fn public_keys(&self) -> Result<KeySet, KeysError> {
        self.refuse_writable()?;
        let public = match self.read_ring()? {
            Some(ring) => ring
                .keys
                .iter()
                .map(|record| self.public_key(&record.kid))
                .collect::<Result<Vec<_>, _>>()?,
            None if self.file(PLAIN_PUBLIC).exists() => {
                vec![read_public(&self.file(PLAIN_PUBLIC))?]
            }
            None => return Ok(self.load_plain()?.jwks.keys().clone()),
        };
        Ok(self.publish(&public)?.keys().clone())
    }

    /// Returns the records of all keys, oldest first. A Django project's single key is active and
    /// has no times.
    ///
    /// # Errors
    /// When the ring is damaged, or there are no keys.
    pub fn list(&self) -> Result<Vec<KeyRecord>, KeysError> {
        if let Some(ring) = self.read_ring()? {
            return Ok(ring.keys);
        }
        let kid = self.load_plain()?.signing.kid().to_owned();
        let created_at = DateTime::UNIX_EPOCH;
        Ok(vec![KeyRecord {
            kid,
            state: KeyState::Active,
            created_at,
            activated_at: None,
            retired_at: None,
        }])
    }

    /// Refuses a directory that all users can write: they could exchange the keys.
    pub(super) fn refuse_writable(&self) -> Result<(), KeysError> {
        match writable_mode(&self.path, 0o002) {
            Some(mode) => Err(KeysError::Writable { path: self.path.clone(), mode }),
            None => Ok(()),
        }
    }

    /// Loads the keys of a Django project's layout.
    pub(super) fn load_plain(&self) -> Result<IssuerKeys, KeysError> {
        if !self.file(PLAIN_PRIVATE).exists() {
            return Err(KeysError::Missing(self.path.clone()));
        }
        let signing = self.private_key(PLAIN_PRIVATE, None)?;
        self.check_pair(PLAIN_PUBLIC, PLAIN_PRIVATE, &signing)?;
        let public = [signing.public().clone()];
        self.issuer_keys(signing, &public, &public)
    }

    fn issuer_keys(
        &self,
        signing: SigningKey,
        public: &[PublicKey],
        signed: &[PublicKey],
    ) -> Result<IssuerKeys, KeysError> {
        let jwks = self.publish(public)?;
        IssuerKeys::new(signing, jwks, signed).map_err(|source| self.unusable(source))
    }

    fn publish(&self, public: &[PublicKey]) -> Result<Jwks, KeysError> {
        Jwks::publish(public).map_err(|error| self.unusable(error.into()))
    }

    /// Reads `keyring.json`; `None` if there is none.
    pub(super) fn read_ring(&self) -> Result<Option<Keyring>, KeysError> {
        let path = self.file(KEYRING);
        match read_text(&path, false) {
            Ok(json) => Keyring::parse(&json)
                .map(Some)
                .map_err(|source| KeysError::Keyring { path, source }),
            Err(KeysError::FileMissing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a private key; `kid` is its expected thumbprint.
    pub(super) fn private_key(
        &self,
        name: &str,
        kid: Option<&str>,
    ) -> Result<SigningKey, KeysError> {
        read_private(&self.file(name), kid)
    }

    fn public_key(&self, kid: &str) -> Result<PublicKey, KeysError> {
        read_public_named(&self.file(&public_name(kid)), kid)
    }

    /// Refuses an existing public file of another key: services that copied it would refuse every
    /// token.
    fn check_pair(&self, public: &str, private: &str, key: &SigningKey) -> Result<(), KeysError> {
        match read_public(&self.file(public)) {
            Ok(half) if half.thumbprint() == key.kid() => Ok(()),
            Ok(_) => Err(KeysError::PairMismatch {
                public: self.file(public),
                private: self.file(private),
            }),
            Err(KeysError::FileMissing(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn public_copy_is_of(&self, ring: &Keyring) -> bool {
        let copy = read_public(&self.file(PLAIN_PUBLIC)).map(|key| key.thumbprint());
        copy.is_ok_and(|kid| ring.keys.iter().any(|key| key.kid == kid))
    }

    pub(super) fn unusable(&self, source: InvalidKey) -> KeysError {
        KeysError::Unusable { path: self.path.clone(), source }
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

pub(super) fn private_name(kid: &str) -> String {
    format!("{kid}.private.pem")
}

pub(super) fn public_name(kid: &str) -> String {
    format!("{kid}.public.pem")
}
