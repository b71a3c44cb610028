//! Request bodies: time limits, and reading on after the response.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use edge_auth::Host;
use futures_util::{Stream, StreamExt};
use http::header::{CONTENT_LENGTH, EXPECT};
use http::request::Parts;

/// Most bytes of a body that are read after the response.
const DRAIN_BYTES: u64 = 64 * 1024 * 1024;

/// Longest time for them, in all and without a byte.
const DRAIN_TIME: Duration = Duration::from_secs(60);
const DRAIN_IDLE: Duration = Duration::from_secs(10);

/// Why a request body ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It exceeds the limit of the host, in bytes where the host states it.
    TooLarge(Option<u64>),
    /// No byte arrived for longer than the host or [`TimeLimits::idle`] allows.
    Stalled,
    /// It took longer than [`TimeLimits::total`].
    TookTooLong,
    /// The connection broke.
    Broken,
}

/// The body of a request as it arrives.
pub trait RequestBody: Stream<Item = Result<Bytes, BodyError>> + Unpin {}

impl<B: Stream<Item = Result<Bytes, BodyError>> + Unpin> RequestBody for B {}

/// Time limits of a body.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimits {
    /// Longest time without a byte.
    pub idle: Duration,
    /// Longest time from the start of reading to the last byte.
    pub total: Duration,
}

/// A body that fails when it exceeds a time limit. Each pending read is raced against the host's
/// timer, so that the limits hold for a client that sends nothing.
pub struct TimedBody<'h, B, H> {
    body: B,
    host: &'h H,
    limits: TimeLimits,
    /// Uptime at the end of the total time.
    end: Duration,
    /// Runs while a read is pending; with the error when it completes.
    timer: Option<Timer<'h>>,
}

type Timer<'h> = (Pin<Box<dyn Future<Output = ()> + 'h>>, BodyError);

impl<'h, B: RequestBody, H: Host> TimedBody<'h, B, H> {
    /// Starts the total time.
    pub fn new(body: B, limits: TimeLimits, host: &'h H) -> Self {
        let end = host.uptime().saturating_add(limits.total);
        Self { body, host, limits, end, timer: None }
    }
}

impl<B: RequestBody, H: Host> Stream for TimedBody<'_, B, H> {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let read = Pin::new(&mut self.body).poll_next(cx);
        let now = self.host.uptime();
        if read.is_ready() {
            self.timer = None;
            let is_late = now > self.end && !matches!(read, Poll::Ready(None));
            return if is_late { Poll::Ready(Some(Err(BodyError::TookTooLong))) } else { read };
        }
        let (host, idle, left) = (self.host, self.limits.idle, self.end.saturating_sub(now));
        let (timer, error) = self.timer.get_or_insert_with(|| {
            let error = if left < idle { BodyError::TookTooLong } else { BodyError::Stalled };
            (Box::pin(host.sleep(idle.min(left))), error)
        });
        let error = *error;
        timer.as_mut().poll(cx).map(|()| Some(Err(error)))
    }
}

/// A body that knows whether it has ended.
pub struct TrackedBody<B> {
    body: B,
    has_ended: bool,
}

impl<B> TrackedBody<B> {
    /// Wraps a body that has not been read.
    pub const fn new(body: B) -> Self {
        Self { body, has_ended: false }
    }

    /// Returns whether [`drain`] must read on. Without a `Content-Length` only reading shows
    /// whether there is a body: any method may have one, and `wasi:http` removes
    /// `Transfer-Encoding`. A client that waits for `100 Continue` has sent nothing, and reading
    /// would invite it to.
    pub fn has_rest(&self, request: &Parts) -> bool {
        let is_empty = request.headers.get(CONTENT_LENGTH).is_some_and(|length| length == "0");
        !self.has_ended && !is_empty && !request.headers.contains_key(EXPECT)
    }
}

impl<B: RequestBody> Stream for TrackedBody<B> {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let read = Pin::new(&mut self.body).poll_next(cx);
        self.has_ended |= matches!(read, Poll::Ready(None | Some(Err(_))));
        read
    }
}

/// Reads and discards the rest of a body after the response. A server closes a connection with an
/// unread body at once, and bytes that arrive on a closed socket reset it: a client that sends its
/// whole request before it reads would never see the response (RFC 9112, section 9.6). Bounded by
/// 64 MiB, 60 seconds, and 10 seconds without a byte.
pub async fn drain(body: impl RequestBody, host: &impl Host) {
    let limits = TimeLimits { idle: DRAIN_IDLE, total: DRAIN_TIME };
    let mut body = TimedBody::new(body, limits, host);
    let mut left = DRAIN_BYTES;
    while let Some(Ok(piece)) = body.next().await {
        match left.checked_sub(piece.len() as u64) {
            Some(rest) => left = rest,
            None => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestHost;
    use futures_util::stream;
    use http::{Method, Request};

    const LIMITS: TimeLimits =
        TimeLimits { idle: Duration::from_secs(60), total: Duration::from_secs(3600) };

    fn piece() -> Result<Bytes, BodyError> {
        Ok(Bytes::from_static(b"x"))
    }

    #[tokio::test]
    async fn a_body_that_stands_still_fails_though_nothing_ever_arrives() {
        let host = TestHost::default();
        let body = stream::iter([piece()]).chain(stream::pending());
        let mut body = TimedBody::new(body, LIMITS, &host);
        assert_eq!(body.next().await, Some(piece()));
        assert_eq!(body.next().await, Some(Err(BodyError::Stalled)));
        assert_eq!(host.uptime(), LIMITS.idle);
    }

    #[tokio::test]
    async fn the_total_time_ends_a_body_that_moves_and_one_that_does_not() {
        let host = TestHost::default();
        let trickle = stream::unfold((), |()| async {
            host.pass(50);
            Some((piece(), ()))
        });
        let mut body = TimedBody::new(Box::pin(trickle), LIMITS, &host);
        let mut pieces = 0;
        while body.next().await == Some(piece()) {
            pieces += 1;
        }
        assert_eq!((pieces, host.passed()), (72, 3650), "one piece comes every 50 s");

        let host = TestHost::default();
        let late = stream::once(async {
            host.pass(3590);
            piece()
        });
        let mut body = TimedBody::new(Box::pin(late).chain(stream::pending()), LIMITS, &host);
        assert_eq!(body.next().await, Some(piece()));
        assert_eq!(body.next().await, Some(Err(BodyError::TookTooLong)));
        assert_eq!(host.uptime(), LIMITS.total);
    }

    #[tokio::test]
    async fn draining_ends_with_the_body_and_is_bounded_in_bytes_and_time() {
        let host = TestHost::default();
        let read = std::cell::Cell::new(0_u64);
        let counted = |size: usize| {
            let piece = Bytes::from(vec![0; size]);
            stream::repeat_with(move || Ok(piece.clone())).inspect(|_| read.set(read.get() + 1))
        };
        drain(counted(1000).take(3), &host).await;
        assert_eq!(read.take(), 3);
        drain(counted(1024 * 1024), &host).await;
        assert_eq!(read.take(), 65, "64 MiB, and the piece beyond");
        drain(stream::pending(), &host).await;
        assert_eq!(host.uptime(), DRAIN_IDLE);
        let trickle = Box::pin(stream::unfold((), |()| async {
            host.pass(9);
            Some((piece(), ()))
        }));
        drain(trickle, &host).await;
        assert!(host.uptime() <= DRAIN_IDLE + DRAIN_TIME + Duration::from_secs(9));
    }

    #[tokio::test]
    async fn only_a_body_that_may_come_is_drained() {
        for (method, headers, has_rest) in [
            (Method::GET, vec![], true),
            (Method::HEAD, vec![], true),
            (Method::DELETE, vec![], true),
            (Method::OPTIONS, vec![], true),
            (Method::POST, vec![], true),
            (Method::GET, vec![(CONTENT_LENGTH, "0")], false),
            (Method::POST, vec![(CONTENT_LENGTH, "0")], false),
            (Method::GET, vec![(CONTENT_LENGTH, "5")], true),
            (Method::GET, vec![(EXPECT, "100-continue")], false),
            (Method::PUT, vec![(CONTENT_LENGTH, "5"), (EXPECT, "100-continue")], false),
        ] {
            let mut request = Request::builder().method(&method);
            for (name, value) in &headers {
                request = request.header(name, *value);
            }
            let request = request.body(()).expect("a request").into_parts().0;
            let mut body = TrackedBody::new(stream::iter([piece()]));
            assert_eq!(body.has_rest(&request), has_rest, "{method} {headers:?}");
            assert_eq!((body.next().await, body.next().await), (Some(piece()), None));
            assert!(!body.has_rest(&request), "it has ended");
        }
    }
}
