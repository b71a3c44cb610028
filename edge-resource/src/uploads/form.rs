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
use crate::limits::FORM_OVERHEAD;
use edge_component::request_body::BodyError;

/// Longest boundary; RFC 2046 allows 70 characters.
const MAX_BOUNDARY: usize = 200;

/// Why a form cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FormError {
    /// The media type is not `multipart/form-data`.
    NotMultipart,
    /// `Content-Type` has no boundary.
    NoBoundary,
    /// It violates the grammar, or ends early.
    Malformed,
    /// The body ended early.
    Body(BodyError),
    /// It exceeds the limits of file and [`FORM_OVERHEAD`] together.
    TooLarge,
}

/// Returns the boundary in `Content-Type`.
///
/// # Errors
/// [`FormError::NotMultipart`], [`FormError::NoBoundary`], or [`FormError::Malformed`] for one
/// that is too long.
pub(super) fn boundary(headers: &HeaderMap) -> Result<String, FormError> {
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

/// Reads the parts of a form, one after the other.
///
/// The parser buffers whatever its stream has ready. Its stream therefore holds one piece of the
/// body at a time, and gets the next one only when the parser needs it.
pub(super) struct Form<B> {
    parts: Multipart<'static>,
    body: B,
    piece: Arc<Mutex<Piece>>,
    /// Bytes that are left of the limit.
    left: u64,
    limit: u64,
}

#[derive(Default)]
enum Piece {
    #[default]
    Awaited,
    Ready(Bytes),
    End,
}

/// The stream that the parser reads.
struct Pieces(Arc<Mutex<Piece>>);

impl Stream for Pieces {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut piece = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *piece {
            Piece::Awaited => Poll::Pending,
            Piece::End => Poll::Ready(None),
            Piece::Ready(bytes) => {
                let bytes = std::mem::take(bytes);
                *piece = Piece::Awaited;
                Poll::Ready(Some(Ok(bytes)))
            }
        }
    }
}

impl<B: Stream<Item = Result<Bytes, BodyError>> + Unpin> Form<B> {
    /// Reads a form whose file has at most `file_limit` bytes.
    pub(super) fn new(body: B, boundary: String, file_limit: u64) -> Self {
        let piece = Arc::<Mutex<Piece>>::default();
        let parts = Multipart::new(Pieces(Arc::clone(&piece)), boundary);
        let limit = file_limit.saturating_add(FORM_OVERHEAD);
        Self { parts, body, piece, left: limit, limit }
    }

    /// Returns the next part; `None` after the last, and in an empty body. The part before must
    /// have been read to its end.
    ///
    /// # Errors
    /// [`FormError`].
    pub(super) async fn next_part(&mut self) -> Result<Option<Field<'static>>, FormError> {
        let Self { parts, body, piece, left, limit } = self;
        // The parser buffers the head of a part until it is complete.
        let mut head = FORM_OVERHEAD.min(*left);
        let before = head;
        let part = drive(body, piece, &mut head, |cx| parts.poll_next_field(cx)).await;
        *left = left.saturating_sub(before.saturating_sub(head));
        match part {
            Err(FormError::TooLarge) if *left >= FORM_OVERHEAD => Err(FormError::Malformed),
            // The parser misses the end of an empty body, which clients send for a form without a
            // file.
            Ok(Err(_)) if left == limit => Ok(None),
            part => part?.map_err(|error| form_error(&error)),
        }
    }

    /// Returns the next piece of a part; `None` after the last.
    ///
    /// # Errors
    /// [`FormError`].
    pub(super) async fn next_piece(
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

/// Polls the parser, and passes it a piece of the body whenever it needs one.
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
                // It waits although it has a piece, or the end.
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
                    Piece::Ready(bytes)
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
