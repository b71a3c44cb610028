//! The records of files, their ids, and the keys under which they are stored.

use edge_auth::{Host, StoreError, VerifiedToken, hex, milliseconds};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(super) const RECORDS: &str = "upload/";
pub(super) const PENDING: &str = "pending/";
pub(super) const SIZES: &str = "size/";

/// The user to whom a file belongs: the claim `user_id` as text. A number and a string of the same
/// digits are the same user, as they are for the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner(String);

impl Owner {
    /// Returns the user of a token, if it names one.
    pub(crate) fn of(token: &VerifiedToken) -> Option<Self> {
        let claim = token.claim("user_id")?;
        let id =
            claim.as_str().map_or_else(|| claim.raw().to_string(), std::borrow::Cow::into_owned);
        (!id.is_empty()).then_some(Self(id))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the 16 hexadecimal digits with which the ids of this user's files begin.
    pub(super) fn prefix(&self) -> String {
        let hash = Sha256::digest(self.0.as_bytes());
        hex(hash.get(..8).unwrap_or_default())
    }
}

/// The id of an upload: owner, time and randomness in 48 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UploadId(String);

impl UploadId {
    const LENGTH: usize = 48;

    pub(super) fn new(owner: &Owner, host: &impl Host) -> Self {
        let random = host.random();
        let random = random.get(..10).unwrap_or_default();
        let time = milliseconds(host.now()) & 0xffff_ffff_ffff;
        Self(format!("{}{time:012x}{}", owner.prefix(), hex(random)))
    }

    /// Parses an id that a client sent.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == Self::LENGTH
            && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn record_key(&self) -> String {
        format!("{RECORDS}{}", self.0)
    }

    pub(super) fn pending_key(&self) -> String {
        format!("{PENDING}{}", self.0)
    }

    pub(super) fn size_prefix(&self) -> String {
        format!("{SIZES}{}/", self.0)
    }

    pub(super) fn size_key(&self, bytes: u64) -> String {
        format!("{}{bytes}", self.size_prefix())
    }

    pub(super) fn chunk_key(&self, index: u64) -> String {
        format!("chunk/{}/{index}", self.0)
    }
}

/// The stored metadata of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) owner: String,
    pub(crate) filename: String,
    pub(crate) content_type: String,
    pub(crate) size: u64,
    pub(crate) sha256: String,
    /// Seconds since the Unix epoch.
    pub(crate) created_at: u64,
}

impl Record {
    /// Loads the record of a file, if there is one.
    pub(crate) async fn load(id: &UploadId, host: &impl Host) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = host.load(&id.record_key()).await? else { return Ok(None) };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| StoreError(format!("{}: {error}", id.record_key())))
    }

    pub(crate) fn belongs_to(&self, owner: &Owner) -> bool {
        self.owner == owner.0
    }
}
