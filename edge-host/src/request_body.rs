//! The body of a request: bounded in size, and in the time in which nothing of it comes.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use connection::Turn;
use http_body_util::Limited;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Sleep;
use wasmtime_wasi_http::Error;

/// A body as the component gets it.
pub(crate) struct RequestBody {
    body: Limited<Incoming>,
    max_bytes: usize,
    patience: Duration,
    turn: Turn,
    /// Whether it announces more than it may have.
    is_too_large: bool,
    /// Runs while the component waits for more.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    /// At most `max_bytes`, and never nothing for longer than `patience`. Of a body that announces
    /// more nothing is read, and it ends where it would begin: the component's answer comes before
    /// the client has sent what nobody takes.
    pub(crate) fn new(body: Incoming, max_bytes: usize, patience: Duration, turn: Turn) -> Self {
        let is_too_large = body.size_hint().lower() > max_bytes as u64;
        Self {
            body: Limited::new(body, max_bytes),
            max_bytes,
            patience,
            turn,
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
                self.turn.set_unread(false);
            }
            return Poll::Ready(frame.map(|frame| {
                frame.map_err(|error| match error.downcast::<hyper::Error>() {
                    Ok(error) => Error::Hyper(*error),
                    Err(_) => self.too_large(),
                })
            }));
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        if stalled.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        // The component has as much time to clean up and answer as it had for its work.
        self.turn.touch();
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
