//! `POST /upload`: stores the form's field `file`.

use edge_auth::{VerifiedToken, hex, milliseconds};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use multer::Field;
use sha2::{Digest, Sha256};

use super::file_name::{field_name, file_name};
use super::form::{Form, FormError, boundary};
use super::responses::{Receipt, user_id_missing};
use super::upload_error::{FIELD, UploadError};
use crate::host::UploadHost;
use crate::limits::{FORM_OVERHEAD, Limits, MAX_FILE_NAME, MAX_UPLOAD_TIME};
use crate::request::Request;
use crate::response::{self, Response};
use crate::storage::{Draft, Owner, Record};
use edge_component::request_body::{BodyError, RequestBody, TimeLimits, TimedBody};

/// Longest media type that is stored, in bytes.
const MAX_CONTENT_TYPE: usize = 255;

/// Stores the file and responds with its receipt. A failed upload leaves nothing behind.
pub(crate) async fn receive<H: UploadHost>(
    request: Request<'_, H>,
    token: VerifiedToken,
) -> Response {
    let lang = request.lang();
    let Request { parts, body, state, host, .. } = request;
    let Some(owner) = Owner::of(&token) else { return user_id_missing(lang) };
    let limits = state.limits;
    state.sweeper.request();
    let announced = announced_length(&parts.headers);
    let mut draft = Draft::new(&owner, announced, limits, host);
    match store(parts, body, announced, &owner, limits, &mut draft, host).await {
        Ok(record) => response::ok(&Receipt::new(draft.id(), &record)),
        Err(error) => {
            if let Err(error) = draft.abandon(host).await {
                host.log(format_args!(
                    "warning: key-value store: cannot remove an aborted upload yet: {error}"
                ));
            }
            error.response(limits, lang, host)
        }
    }
}

async fn store(
    parts: &Parts,
    body: impl RequestBody,
    announced: u64,
    owner: &Owner,
    limits: Limits,
    draft: &mut Draft<'_>,
    host: &impl UploadHost,
) -> Result<Record, UploadError> {
    let boundary = boundary(&parts.headers)?;
    let at_least = announced.saturating_sub(FORM_OVERHEAD);
    if at_least > limits.file {
        return Err(FormError::TooLarge.into());
    }
    let capacity = draft.capacity(host).await?;
    if at_least > capacity {
        return Err(UploadError::Quota);
    }
    let started = host.uptime();
    let times = TimeLimits { idle: limits.idle, total: MAX_UPLOAD_TIME };
    let mut form = Form::new(TimedBody::new(body, times, host), boundary, limits.file);
    let mut file: Option<Record> = None;
    while let Some(mut part) = form.next_part().await? {
        let is_file_field = field_name(&part).as_deref() == Some(FIELD);
        let name = if is_file_field { file_name(&part)? } else { None };
        // Browsers send an empty part for a file input without a file; ignore it when another part
        // has one.
        let is_second = name.is_some() && file.as_ref().is_some_and(|file| !is_blank(file));
        if is_second && name.as_ref().is_some_and(|name| !name.trim().is_empty()) {
            return Err(UploadError::FileRepeated);
        }
        if name.as_ref().is_some_and(|name| name.len() > MAX_FILE_NAME) {
            return Err(UploadError::NameTooLong);
        }
        let mut hash = Sha256::new();
        let mut size = 0_u64;
        while let Some(piece) = form.next_piece(&mut part).await? {
            if is_second && !piece.is_empty() {
                return Err(UploadError::FileRepeated);
            }
            if name.is_some() {
                size = size.saturating_add(piece.len() as u64);
                if size > limits.file {
                    return Err(UploadError::FileTooLarge);
                }
                if size > capacity {
                    return Err(UploadError::Quota);
                }
                hash.update(&piece);
                draft.append(&piece, host).await?;
            }
        }
        if !is_second && let Some(filename) = name {
            file = Some(Record {
                owner: owner.as_str().to_owned(),
                filename,
                content_type: content_type(&part),
                size,
                sha256: hex(&hash.finalize()),
                created_at: milliseconds(host.now()) / 1000,
            });
        }
    }
    let record = file.filter(|file| !is_blank(file)).ok_or(UploadError::FileMissing)?;
    // The end of the body may come long after its last piece; by then the upload may have been
    // swept.
    if host.uptime().saturating_sub(started) > MAX_UPLOAD_TIME {
        return Err(FormError::Body(BodyError::TookTooLong).into());
    }
    draft.commit(&record, host).await?;
    Ok(record)
}

/// Returns whether a part stands for a file input without a file. White space names no file.
fn is_blank(file: &Record) -> bool {
    file.size == 0 && file.filename.trim().is_empty()
}

/// Returns the media type of a part as it was sent; `application/octet-stream` without one that can
/// be sent back.
fn content_type(part: &Field<'_>) -> String {
    part.headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .filter(|value| !value.is_empty() && value.len() <= MAX_CONTENT_TYPE)
        .unwrap_or("application/octet-stream")
        .to_owned()
}

/// Returns `Content-Length`; 0 without one.
fn announced_length(headers: &HeaderMap) -> u64 {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}
