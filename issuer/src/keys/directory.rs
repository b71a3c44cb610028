//! The keys directory: reading it at start, adding keys to it.
//!
//! Two layouts are understood. Ours: `keyring.json` with `<kid>.private.pem` and
//! `<kid>.public.pem` for each key, and `public.pem`, a copy of the active key's public half. And
//! a Django project's: just `private.pem` and `public.pem`.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use verifier_core::{KeySet, PublicKey};

use super::access::{is_writable, lock, writable_mode};
use super::files::{read_public, read_text};
use super::keyring::{Keyring, RingError};
use super::{IssuerKeys, Jwks, KeyBits, KeyEntry, KeyState, KeysError, SigningKey};

const KEYRING: &str = "keyring.json";
pub(super) const PLAIN_PRIVATE: &str = "private.pem";
const PLAIN_PUBLIC: &str = "public.pem";
const PRIVATE_MODE: u32 = 0o600;
const PUBLIC_MODE: u32 = 0o644;
const DIRECTORY_MODE: u32 = 0o755;
/// Far above the time in which a key is made.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);

/// A directory that holds the issuer's keys.
#[derive(Debug, Clone)]
pub struct KeyDirectory {
    path: PathBuf,
    lock_patience: Duration,
}

/// What `keys generate` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Generated {
    /// A key was made and is now in this state.
    New {
        /// The key's id.
        kid: String,
        /// Active when it is the only key, published otherwise.
        state: KeyState,
    },
    /// There was an active key already, and none was wanted beside it.
    AlreadyThere {
        /// The active key's id.
        kid: String,
    },
}

impl KeyDirectory {
    /// The directory at `path`; nothing is read yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), lock_patience: LOCK_PATIENCE }
    }

    /// Waits so long for another process that changes the keys; 30 s unless it is set.
    #[must_use]
    pub fn with_lock_patience(self, lock_patience: Duration) -> Self {
        Self { lock_patience, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Loads every key and checks that names, halves and modes are right.
    ///
    /// # Errors
    /// The first thing that is wrong, see [`KeysError`].
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
        for entry in &ring.keys {
            let key = self.public_key(&entry.kid)?;
            if entry.has_signed() {
                signed.push(key.clone());
            }
            public.push(key);
        }
        // Another key of the ring is what a rotation leaves for a moment, or when it was
        // interrupted.
        match self.check_pair(PLAIN_PUBLIC, &private_name(&active.kid), &signing) {
            Err(KeysError::PairMismatch { .. }) if self.public_copy_is_of(&ring) => {}
            checked => checked?,
        }
        let active_since = active.activated_at;
        Ok(IssuerKeys { active_since, ..self.issuer_keys(signing, &public, &signed)? })
    }

    /// Makes the oldest published key sign, and retires the one that did; returns their ids, the
    /// new one first.
    ///
    /// Verifiers must have had time to fetch the new key: `cached` is how long they may keep a key
    /// set without it; `None` does not wait for them.
    ///
    /// # Errors
    /// [`RingError::NothingPublished`], [`RingError::TooYoung`], or what is wrong with the
    /// directory.
    pub fn rotate(
        &self,
        now: DateTime<Utc>,
        cached: Option<TimeDelta>,
    ) -> Result<(String, String), KeysError> {
        let _lock = self.lock()?;
        let mut ring = self.read_ring()?.ok_or(RingError::NothingPublished)?;
        let (new, old) = ring.rotate(now, cached)?;
        // Checked before anything points to it.
        let signing = self.private_key(&private_name(&new), Some(&new))?;
        self.write_ring(&ring)?;
        let pem =
            signing.public_pem().map_err(|_| KeysError::Generation(signing.public().bits()))?;
        self.write(PLAIN_PUBLIC, pem.as_bytes(), PUBLIC_MODE)?;
        Ok((new, old))
    }

    /// Retires a published key, so that it will never sign.
    ///
    /// # Errors
    /// [`RingError::Unknown`], [`RingError::Active`], or what is wrong with the directory.
    pub fn retire(&self, kid: &str, now: DateTime<Utc>) -> Result<(), KeysError> {
        let _lock = self.lock()?;
        let mut ring = self.read_ring()?.ok_or_else(|| RingError::Unknown(kid.to_owned()))?;
        ring.retire(kid, now)?;
        self.write_ring(&ring)
    }

    /// Removes a retired key and its files, a Django project's `private.pem` too when it is that
    /// key. Tokens that it signed are refused from then on: `lifetime` is how long one may live
    /// after the key was retired; `None` does not wait.
    ///
    /// # Errors
    /// As [`Self::retire`], [`RingError::NotRetired`], [`RingError::TokensLive`].
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
        self.write_ring(&ring)?;
        // Out of the ring first: an interruption leaves files that nothing refers to.
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

    /// Changes whenever the keys may have changed: the time and place of the file that says which
    /// there are.
    #[must_use]
    pub fn version(&self) -> Option<(SystemTime, u64)> {
        let metadata = fs::metadata(self.file(KEYRING))
            .or_else(|_| fs::metadata(self.file(PLAIN_PRIVATE)))
            .ok()?;
        Some((metadata.modified().ok()?, metadata.ino()))
    }

    /// Whether `private.pem`, from which [`Self::generate`] took a Django project's key into the
    /// ring, is this key.
    fn plain_private_is(&self, kid: &str) -> Result<bool, KeysError> {
        match self.private_key(PLAIN_PRIVATE, None) {
            Ok(key) => Ok(key.kid() == kid),
            // Nothing that ever signed here.
            Err(KeysError::FileMissing(_) | KeysError::Unusable { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn public_copy_is_of(&self, ring: &Keyring) -> bool {
        let copy = read_public(&self.file(PLAIN_PUBLIC)).map(|key| key.thumbprint());
        copy.is_ok_and(|kid| ring.keys.iter().any(|key| key.kid == kid))
    }

    fn write_ring(&self, ring: &Keyring) -> Result<(), KeysError> {
        let json = serde_json::to_string_pretty(ring).expect("a ring is plain strings");
        self.write(KEYRING, json.as_bytes(), PUBLIC_MODE)
    }

    /// What verifies, without touching a private key where the public half is there.
    ///
    /// # Errors
    /// The first thing that is wrong, see [`KeysError`].
    pub fn public_keys(&self) -> Result<KeySet, KeysError> {
        self.refuse_writable()?;
        let public = match self.read_ring()? {
            Some(ring) => ring
                .keys
                .iter()
                .map(|entry| self.public_key(&entry.kid))
                .collect::<Result<Vec<_>, _>>()?,
            None if self.file(PLAIN_PUBLIC).exists() => {
                vec![read_public(&self.file(PLAIN_PUBLIC))?]
            }
            None => return Ok(self.load_plain()?.jwks.keys().clone()),
        };
        Ok(self.publish(&public)?.keys().clone())
    }

    /// The keys of the ring, oldest first. A Django project's single key counts as active, without
    /// times.
    ///
    /// # Errors
    /// When the ring is damaged, or there are no keys.
    pub fn list(&self) -> Result<Vec<KeyEntry>, KeysError> {
        if let Some(ring) = self.read_ring()? {
            return Ok(ring.keys);
        }
        let kid = self.load_plain()?.signing.kid().to_owned();
        let created_at = DateTime::UNIX_EPOCH;
        Ok(vec![KeyEntry {
            kid,
            state: KeyState::Active,
            created_at,
            activated_at: None,
            retired_at: None,
        }])
    }

    /// Makes a new key. It becomes active when there is no other, and is only published beside an
    /// active one.
    ///
    /// With `only_if_missing`, an active key that is there already is checked and left alone, also
    /// where nothing can be written. A Django project's key is taken into the ring as the active
    /// one first; its own files stay as they are.
    ///
    /// # Errors
    /// When the directory cannot be written, or what is in it is damaged. Existing keys are never
    /// overwritten.
    pub fn generate(
        &self,
        bits: KeyBits,
        only_if_missing: bool,
        now: DateTime<Utc>,
    ) -> Result<Generated, KeysError> {
        if only_if_missing && let Some(kid) = self.complete_key()? {
            return Ok(Generated::AlreadyThere { kid });
        }
        let create = fs::DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(&self.path);
        create.map_err(|source| KeysError::Write { path: self.path.clone(), source })?;
        let _lock = self.lock()?;
        let mut ring = match self.read_ring()? {
            Some(ring) => ring,
            None if self.file(PLAIN_PRIVATE).exists() => {
                let plain = self.load_plain()?;
                if only_if_missing {
                    return Ok(Generated::AlreadyThere { kid: plain.signing.kid().to_owned() });
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
            return Ok(Generated::AlreadyThere { kid: active.kid.clone() });
        }
        let key = SigningKey::generate(bits).map_err(|_| KeysError::Generation(bits.bits()))?;
        let becomes_active = ring.active().is_none();
        if becomes_active && self.file(PLAIN_PUBLIC).exists() {
            return Err(KeysError::Unusable {
                path: self.file(PLAIN_PUBLIC),
                reason: "its private key is not here and the new key would replace it; move it away first".into(),
            });
        }
        self.write_pair(&key)?;
        let state = ring.add(key.kid(), now);
        // Only now does the key exist for a reader: a crash before this line leaves two files that
        // nothing refers to.
        self.write_ring(&ring)?;
        if becomes_active {
            self.complete_public_copy(&key)?;
        }
        Ok(Generated::New { kid: key.kid().to_owned(), state })
    }

    /// The active key, unless there is none or its files have to be completed and can be.
    fn complete_key(&self) -> Result<Option<String>, KeysError> {
        let keys = match self.load() {
            Ok(keys) => keys,
            Err(KeysError::Missing(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_copy = |key: PublicKey| key.thumbprint() == keys.signing.kid();
        let is_complete = !self.file(KEYRING).exists()
            || read_public(&self.file(PLAIN_PUBLIC)).is_ok_and(is_copy);
        Ok((is_complete || !is_writable(&self.path)).then(|| keys.signing.kid().to_owned()))
    }

    /// Refuses a directory in which all users can write: they could exchange the keys.
    fn refuse_writable(&self) -> Result<(), KeysError> {
        match writable_mode(&self.path, 0o002) {
            Some(mode) => Err(KeysError::Writable { path: self.path.clone(), mode }),
            None => Ok(()),
        }
    }

    fn load_plain(&self) -> Result<IssuerKeys, KeysError> {
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
        IssuerKeys::new(signing, jwks, signed)
            .map_err(|reason| KeysError::Unusable { path: self.path.clone(), reason })
    }

    fn publish(&self, public: &[PublicKey]) -> Result<Jwks, KeysError> {
        Jwks::publish(public).map_err(|error| KeysError::Unusable {
            path: self.path.clone(),
            reason: error.to_string(),
        })
    }

    pub(super) fn read_ring(&self) -> Result<Option<Keyring>, KeysError> {
        let path = self.file(KEYRING);
        match read_text(&path, false) {
            Ok(json) => Keyring::parse(&json)
                .map(Some)
                .map_err(|reason| KeysError::Keyring { path, reason }),
            Err(KeysError::FileMissing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a private key; `kid` is the thumbprint it must have.
    pub(super) fn private_key(
        &self,
        name: &str,
        kid: Option<&str>,
    ) -> Result<SigningKey, KeysError> {
        let path = self.file(name);
        let text = read_text(&path, true)?;
        match SigningKey::from_pem(&text) {
            Ok(key) if kid.is_none_or(|kid| kid == key.kid()) => Ok(key),
            Ok(key) => Err(KeysError::Unusable { reason: misnamed(key.kid()), path }),
            Err(reason) => Err(KeysError::Unusable { path, reason }),
        }
    }

    fn public_key(&self, kid: &str) -> Result<PublicKey, KeysError> {
        let path = self.file(&public_name(kid));
        let key = read_public(&path)?;
        if key.thumbprint() == kid {
            Ok(key)
        } else {
            Err(KeysError::Unusable { reason: misnamed(&key.thumbprint()), path })
        }
    }

    /// Refuses a public file that is there and is another key's: services that copied it would
    /// refuse every token.
    fn check_pair(&self, public: &str, private: &str, key: &SigningKey) -> Result<(), KeysError> {
        match read_public(&self.file(public)) {
            Ok(found) if found.thumbprint() == key.kid() => Ok(()),
            Ok(_) => Err(KeysError::PairMismatch {
                public: self.file(public),
                private: self.file(private),
            }),
            Err(KeysError::FileMissing(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn write_pair(&self, key: &SigningKey) -> Result<(), KeysError> {
        let unusable = |_| KeysError::Unusable {
            path: self.path.clone(),
            reason: "the key cannot be encoded".into(),
        };
        let private = key.private_pem().map_err(unusable)?;
        self.write(&private_name(key.kid()), private.as_bytes(), PRIVATE_MODE)?;
        let public = key.public_pem().map_err(unusable)?;
        self.write(&public_name(key.kid()), public.as_bytes(), PUBLIC_MODE)
    }

    /// Writes `public.pem` unless it is there as it should be. Called when it is absent or a key
    /// of the ring: an interrupted rotation may have left the one before.
    fn complete_public_copy(&self, active: &SigningKey) -> Result<(), KeysError> {
        if read_public(&self.file(PLAIN_PUBLIC)).is_ok_and(|key| key.thumbprint() == active.kid()) {
            return Ok(());
        }
        let unusable = |_| KeysError::Unusable {
            path: self.path.clone(),
            reason: "the key cannot be encoded".into(),
        };
        self.write(PLAIN_PUBLIC, active.public_pem().map_err(unusable)?.as_bytes(), PUBLIC_MODE)
    }

    /// Replaces a file in one step. It has its mode from the first byte on, and is on disk when
    /// this returns.
    fn write(&self, name: &str, bytes: &[u8], mode: u32) -> Result<(), KeysError> {
        let path = self.file(name);
        let write = || -> io::Result<()> {
            let mut builder = tempfile::Builder::new();
            builder.prefix(".new-");
            builder.permissions(fs::Permissions::from_mode(mode));
            let mut file = builder.tempfile_in(&self.path)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            File::open(&self.path)?.sync_all()?;
            Ok(())
        };
        write().map_err(|source| KeysError::Write { path: path.clone(), source })
    }

    /// Held while keys are added, so that two commands at once do not lose each other's key.
    fn lock(&self) -> Result<File, KeysError> {
        self.refuse_writable()?;
        lock(&self.file(".lock"), self.lock_patience)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

pub(super) fn private_name(kid: &str) -> String {
    format!("{kid}.private.pem")
}

fn public_name(kid: &str) -> String {
    format!("{kid}.public.pem")
}

fn misnamed(thumbprint: &str) -> String {
    format!(
        "its thumbprint is {thumbprint}, which is not the one in its name; restore it from a backup"
    )
}
