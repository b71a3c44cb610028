//! `POST /upload`: from the form's field `file` into the store.

use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use multer::Field;
use sha2::{Digest, Sha256};

use super::file_name::{field_name, file_name};
use super::form::{Form, FormError, OVERHEAD, boundary};
use super::quota::{self, Reservation};
use super::{CHUNK, Owner, Record, UploadId, hex, sweep, unavailable};
use crate::body::{BodyError, RequestBody, TimeLimits, TimedBody};
use crate::host::{Host, StoreError};
use crate::language;
use crate::response::{self, Response, Text};

/// The field that holds the file.
const FIELD: &str = "file";

/// Longest file name, in bytes; file systems allow 255 characters, which may have four each. It
/// keeps what is stored about a file within [`quota::FILE_OVERHEAD`].
pub const MAX_FILE_NAME: usize = 1024;

/// Longest media type that is kept, in bytes.
const MAX_CONTENT_TYPE: usize = 255;

/// Longest time from the first to the last byte. What is still pending long after it has been
/// abandoned.
pub const MAX_TIME: Duration = Duration::from_secs(3600);

/// Longest time without a byte when nothing else is set.
pub const DEFAULT_PAUSE: Duration = Duration::from_secs(60);

/// What an upload may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of all files of a user, [`quota::FILE_OVERHEAD`] for each file included; no limit
    /// when nothing is set.
    pub user: Option<u64>,
    /// Longest time without a byte.
    pub pause: Duration,
}

impl Default for Limits {
    /// Accepts nothing.
    fn default() -> Self {
        Self { file: 0, user: None, pause: DEFAULT_PAUSE }
    }
}

/// Why there is no upload.
enum Failure {
    Form(FormError),
    FieldMissing,
    FieldRepeated,
    FileTooLarge,
    NameTooLong,
    Quota,
    Store(StoreError),
}

impl From<FormError> for Failure {
    fn from(error: FormError) -> Self {
        Self::Form(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Stores the file and responds with its receipt. What fails leaves nothing behind.
pub async fn receive(
    request: &Parts,
    body: impl RequestBody,
    owner: &Owner,
    limits: Limits,
    host: &impl Host,
) -> Response {
    sweep::when_due(host).await;
    let mut draft = Draft::new(request, owner, limits, host);
    match store(request, body, &mut draft, host).await {
        Ok(record) => response::ok(&record.receipt(&draft.id)),
        Err(failure) => {
            if let Err(error) = draft.abandon(host).await {
                host.log(format_args!(
                    "warning: key-value store: a broken upload is removed later: {error}"
                ));
            }
            refused(&failure, limits, request, host)
        }
    }
}

async fn store(
    request: &Parts,
    body: impl RequestBody,
    draft: &mut Draft<'_>,
    host: &impl Host,
) -> Result<Record, Failure> {
    let Draft { owner, limits, announced, .. } = *draft;
    let boundary = boundary(&request.headers)?;
    let at_least = announced.saturating_sub(OVERHEAD);
    if at_least > limits.file {
        return Err(FormError::TooLarge.into());
    }
    let room = match limits.user {
        None => u64::MAX,
        Some(most) => {
            let room = most.saturating_sub(quota::used(owner, host).await?);
            room.checked_sub(quota::FILE_OVERHEAD)
                .filter(|room| at_least <= *room)
                .ok_or(Failure::Quota)?
        }
    };
    let body = TimedBody::new(body, TimeLimits { pause: limits.pause, total: MAX_TIME }, host);
    let mut form = Form::new(body, boundary, limits.file);
    let started = host.uptime();
    let mut file: Option<Record> = None;
    while let Some(mut part) = form.next_part().await? {
        let name =
            if field_name(&part).as_deref() == Some(FIELD) { file_name(&part)? } else { None };
        // What browsers send for an input in which no file was chosen is none beside one.
        let is_another = name.is_some() && file.as_ref().is_some_and(|file| !file.is_blank());
        if is_another && name.as_ref().is_some_and(|name| !name.trim().is_empty()) {
            return Err(Failure::FieldRepeated);
        }
        let is_file = name.is_some();
        if name.as_ref().is_some_and(|name| name.len() > MAX_FILE_NAME) {
            return Err(Failure::NameTooLong);
        }
        let mut hash = Sha256::new();
        let mut size = 0_u64;
        while let Some(piece) = form.next_piece(&mut part).await? {
            if is_another && !piece.is_empty() {
                return Err(Failure::FieldRepeated);
            }
            if is_file {
                size = size.saturating_add(piece.len() as u64);
                if size > limits.file {
                    return Err(Failure::FileTooLarge);
                }
                if size > room {
                    return Err(Failure::Quota);
                }
                hash.update(&piece);
                draft.append(&piece, host).await?;
            }
        }
        if !is_another && let Some(filename) = name {
            file = Some(Record {
                owner: owner.0.clone(),
                filename,
                content_type: content_type(&part),
                size,
                sha256: hex(&hash.finalize()),
                created_at: host.now_seconds(),
            });
        }
    }
    // An input in which no file was chosen has neither a name nor content.
    let record = file.filter(|file| !file.is_blank()).ok_or(Failure::FieldMissing)?;
    // Between the last piece and the end of the body any time may have passed; what was abandoned
    // may be swept away already.
    if host.uptime().saturating_sub(started) > MAX_TIME {
        return Err(FormError::Body(BodyError::TookTooLong).into());
    }
    draft.commit(&record, host).await?;
    Ok(record)
}

/// An upload in progress.
struct Draft<'a> {
    id: UploadId,
    owner: &'a Owner,
    limits: Limits,
    /// Length of the whole form in bytes, as the request announces it; 0 when it does not.
    announced: u64,
    unwritten: Vec<u8>,
    chunks: u64,
    is_noted: bool,
    reservation: Reservation,
}

impl<'a> Draft<'a> {
    fn new(request: &Parts, owner: &'a Owner, limits: Limits, host: &impl Host) -> Self {
        Self {
            id: UploadId::new(owner, host),
            owner,
            limits,
            announced: announced_length(&request.headers).unwrap_or(0),
            unwritten: Vec::new(),
            chunks: 0,
            is_noted: false,
            reservation: Reservation::default(),
        }
    }

    async fn append(&mut self, mut piece: &[u8], host: &impl Host) -> Result<(), Failure> {
        while !piece.is_empty() {
            let fits = piece.len().min(CHUNK - self.unwritten.len());
            let (now, later) = piece.split_at(fits);
            self.unwritten.extend_from_slice(now);
            piece = later;
            if self.unwritten.len() == CHUNK {
                self.note(host).await?;
                self.reserve(host).await?;
                self.write(host).await?;
            }
        }
        Ok(())
    }

    /// Writes that something begins.
    async fn note(&mut self, host: &impl Host) -> Result<(), StoreError> {
        if !self.is_noted {
            self.is_noted = true;
            host.save(&self.id.pending_key(), host.now_seconds().to_string().as_bytes()).await?;
        }
        Ok(())
    }

    /// Counts the next chunk towards the quota before it is stored. More than it needs is reserved
    /// at a time, since each reservation lists all keys; where the quota has no room for that,
    /// just what it needs.
    async fn reserve(&mut self, host: &impl Host) -> Result<(), Failure> {
        let Some(most) = self.limits.user else { return Ok(()) };
        let needed = (self.chunks + 1) * CHUNK as u64;
        if self.reservation.covers(needed) {
            return Ok(());
        }
        let generous = self.announced.max(needed + needed / 4).min(self.limits.file).max(needed);
        for bytes in [generous, needed] {
            if self.reservation.set(&self.id, bytes, Some((self.owner, most)), host).await? {
                return Ok(());
            }
        }
        Err(Failure::Quota)
    }

    async fn write(&mut self, host: &impl Host) -> Result<(), StoreError> {
        let key = self.id.chunk_key(self.chunks);
        // Counted before it is there: a write that fails may have happened all the same.
        self.chunks += 1;
        host.save(&key, &self.unwritten).await?;
        self.unwritten.clear();
        Ok(())
    }

    async fn commit(&mut self, record: &Record, host: &impl Host) -> Result<(), Failure> {
        self.note(host).await?;
        let quota = self.limits.user.map(|most| (self.owner, most));
        // Without a quota the content comes first, so that a size says of a file that it is
        // complete.
        if quota.is_some() && !self.reservation.set(&self.id, record.size, quota, host).await? {
            return Err(Failure::Quota);
        }
        if !self.unwritten.is_empty() {
            self.write(host).await?;
        }
        self.reservation.set(&self.id, record.size, None, host).await?;
        let text = serde_json::to_vec(record).map_err(|error| StoreError(error.to_string()))?;
        host.save(&self.id.record_key(), &text).await?;
        if let Err(error) = host.remove(&self.id.pending_key()).await {
            // The file is there; only the note that it was not goes later.
            host.log(format_args!("warning: key-value store: {error}"));
        }
        Ok(())
    }

    /// Removes what has been written.
    async fn abandon(&mut self, host: &impl Host) -> Result<(), StoreError> {
        if !self.is_noted {
            return Ok(());
        }
        host.remove(&self.id.record_key()).await?;
        sweep::remove_chunks(&self.id, self.chunks, host).await?;
        self.reservation.release(&self.id, host).await?;
        host.remove(&self.id.pending_key()).await
    }
}

/// The part's own media type, as it was sent; `application/octet-stream` without one that can be
/// sent back.
fn content_type(part: &Field<'_>) -> String {
    part.headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .filter(|value| !value.is_empty() && value.len() <= MAX_CONTENT_TYPE)
        .unwrap_or("application/octet-stream")
        .to_owned()
}

fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The response. Texts of the wire contract, and of the servers that it describes, are in English
/// alone.
fn refused(failure: &Failure, limits: Limits, request: &Parts, host: &impl Host) -> Response {
    let localized = |status, code, ko: &str, en: &str| {
        response::localized_error(
            status,
            Text { ko, en },
            code,
            language::preferred(&request.headers),
        )
    };
    let invalid = |code, ko: &str, en: &str| {
        let lang = language::preferred(&request.headers);
        response::invalid_input("value_error", &["body", FIELD], Text { ko, en }, code, lang)
    };
    match failure {
        Failure::FieldMissing | Failure::Form(FormError::NotMultipart) => {
            response::unprocessable("missing", &["body", FIELD], "Field required", "file_missing")
        }
        Failure::FieldRepeated => invalid(
            "file_repeated",
            "폼에 파일이 둘 이상 있습니다. 하나씩 보내 주세요",
            "The form has more than one file; send them one by one",
        ),
        Failure::NameTooLong => invalid(
            "filename_too_long",
            &format!("파일 이름이 {MAX_FILE_NAME}바이트보다 깁니다"),
            &format!("The name of the file is longer than {MAX_FILE_NAME} bytes"),
        ),
        Failure::Form(FormError::NoBoundary) => response::error(
            StatusCode::BAD_REQUEST,
            "Missing boundary in multipart.",
            "boundary_missing",
        ),
        Failure::Form(FormError::Malformed) => response::error(
            StatusCode::BAD_REQUEST,
            "Invalid multipart data.",
            "multipart_malformed",
        ),
        Failure::Form(FormError::Body(BodyError::Broken)) => localized(
            StatusCode::BAD_REQUEST,
            "body_incomplete",
            "요청 본문이 끝까지 오지 않았습니다",
            "The body is not complete",
        ),
        Failure::FileTooLarge => localized(
            StatusCode::PAYLOAD_TOO_LARGE,
            "upload_too_large",
            &format!("파일이 {}바이트보다 큽니다", limits.file),
            &format!("The file is larger than {} bytes", limits.file),
        ),
        Failure::Form(FormError::TooLarge) => localized(
            StatusCode::PAYLOAD_TOO_LARGE,
            "upload_too_large",
            &format!(
                "폼이 너무 큽니다. 파일은 {}바이트, 나머지는 모두 {OVERHEAD}바이트까지입니다",
                limits.file
            ),
            &format!(
                "The form is too large: the file may have {} bytes, and all else {OVERHEAD} together",
                limits.file
            ),
        ),
        Failure::Form(FormError::Body(BodyError::TooLarge(most))) => {
            let (ko, en) = match most {
                Some(most) => (
                    format!("요청 본문이 이 서버가 받는 {most}바이트보다 큽니다"),
                    format!("The body is larger than the {most} bytes that this server takes"),
                ),
                None => (
                    "요청 본문이 이 서버가 받는 것보다 큽니다".to_owned(),
                    "The body is larger than this server takes".to_owned(),
                ),
            };
            localized(StatusCode::PAYLOAD_TOO_LARGE, "upload_too_large", &ko, &en)
        }
        Failure::Quota => {
            let most = limits.user.unwrap_or_default();
            localized(
                StatusCode::PAYLOAD_TOO_LARGE,
                "upload_quota_exceeded",
                &format!("한 사용자의 파일은 모두 합해 {most}바이트까지입니다"),
                &format!("The user's files may take {most} bytes together"),
            )
        }
        Failure::Form(FormError::Body(BodyError::TookTooLong)) => localized(
            StatusCode::REQUEST_TIMEOUT,
            "upload_too_slow",
            "업로드가 한 시간보다 오래 걸렸습니다",
            "The upload took longer than an hour",
        ),
        Failure::Form(FormError::Body(BodyError::Stalled)) => localized(
            StatusCode::REQUEST_TIMEOUT,
            "upload_too_slow",
            "업로드가 너무 오래 멈춰 있었습니다",
            "The upload stood still for too long",
        ),
        Failure::Store(error) => unavailable(error, request, host),
    }
}
