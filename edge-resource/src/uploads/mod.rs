//! Files that users upload, in the host's key-value store.
//!
//! A store has single keys and nothing that ties two of them together, so the order of writes is
//! what keeps it sound:
//!
//! 1. `pending/<id>` says that something begins;
//! 2. `chunk/<id>/<n>` hold the content; `size/<id>/<bytes>` counts it towards its user's
//!    [`quota`], where there is one before the content is stored;
//! 3. `upload/<id>` makes it a file: before, there is none, and after, it is whole;
//! 4. `pending/<id>` goes.
//!
//! Whatever ends in between leaves its `pending` key, by which [`sweep`] finds what is to be
//! removed. Deleting goes the same way: the record first, then the content. No key is ever read,
//! changed and written back, so no two requests can undo each other's work. Where the store has no
//! room for the `pending` key, deleting removes the record last instead.
//!
//! An id begins with a hash of its owner and the time in milliseconds, so that listing the keys
//! lists a user's files in order, those of the same millisecond in any. Ids had seconds there
//! before, which is less than any milliseconds: such files are listed as the older ones that they
//! are, those of the same second in any order. File names of clients are data; they never become
//! part of a key.

pub mod conditions;
pub mod download;
pub mod file_name;
pub mod form;
pub mod list;
pub mod parameters;
pub mod quota;
pub mod receive;
pub mod sweep;

use http::StatusCode;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use verifier_core::VerifiedToken;

use crate::hex::hex;
use crate::host::{Host, StoreError};
use crate::language;
use crate::response::{self, Response, Text};

/// Bytes of content under one key. A multiple of what hosts and databases move at a time, and
/// small enough to be held in memory for every request of an instance.
pub const CHUNK: usize = 256 * 1024;

/// Who a file belongs to: the claim `user_id`, as text. A number and a string of the same digits
/// are the same user, as they are for the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(String);

impl Owner {
    /// The token's user, if it names one.
    #[must_use]
    pub fn of(token: &VerifiedToken) -> Option<Self> {
        let claim = token.claim("user_id")?;
        let id =
            claim.as_str().map_or_else(|| claim.raw().to_string(), std::borrow::Cow::into_owned);
        (!id.is_empty()).then_some(Self(id))
    }

    /// What the ids of this user's files begin with: 16 hexadecimal digits.
    fn prefix(&self) -> String {
        let hash = Sha256::digest(self.0.as_bytes());
        hex(hash.get(..8).unwrap_or_default())
    }
}

/// 403: nobody could ever get the file back.
#[must_use]
pub fn user_id_missing(request: &Parts) -> Response {
    const TEXT: Text<'static> = Text {
        ko: "토큰에 사용자 정보가 없어 누구의 파일인지 알 수 없습니다",
        en: "The token does not say whose files these are",
    };
    response::localized_error(
        StatusCode::FORBIDDEN,
        TEXT,
        "user_id_missing",
        language::preferred(&request.headers),
    )
}

/// Names an upload: owner, time and chance, 48 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UploadId(String);

impl UploadId {
    const LENGTH: usize = 48;

    fn new(owner: &Owner, host: &impl Host) -> Self {
        let random = host.random();
        let random = random.get(..10).unwrap_or_default();
        Self(format!(
            "{}{:012x}{}",
            owner.prefix(),
            host.now_milliseconds() & 0xffff_ffff_ffff,
            hex(random)
        ))
    }

    /// An id that a client sent; nothing when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == Self::LENGTH
            && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| Self(text.to_owned()))
    }

    fn record_key(&self) -> String {
        format!("{RECORDS}{}", self.0)
    }

    fn pending_key(&self) -> String {
        format!("{PENDING}{}", self.0)
    }

    /// The beginning of the key that says how large the file is.
    fn size_prefix(&self) -> String {
        format!("{}{}/", quota::SIZES, self.0)
    }

    fn size_key(&self, bytes: u64) -> String {
        format!("{}{bytes}", self.size_prefix())
    }

    fn chunk_key(&self, index: u64) -> String {
        format!("chunk/{}/{index}", self.0)
    }
}

const RECORDS: &str = "upload/";
const PENDING: &str = "pending/";

/// What is kept about a file besides its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    owner: String,
    filename: String,
    content_type: String,
    size: u64,
    sha256: String,
    /// Seconds since the Unix epoch.
    created_at: u64,
}

/// What a client is told about a file.
#[derive(Serialize)]
pub struct Receipt<'a> {
    id: &'a str,
    filename: &'a str,
    size: u64,
    content_type: &'a str,
    sha256: &'a str,
    created_at: u64,
}

impl Record {
    /// Returns whether it stands for an input in which no file was chosen. White space names no
    /// file.
    fn is_blank(&self) -> bool {
        self.size == 0 && self.filename.trim().is_empty()
    }

    fn receipt<'a>(&'a self, id: &'a UploadId) -> Receipt<'a> {
        let Self { filename, size, content_type, sha256, created_at, .. } = self;
        Receipt { id: &id.0, filename, size: *size, content_type, sha256, created_at: *created_at }
    }

    async fn load(id: &UploadId, host: &impl Host) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = host.load(&id.record_key()).await? else { return Ok(None) };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| StoreError(format!("{}: {error}", id.record_key())))
    }
}

/// 503: the store cannot be used now. The reason is for the operator.
fn unavailable(error: &StoreError, request: &Parts, host: &impl Host) -> Response {
    const TEXT: Text<'static> = Text {
        ko: "지금은 파일을 저장하거나 읽을 수 없습니다",
        en: "Uploads are not available now",
    };
    host.log(format_args!("error: key-value store: {error}"));
    let lang = language::preferred(&request.headers);
    response::localized_error(StatusCode::SERVICE_UNAVAILABLE, TEXT, "storage_unavailable", lang)
}

/// 404, for files of others too: whether they exist is not told.
fn not_found() -> Response {
    response::error(StatusCode::NOT_FOUND, "Not Found", "upload_not_found")
}

#[cfg(test)]
mod tests;
