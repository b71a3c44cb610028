//! Why an upload fails, and the response to it.

use edge_auth::language::{Lang, Text};
use edge_auth::{Host, StoreError};
use http::StatusCode;

use super::form::FormError;
use super::responses::unavailable;
use crate::limits::{FORM_OVERHEAD, Limits, MAX_FILE_NAME};
use crate::response::{self, Response};
use crate::storage::DraftError;
use edge_component::request_body::BodyError;

/// The field of the form that holds the file.
pub(super) const FIELD: &str = "file";

/// Why an upload fails.
pub(super) enum UploadError {
    Form(FormError),
    FileMissing,
    FileRepeated,
    FileTooLarge,
    NameTooLong,
    Quota,
    Store(StoreError),
}

impl From<FormError> for UploadError {
    fn from(error: FormError) -> Self {
        Self::Form(error)
    }
}

impl From<DraftError> for UploadError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Quota => Self::Quota,
            DraftError::Store(error) => Self::Store(error),
        }
    }
}

impl UploadError {
    /// Returns the response. Texts of the wire contract, and of the servers that it describes, are
    /// English in both languages.
    pub(super) fn response(&self, limits: Limits, lang: Lang, host: &impl Host) -> Response {
        let localized = |status, code, ko: &str, en: &str| {
            response::localized_error(status, Text { ko, en }, code, lang)
        };
        let invalid = |code, ko: &str, en: &str| {
            let location = ["body", FIELD];
            response::invalid_input("value_error", &location, Text { ko, en }, code, lang)
        };
        let too_large = |ko: &str, en: &str| {
            localized(StatusCode::PAYLOAD_TOO_LARGE, "upload_too_large", ko, en)
        };
        let too_slow = |ko, en| localized(StatusCode::REQUEST_TIMEOUT, "upload_too_slow", ko, en);
        let bad_request = |text, code| response::error(StatusCode::BAD_REQUEST, text, code);
        match self {
            Self::FileMissing | Self::Form(FormError::NotMultipart) => {
                let location = ["body", FIELD];
                response::unprocessable("missing", &location, "Field required", "file_missing")
            }
            Self::FileRepeated => invalid(
                "file_repeated",
                "폼에 파일이 둘 이상 있습니다. 하나씩 보내 주세요",
                "The form has more than one file; send them one by one",
            ),
            Self::NameTooLong => invalid(
                "filename_too_long",
                &format!("파일 이름이 {MAX_FILE_NAME}바이트보다 깁니다"),
                &format!("The name of the file is longer than {MAX_FILE_NAME} bytes"),
            ),
            Self::Form(FormError::NoBoundary) => {
                bad_request("Missing boundary in multipart.", "boundary_missing")
            }
            Self::Form(FormError::Malformed) => {
                bad_request("Invalid multipart data.", "multipart_malformed")
            }
            Self::Form(FormError::Body(BodyError::Broken)) => localized(
                StatusCode::BAD_REQUEST,
                "body_incomplete",
                "요청 본문이 끝까지 오지 않았습니다",
                "The body is not complete",
            ),
            Self::FileTooLarge => too_large(
                &format!("파일이 {}바이트보다 큽니다", limits.file),
                &format!("The file is larger than {} bytes", limits.file),
            ),
            Self::Form(FormError::TooLarge) => too_large(
                &format!(
                    "폼이 너무 큽니다. 파일은 {}바이트, 나머지는 모두 {FORM_OVERHEAD}바이트까지입니다",
                    limits.file
                ),
                &format!(
                    "The form is too large: the file may have {} bytes, and all else \
                     {FORM_OVERHEAD} together",
                    limits.file
                ),
            ),
            Self::Form(FormError::Body(BodyError::TooLarge(Some(most)))) => too_large(
                &format!("요청 본문이 이 서버가 받는 {most}바이트보다 큽니다"),
                &format!("The body is larger than the {most} bytes that this server takes"),
            ),
            Self::Form(FormError::Body(BodyError::TooLarge(None))) => too_large(
                "요청 본문이 이 서버가 받는 것보다 큽니다",
                "The body is larger than this server takes",
            ),
            Self::Quota => {
                let quota = limits.quota.unwrap_or_default();
                localized(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "upload_quota_exceeded",
                    &format!("한 사용자의 파일은 모두 합해 {quota}바이트까지입니다"),
                    &format!("The user's files may take {quota} bytes together"),
                )
            }
            Self::Form(FormError::Body(BodyError::TookTooLong)) => too_slow(
                "업로드가 한 시간보다 오래 걸렸습니다",
                "The upload took longer than an hour",
            ),
            Self::Form(FormError::Body(BodyError::Stalled)) => too_slow(
                "업로드가 너무 오래 멈춰 있었습니다",
                "The upload stood still for too long",
            ),
            Self::Store(error) => unavailable(error, lang, host),
        }
    }
}
