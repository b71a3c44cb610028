//! `POST /upload`: from the form's field `file` into the store.

use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use multer::Field;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::form::{BodyError, Form, FormError, OVERHEAD, boundary};
use super::{CHUNK, Owner, Record, UploadId, hex, quota, sweep, unavailable};
use crate::answer::{self, Answer};
use crate::host::{Host, StoreError};

/// The field that holds the file.
const FIELD: &str = "file";

/// Longest file name, in bytes; file systems allow 255. It keeps what is stored about a file within [`quota::FILE_OVERHEAD`].
const MAX_FILE_NAME: usize = 255;

/// Longest media type that is kept, in bytes.
const MAX_CONTENT_TYPE: usize = 255;

/// Longest time from the first to the last byte. What is still pending long after it has been abandoned.
pub const MAX_TIME: Duration = Duration::from_secs(3600);

/// How much is taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of all files of a user, [`quota::FILE_OVERHEAD`] for each file included; no limit when nothing is set.
    pub user: Option<u64>,
}

/// Why there is no upload.
enum Failure {
    Form(FormError),
    FieldMissing,
    FieldRepeated,
    NameTooLong,
    TooSlow,
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

/// Stores the file and answers with its receipt. What fails leaves nothing behind.
pub async fn receive<B>(request: &Parts, body: B, owner: &Owner, limits: Limits, host: &impl Host) -> Answer
where
    B: Stream<Item = Result<Bytes, BodyError>> + Unpin,
{
    sweep::when_due(host).await;
    let mut draft = Draft::new(UploadId::new(owner, host));
    match store(request, body, &mut draft, owner, limits, host).await {
        Ok(record) => answer::ok(&record.receipt(&draft.id)),
        Err(failure) => {
            if let Err(error) = draft.abandon(host).await {
                host.log(format_args!("warning: key-value store: a broken upload is removed later: {error}"));
            }
            refused(&failure, limits, host)
        }
    }
}

async fn store<B>(
    request: &Parts,
    body: B,
    draft: &mut Draft,
    owner: &Owner,
    limits: Limits,
    host: &impl Host,
) -> Result<Record, Failure>
where
    B: Stream<Item = Result<Bytes, BodyError>> + Unpin,
{
    let boundary = boundary(&request.headers)?;
    let announced = announced_length(&request.headers).unwrap_or(0).saturating_sub(OVERHEAD);
    if announced > limits.file {
        return Err(FormError::TooLarge.into());
    }
    let room = match limits.user {
        None => u64::MAX,
        Some(most) => {
            let room = most.saturating_sub(quota::used(owner, host).await?);
            room.checked_sub(quota::FILE_OVERHEAD).filter(|room| announced <= *room).ok_or(Failure::Quota)?
        }
    };
    let mut form = Form::new(body, boundary, limits.file);
    let started = host.uptime();
    let in_time = || {
        if host.uptime().saturating_sub(started) > MAX_TIME { Err(Failure::TooSlow) } else { Ok(()) }
    };
    let mut file = None;
    while let Some(mut part) = form.next_part().await? {
        let is_file = part.name() == Some(FIELD) && part.file_name().is_some();
        if is_file && file.is_some() {
            return Err(Failure::FieldRepeated);
        }
        if is_file && part.file_name().is_some_and(|name| name.len() > MAX_FILE_NAME) {
            return Err(Failure::NameTooLong);
        }
        let mut hash = Sha256::new();
        let mut size = 0_u64;
        while let Some(piece) = form.next_piece(&mut part).await? {
            in_time()?;
            if is_file {
                size = size.saturating_add(piece.len() as u64);
                if size > limits.file {
                    return Err(FormError::TooLarge.into());
                }
                if size > room {
                    return Err(Failure::Quota);
                }
                hash.update(&piece);
                draft.append(&piece, host).await?;
            }
        }
        if is_file {
            file = Some(Record {
                owner: owner.0.clone(),
                filename: part.file_name().unwrap_or_default().to_owned(),
                content_type: content_type(&part),
                size,
                sha256: hex(&hash.finalize()),
                created_at: host.now_seconds(),
            });
        }
    }
    let record = file.ok_or(Failure::FieldMissing)?;
    // Between the last piece and the end of the body any time may have passed; what was abandoned may be swept away already.
    in_time()?;
    draft.commit(&record, owner, limits, host).await?;
    Ok(record)
}

/// An upload in progress.
struct Draft {
    id: UploadId,
    unwritten: Vec<u8>,
    chunks: u64,
    announced: bool,
    /// What the key with the size says, once it may be there.
    size: Option<u64>,
}

impl Draft {
    fn new(id: UploadId) -> Self {
        Self { id, unwritten: Vec::new(), chunks: 0, announced: false, size: None }
    }

    async fn append(&mut self, mut piece: &[u8], host: &impl Host) -> Result<(), StoreError> {
        while !piece.is_empty() {
            let fits = piece.len().min(CHUNK - self.unwritten.len());
            let (now, later) = piece.split_at(fits);
            self.unwritten.extend_from_slice(now);
            piece = later;
            if self.unwritten.len() == CHUNK {
                self.write(host).await?;
            }
        }
        Ok(())
    }

    async fn announce(&mut self, host: &impl Host) -> Result<(), StoreError> {
        if !self.announced {
            self.announced = true;
            host.save(&self.id.pending_key(), host.now_seconds().to_string().as_bytes()).await?;
        }
        Ok(())
    }

    async fn write(&mut self, host: &impl Host) -> Result<(), StoreError> {
        self.announce(host).await?;
        let key = self.id.chunk_key(self.chunks);
        // Counted before it is there: a write that fails may have happened all the same.
        self.chunks += 1;
        host.save(&key, &self.unwritten).await?;
        self.unwritten.clear();
        Ok(())
    }

    async fn commit(
        &mut self,
        record: &Record,
        owner: &Owner,
        limits: Limits,
        host: &impl Host,
    ) -> Result<(), Failure> {
        if self.unwritten.is_empty() {
            self.announce(host).await?;
        } else {
            self.write(host).await?;
        }
        self.size = Some(record.size);
        host.save(&self.id.size_key(record.size), b"").await?;
        if let Some(most) = limits.user
            && quota::used(owner, host).await? > most
        {
            return Err(Failure::Quota);
        }
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
        if !self.announced {
            return Ok(());
        }
        host.remove(&self.id.record_key()).await?;
        sweep::remove_chunks(&self.id, self.chunks, host).await?;
        if let Some(size) = self.size {
            host.remove(&self.id.size_key(size)).await?;
        }
        host.remove(&self.id.pending_key()).await
    }
}

/// The part's own media type, as it was sent; `application/octet-stream` without one that can be sent back.
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

fn refused(failure: &Failure, limits: Limits, host: &impl Host) -> Answer {
    match failure {
        Failure::FieldMissing | Failure::Form(FormError::NotMultipart) => field_missing(),
        Failure::FieldRepeated => answer::error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The form has more than one file; send them one by one",
            "file_repeated",
        ),
        Failure::NameTooLong => answer::error(
            StatusCode::UNPROCESSABLE_ENTITY,
            &format!("The name of the file is longer than {MAX_FILE_NAME} bytes"),
            "filename_too_long",
        ),
        Failure::Form(FormError::NoBoundary) => {
            answer::error(StatusCode::BAD_REQUEST, "Missing boundary in multipart.", "boundary_missing")
        }
        Failure::Form(FormError::Malformed) => {
            answer::error(StatusCode::BAD_REQUEST, "There was an error parsing the body", "multipart_malformed")
        }
        Failure::Form(FormError::Body(BodyError::Broken)) => {
            answer::error(StatusCode::BAD_REQUEST, "The body is not complete", "body_incomplete")
        }
        Failure::Form(FormError::TooLarge | FormError::Body(BodyError::TooLarge)) => answer::error(
            StatusCode::PAYLOAD_TOO_LARGE,
            &format!("The file is larger than {} bytes", limits.file),
            "upload_too_large",
        ),
        Failure::Quota => answer::error(
            StatusCode::PAYLOAD_TOO_LARGE,
            &format!("The user's files may take {} bytes together", limits.user.unwrap_or_default()),
            "upload_quota_exceeded",
        ),
        Failure::TooSlow => {
            answer::error(StatusCode::REQUEST_TIMEOUT, "The upload took longer than an hour", "upload_too_slow")
        }
        Failure::Form(FormError::Body(BodyError::Stalled)) => {
            answer::error(StatusCode::REQUEST_TIMEOUT, "The upload stood still for too long", "upload_too_slow")
        }
        Failure::Store(error) => unavailable(error, host),
    }
}

/// 422, in the form of the wire contract.
fn field_missing() -> Answer {
    answer::json(
        StatusCode::UNPROCESSABLE_ENTITY,
        &json!({
            "detail": [{"type": "missing", "loc": ["body", FIELD], "msg": "Field required", "input": null}],
            "code": "file_missing",
        }),
    )
}
