//! Reading a `multipart/form-data` body (RFC 7578) as it arrives, with bounded memory.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use multer::{Field, Multipart};

use super::parameters;
use crate::body::BodyError;

/// Bytes of all that surrounds the file: boundaries, heads of parts, other fields.
pub const OVERHEAD: u64 = 64 * 1024;

/// Longest boundary; RFC 2046 allows 70 characters.
const MAX_BOUNDARY: usize = 200;

/// What is wrong with a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormError {
    /// It is no `multipart/form-data`, so it has no field.
    NotMultipart,
    /// The `Content-Type` names no boundary.
    NoBoundary,
    /// It does not follow the grammar, or ends before it is complete.
    Malformed,
    /// The body ended early.
    Body(BodyError),
    /// More than the file and [`OVERHEAD`] may have together.
    TooLarge,
}

/// The boundary that `Content-Type` names.
///
/// # Errors
/// [`FormError::NotMultipart`], [`FormError::NoBoundary`], or [`FormError::Malformed`] for one
/// that is too long.
pub fn boundary(headers: &HeaderMap) -> Result<String, FormError> {
    let content_type = headers.get(CONTENT_TYPE).map(|value| value.as_bytes()).unwrap_or_default();
    if !parameters::kind(content_type).eq_ignore_ascii_case(b"multipart/form-data") {
        return Err(FormError::NotMultipart);
    }
    match parameters::value_of(content_type, b"boundary") {
        None => Err(FormError::NoBoundary),
        Some(boundary) if boundary.is_empty() => Err(FormError::NoBoundary),
        Some(boundary) if boundary.len() > MAX_BOUNDARY => Err(FormError::Malformed),
        Some(boundary) => String::from_utf8(boundary).map_err(|_| FormError::Malformed),
    }
}

/// The parts of a form, one after the other.
///
/// The parser takes whatever its stream has ready and keeps it. So that it never has more than one
/// piece of the body, its stream holds one at a time, and gets the next when the parser has asked
/// for it.
pub struct Form<B> {
    parts: Multipart<'static>,
    body: B,
    piece: Arc<Mutex<Piece>>,
    /// Bytes that may still arrive.
    left: u64,
    /// Bytes that may arrive in all.
    most: u64,
}

#[derive(Default)]
enum Piece {
    #[default]
    Awaited,
    Here(Bytes),
    End,
}

/// The parser's end of [`Piece`].
struct Pieces(Arc<Mutex<Piece>>);

impl Stream for Pieces {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut piece = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *piece {
            Piece::Awaited => Poll::Pending,
            Piece::End => Poll::Ready(None),
            Piece::Here(bytes) => {
                let bytes = std::mem::take(bytes);
                *piece = Piece::Awaited;
                Poll::Ready(Some(Ok(bytes)))
            }
        }
    }
}

impl<B: Stream<Item = Result<Bytes, BodyError>> + Unpin> Form<B> {
    /// A form of at most `limit` bytes, [`OVERHEAD`] not counted.
    pub fn new(body: B, boundary: String, limit: u64) -> Self {
        let piece = Arc::<Mutex<Piece>>::default();
        let parts = Multipart::new(Pieces(Arc::clone(&piece)), boundary);
        let most = limit.saturating_add(OVERHEAD);
        Self { parts, body, piece, left: most, most }
    }

    /// The next part; nothing after the last, and nothing in a body without a byte. The part
    /// before must have been read to its end.
    ///
    /// # Errors
    /// [`FormError`].
    pub async fn next_part(&mut self) -> Result<Option<Field<'static>>, FormError> {
        let Self { parts, body, piece, left, most } = self;
        // The parser keeps the head of a part until it is complete.
        let mut head = OVERHEAD.min(*left);
        let before = head;
        let part = drive(body, piece, &mut head, |cx| parts.poll_next_field(cx)).await;
        *left = left.saturating_sub(before.saturating_sub(head));
        match part {
            Err(FormError::TooLarge) if *left >= OVERHEAD => Err(FormError::Malformed),
            // For the parser it lacks an end. It is no form, and clients that send one have no
            // file.
            Ok(Err(_)) if left == most => Ok(None),
            part => part?.map_err(|error| form_error(&error)),
        }
    }

    /// The next piece of a part; nothing after the last.
    ///
    /// # Errors
    /// [`FormError`].
    pub async fn next_piece(
        &mut self,
        part: &mut Field<'static>,
    ) -> Result<Option<Bytes>, FormError> {
        let Self { body, piece, left, .. } = self;
        let mut part = Pin::new(part);
        drive(body, piece, left, |cx| part.as_mut().poll_next(cx))
            .await?
            .transpose()
            .map_err(|error| form_error(&error))
    }
}

/// Polls the parser, and gives it a piece of the body whenever it has no more to work with.
async fn drive<B: Stream<Item = Result<Bytes, BodyError>> + Unpin, T>(
    body: &mut B,
    piece: &Mutex<Piece>,
    left: &mut u64,
    mut parse: impl FnMut(&mut Context<'_>) -> Poll<T>,
) -> Result<T, FormError> {
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(outcome) = parse(cx) {
                return Poll::Ready(Ok(outcome));
            }
            let mut piece = piece.lock().unwrap_or_else(PoisonError::into_inner);
            if !matches!(*piece, Piece::Awaited) {
                // It has all there is, and still waits.
                return Poll::Ready(Err(FormError::Malformed));
            }
            *piece = match Pin::new(&mut *body).poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(FormError::Body(error))),
                Poll::Ready(Some(Ok(bytes))) => {
                    match left.checked_sub(bytes.len() as u64) {
                        Some(rest) => *left = rest,
                        None => return Poll::Ready(Err(FormError::TooLarge)),
                    }
                    Piece::Here(bytes)
                }
                Poll::Ready(None) => Piece::End,
            };
        }
    })
    .await
}

fn form_error(error: &multer::Error) -> FormError {
    match error {
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
            FormError::TooLarge
        }
        _ => FormError::Malformed,
    }
}
