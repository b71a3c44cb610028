use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// State of a key, in the order of its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// In the JWKS so that verifiers learn it, but not signing yet.
    Published,
    /// Signs new tokens. Exactly one key is active.
    Active,
    /// No longer signs; tokens it signed still verify.
    Retired,
}

impl KeyState {
    /// Returns the name used in `keyring.json`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }
}

/// The record of one key: its state and when it entered each state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// RFC 7638 thumbprint of the public key; the token header's `kid`, and the stem of the file
    /// names.
    pub kid: String,
    /// The current use of the key.
    pub state: KeyState,
    /// When the key was added.
    pub created_at: DateTime<Utc>,
    /// When the key began to sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<DateTime<Utc>>,
    /// When the key stopped signing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<DateTime<Utc>>,
}

impl KeyRecord {
    /// Returns whether tokens of this key can exist: it signs, or did before it was retired.
    #[must_use]
    pub fn has_signed(&self) -> bool {
        self.state == KeyState::Active
            || self.state == KeyState::Retired && self.activated_at.is_some()
    }
}
