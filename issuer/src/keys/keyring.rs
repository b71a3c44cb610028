//! The list of keys and their states, as stored in `keyring.json`.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{KeyRecord, KeyState};

/// All keys that are not removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Keyring {
    pub(super) keys: Vec<KeyRecord>,
}

impl Keyring {
    /// Parses a ring. It has exactly one active key, and distinct kids that are safe as file names.
    pub(super) fn parse(json: &str) -> Result<Self, InvalidRing> {
        let ring: Self = serde_json::from_str(json)?;
        for (i, key) in ring.keys.iter().enumerate() {
            if !is_thumbprint(&key.kid) {
                return Err(InvalidRing::Kid(key.kid.clone()));
            }
            if ring.keys.iter().skip(i + 1).any(|other| other.kid == key.kid) {
                return Err(InvalidRing::Duplicate(key.kid.clone()));
            }
        }
        match ring.keys.iter().filter(|key| key.state == KeyState::Active).count() {
            1 => Ok(ring),
            count => Err(InvalidRing::Active(count)),
        }
    }

    pub(super) fn active(&self) -> Option<&KeyRecord> {
        self.keys.iter().find(|key| key.state == KeyState::Active)
    }

    /// Adds a key: active if no other is, and published otherwise. Returns its state, which does
    /// not change if the key is in the ring already.
    pub(super) fn add(&mut self, kid: &str, now: DateTime<Utc>) -> KeyState {
        if let Some(known) = self.keys.iter().find(|key| key.kid == kid) {
            return known.state;
        }
        let now = now.trunc_subsecs(0);
        let state = if self.active().is_none() { KeyState::Active } else { KeyState::Published };
        self.keys.push(KeyRecord {
            kid: kid.to_owned(),
            state,
            created_at: now,
            activated_at: (state == KeyState::Active).then_some(now),
            retired_at: None,
        });
        state
    }

    /// Makes the oldest published key active and retires the previous one; returns both kids.
    pub(super) fn rotate(
        &mut self,
        now: DateTime<Utc>,
        cached: Option<TimeDelta>,
    ) -> Result<(String, String), RingError> {
        let now = now.trunc_subsecs(0);
        let next = self
            .keys
            .iter_mut()
            .filter(|key| key.state == KeyState::Published)
            .min_by_key(|key| key.created_at)
            .ok_or(RingError::NothingPublished)?;
        let age = now - next.created_at;
        if let Some(cached) = cached.filter(|cached| age < *cached) {
            let (seconds, needed) = (age.num_seconds(), cached.num_seconds());
            return Err(RingError::TooYoung { kid: next.kid.clone(), seconds, needed });
        }
        let new = next.kid.clone();
        let mut old = String::new();
        for key in &mut self.keys {
            if key.kid == new {
                key.state = KeyState::Active;
                key.activated_at = Some(now);
            } else if key.state == KeyState::Active {
                key.state = KeyState::Retired;
                key.retired_at = Some(now);
                old.clone_from(&key.kid);
            }
        }
        Ok((new, old))
    }

    /// Retires a published key, so that it never signs.
    pub(super) fn retire(&mut self, kid: &str, now: DateTime<Utc>) -> Result<(), RingError> {
        let key = self
            .keys
            .iter_mut()
            .find(|key| key.kid == kid)
            .ok_or_else(|| RingError::Unknown(kid.to_owned()))?;
        match key.state {
            KeyState::Active => Err(RingError::Active(kid.to_owned())),
            KeyState::Retired => Ok(()),
            KeyState::Published => {
                key.state = KeyState::Retired;
                key.retired_at = Some(now.trunc_subsecs(0));
                Ok(())
            }
        }
    }

    /// Removes a retired key.
    pub(super) fn remove(
        &mut self,
        kid: &str,
        now: DateTime<Utc>,
        lifetime: Option<TimeDelta>,
    ) -> Result<(), RingError> {
        let key = self
            .keys
            .iter()
            .find(|key| key.kid == kid)
            .ok_or_else(|| RingError::Unknown(kid.to_owned()))?;
        match key.state {
            KeyState::Active => return Err(RingError::Active(kid.to_owned())),
            KeyState::Published => return Err(RingError::NotRetired(kid.to_owned())),
            KeyState::Retired => {}
        }
        // A key that never signed has no tokens.
        let age =
            key.activated_at.and(key.retired_at).map(|retired| now.trunc_subsecs(0) - retired);
        if let (Some(age), Some(lifetime)) = (age, lifetime)
            && age < lifetime
        {
            let (seconds, needed) = (age.num_seconds(), lifetime.num_seconds());
            return Err(RingError::TokensLive { kid: kid.to_owned(), seconds, needed });
        }
        self.keys.retain(|key| key.kid != kid);
        Ok(())
    }
}

/// A text is not a ring that the issuer wrote.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRing {
    /// It is not JSON of the right structure.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A key id is not a thumbprint.
    #[error("{0:?} is not a key id")]
    Kid(String),
    /// A key is listed twice.
    #[error("the key {0} is listed twice")]
    Duplicate(String),
    /// This many keys are active.
    #[error("exactly one key must be active, not {0}")]
    Active(usize),
}

/// A key cannot change its state now. Each message is one line with an advice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// No key is published.
    #[error(
        "no key is published: run `issuer keys generate`, and rotate when verifiers have had time \
         to fetch it"
    )]
    NothingPublished,
    /// Verifiers may still cache a key set without the key.
    #[error(
        "the key {kid} was published {seconds} seconds ago and verifiers may cache the keys for \
         {needed}: wait, or add --force"
    )]
    TooYoung {
        /// The key.
        kid: String,
        /// Seconds since it was published.
        seconds: i64,
        /// Seconds that a key set may be cached.
        needed: i64,
    },
    /// There is no such key.
    #[error("there is no key {0}: see `issuer keys list`")]
    Unknown(String),
    /// The key is active.
    #[error("the key {0} is active: run `issuer keys rotate` first")]
    Active(String),
    /// The key was never retired.
    #[error("the key {0} is published: run `issuer keys retire {0}` first")]
    NotRetired(String),
    /// Tokens that the key signed may still be valid.
    #[error(
        "the key {kid} was retired {seconds} seconds ago and tokens that it signed may live for \
         {needed}: wait, or add --force"
    )]
    TokensLive {
        /// The key.
        kid: String,
        /// Seconds since it was retired.
        seconds: i64,
        /// Seconds that a token may be valid.
        needed: i64,
    },
}

/// Returns whether the text is a SHA-256 digest in base64url: 43 characters, none of which can lead
/// out of the keys directory.
fn is_thumbprint(kid: &str) -> bool {
    kid.len() == 43 && kid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

    fn ring(keys: &[(&str, &str)]) -> String {
        let keys: Vec<String> = keys
            .iter()
            .map(|(kid, state)| {
                format!(
                    r#"{{"kid":"{kid}","state":"{state}","created_at":"2026-01-01T00:00:00Z"}}"#
                )
            })
            .collect();
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    #[test]
    fn a_damaged_ring_is_refused_with_a_reason() {
        let b = A.replace('N', "M");
        let cases = [
            (String::from("{"), "EOF"),
            (ring(&[]), "exactly one key must be active, not 0"),
            (ring(&[(A, "active"), (&b, "active")]), "exactly one key must be active, not 2"),
            (ring(&[(A, "active"), (A, "retired")]), "listed twice"),
            (ring(&[("../../etc/passwd", "active")]), "is not a key id"),
            (ring(&[(A, "stolen")]), "unknown variant"),
        ];
        for (json, reason) in cases {
            let error = Keyring::parse(&json).expect_err(&json).to_string();
            assert!(error.contains(reason), "{json}: {error}");
        }
    }

    #[test]
    fn a_key_changes_its_states_in_order_and_not_too_soon() {
        let b = A.replace('N', "M");
        let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("a time");
        let (cached, lifetime) = (Some(TimeDelta::seconds(300)), Some(TimeDelta::seconds(1_000)));
        let mut ring = Keyring::default();
        ring.add(A, at(0));
        assert_eq!(ring.rotate(at(0), cached), Err(RingError::NothingPublished));
        ring.add(&b, at(100));
        let too_young = RingError::TooYoung { kid: b.clone(), seconds: 299, needed: 300 };
        assert_eq!(ring.rotate(at(399), cached), Err(too_young));
        assert_eq!(ring.retire(A, at(400)), Err(RingError::Active(A.into())));
        assert_eq!(ring.remove(A, at(400), lifetime), Err(RingError::Active(A.into())));
        assert_eq!(ring.remove(&b, at(400), lifetime), Err(RingError::NotRetired(b.clone())));
        assert_eq!(ring.rotate(at(400), cached), Ok((b.clone(), A.to_owned())));
        let states: Vec<_> = ring.keys.iter().map(|key| key.state).collect();
        assert_eq!(states, [KeyState::Retired, KeyState::Active]);
        let live = RingError::TokensLive { kid: A.into(), seconds: 999, needed: 1_000 };
        assert_eq!(ring.remove(A, at(1_399), lifetime), Err(live));
        assert_eq!(ring.remove(A, at(1_400), lifetime), Ok(()));
        assert_eq!(ring.remove(A, at(1_400), lifetime), Err(RingError::Unknown(A.into())));
        ring.add(A, at(1_500));
        assert_eq!(ring.retire(A, at(1_500)), Ok(()));
        assert_eq!(ring.remove(A, at(1_500), lifetime), Ok(()), "it never signed");
        assert_eq!(ring.keys.len(), 1);
    }

    #[test]
    fn the_first_key_signs_and_the_second_is_only_published() {
        let mut ring = Keyring::default();
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(ring.add(A, now), KeyState::Active);
        assert_eq!(ring.add(&A.replace('N', "M"), now), KeyState::Published);
        assert_eq!(ring.add(A, now), KeyState::Active);
        assert_eq!(ring.keys.len(), 2);
        let json = serde_json::to_string(&ring).expect("a ring is JSON");
        assert_eq!(Keyring::parse(&json).expect("its own output"), ring);
    }
}
