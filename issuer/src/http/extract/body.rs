//! The `Body` extractor: reads a bounded body and converts it to the fields of an operation.

use std::time::Duration;

use axum::body::{Body as RawBody, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;

use super::fields::FromFields;
use super::media;
use crate::http::error::ApiError;

/// Largest body, in bytes: sixteen times the largest token.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The body of a request: JSON, a form or multipart. Must be the last argument of a handler.
///
/// Rejects with 400 and all invalid fields, 408, 413 or 415, in REST framework's words.
pub(in crate::http) struct Body<T>(pub(in crate::http) T);

impl<T: FromFields, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = read(&parts.headers, body).await?;
        let mut fields = media::parse(parts, bytes).await?;
        let value = T::take(&mut fields);
        fields.into_result().map(|()| Self(value))
    }
}

/// Reads a body.
///
/// # Errors
/// 400, 408 or 413.
pub(super) async fn read(headers: &HeaderMap, body: RawBody) -> Result<Bytes, ApiError> {
    read_within(headers, body, BODY_TIMEOUT).await
}

async fn read_within(
    headers: &HeaderMap,
    body: RawBody,
    timeout: Duration,
) -> Result<Bytes, ApiError> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > MAX_BODY_BYTES as u64) {
        return Err(ApiError::BodyTooLarge(MAX_BODY_BYTES));
    }
    match tokio::time::timeout(timeout, axum::body::to_bytes(body, MAX_BODY_BYTES)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_length_limit(&error) => Err(ApiError::BodyTooLarge(MAX_BODY_BYTES)),
        Ok(Err(_)) => Err(ApiError::Parse("The request body could not be read.".into())),
        Err(_) => Err(ApiError::BodyTimeout),
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error)
        .is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use super::*;

    /// A body that never arrives.
    struct Silence;

    impl http_body::Body for Silence {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn reading_a_body_that_never_arrives_times_out() {
        let headers = HeaderMap::new();
        let timeout = Duration::from_millis(20);
        let read = read_within(&headers, RawBody::new(Silence), timeout).await;
        assert!(matches!(read, Err(ApiError::BodyTimeout)), "{read:?}");
    }
}
