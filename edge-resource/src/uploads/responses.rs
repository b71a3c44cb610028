//! Responses that the upload handlers share: the receipt of a file, and common errors.

use edge_auth::language::{Lang, Text};
use edge_auth::{Host, StoreError};
use http::StatusCode;
use serde::Serialize;

use crate::response::{self, Response};
use crate::storage::{Record, UploadId};

/// The role that may read and delete the files of others.
pub(crate) const ADMIN: &str = "admin";

/// A file in a response.
#[derive(Serialize)]
pub(super) struct Receipt<'a> {
    id: &'a str,
    filename: &'a str,
    size: u64,
    content_type: &'a str,
    sha256: &'a str,
    created_at: u64,
}

impl<'a> Receipt<'a> {
    pub(super) fn new(id: &'a UploadId, record: &'a Record) -> Self {
        let Record { filename, size, content_type, sha256, created_at, .. } = record;
        let (size, created_at) = (*size, *created_at);
        Self { id: id.as_str(), filename, size, content_type, sha256, created_at }
    }
}

/// Returns 403 for a token without `user_id`: the file would have no owner.
pub(super) fn user_id_missing(lang: Lang) -> Response {
    const TEXT: Text<'static> = Text {
        ko: "토큰에 사용자 정보가 없어 누구의 파일인지 알 수 없습니다",
        en: "The token does not say whose files these are",
    };
    response::localized_error(StatusCode::FORBIDDEN, TEXT, "user_id_missing", lang)
}

/// Logs a failure of the store, and returns 503.
pub(super) fn unavailable(error: &StoreError, lang: Lang, host: &impl Host) -> Response {
    const TEXT: Text<'static> = Text {
        ko: "지금은 파일을 저장하거나 읽을 수 없습니다",
        en: "Uploads are not available now",
    };
    host.log(format_args!("error: key-value store: {error}"));
    let code = "storage_unavailable";
    response::localized_error(StatusCode::SERVICE_UNAVAILABLE, TEXT, code, lang)
}
