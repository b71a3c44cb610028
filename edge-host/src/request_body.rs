//! The body of a request, with a limit of its size and of its pauses.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use connection::ActiveRequest;
use http_body_util::Limited;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Sleep;
use wasmtime_wasi_http::Error;

/// The body that the component reads.
pub(crate) struct RequestBody {
    body: Limited<Incoming>,
    max_bytes: usize,
    timeout: Duration,
    request: ActiveRequest,
    /// Whether its `Content-Length` exceeds the limit.
    is_too_large: bool,
    /// The timer while the component waits for more.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    /// Limits a body to `max_bytes` and to pauses of `timeout`. A body whose `Content-Length`
    /// exceeds the limit fails before its first byte, so that the component can respond before the
    /// client has sent it.
    pub(crate) fn new(
        body: Incoming,
        max_bytes: usize,
        timeout: Duration,
        request: ActiveRequest,
    ) -> Self {
        let is_too_large = body.size_hint().lower() > max_bytes as u64;
        Self {
            body: Limited::new(body, max_bytes),
            max_bytes,
            timeout,
            request,
            is_too_large,
            stalled: None,
        }
    }

    fn too_large(&self) -> Error {
        Error::HttpRequestBodySize(Some(self.max_bytes as u64))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.is_too_large {
            return Poll::Ready(Some(Err(self.too_large())));
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.stalled = None;
            if frame.is_none() || self.body.is_end_stream() {
                self.request.set_unread(false);
            }
            return Poll::Ready(frame.map(|frame| {
                frame.map_err(|error| match error.downcast::<hyper::Error>() {
                    Ok(error) => Error::Hyper(*error),
                    Err(_) => self.too_large(),
                })
            }));
        }
        let timeout = self.timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        if stalled.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        // The component has its full time again, to clean up and respond.
        self.request.touch();
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
