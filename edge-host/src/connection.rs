//! A connection as its requests see it: when something last moved on it, and an end when nothing does.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// How long what a client still sends is taken after its answer, for it to read the answer in peace.
const LINGER_TIME: Duration = Duration::from_secs(5);

/// What is known of a connection while it is open.
#[derive(Debug)]
pub(crate) struct Activity {
    opened: Instant,
    /// When bytes last came or went, in milliseconds since then.
    moved: AtomicU64,
    /// How many requests have begun; one more when the connection is closed.
    requests: AtomicU64,
    /// Whether there is more of a request's body than has been read.
    unread: AtomicBool,
}

/// A request of a connection, which brings one at a time.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    activity: Arc<Activity>,
    number: u64,
    began: Instant,
}

impl Activity {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            moved: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            unread: false.into(),
        })
    }

    /// The next request begins, and so the one before is over.
    pub(crate) fn begin(self: &Arc<Self>) -> Turn {
        self.touch();
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        Turn { activity: Arc::clone(self), number, began: Instant::now() }
    }

    fn touch(&self) {
        let moved = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.store(moved, Ordering::Relaxed);
    }
}

impl Turn {
    /// When the request came.
    pub(crate) fn began(&self) -> Instant {
        self.began
    }

    /// Notes that something moves.
    pub(crate) fn touch(&self) {
        self.activity.touch();
    }

    /// Notes whether there is more of its body.
    pub(crate) fn set_unread(&self, unread: bool) {
        self.activity.unread.store(unread, Ordering::Relaxed);
    }

    /// When bytes of its body or of the answer last moved; nothing when it is over.
    pub(crate) fn moved(&self) -> Option<Instant> {
        let is_current = self.activity.requests.load(Ordering::Relaxed) == self.number;
        is_current.then(|| self.activity.opened + Duration::from_millis(self.activity.moved.load(Ordering::Relaxed)))
    }
}

/// A stream that tells of its activity, and fails when the other side takes nothing for too long.
///
/// It is closed gently after an answer that was given before the whole request had come: a closed socket to which bytes arrive resets the connection,
/// and the client may never see the answer.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
    patience: Duration,
    linger: Duration,
    /// Runs while there is something to write and it cannot be written.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs once nothing will be written any more.
    lingering: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    /// `patience`: how long a write may wait for the other side.
    pub(crate) fn new(stream: S, activity: Arc<Activity>, patience: Duration) -> Self {
        Self { stream, activity, patience, linger: LINGER_TIME, stalled: None, lingering: None }
    }

    /// What has come of a write.
    fn written<T>(&mut self, outcome: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            self.activity.touch();
            return outcome;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")))
    }
}

impl<S> Drop for Watched<S> {
    fn drop(&mut self) {
        self.activity.requests.fetch_add(1, Ordering::Relaxed);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, into);
        if into.filled().len() > before {
            self.activity.touch();
        }
        outcome
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(outcome, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.written(outcome, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, activity, linger, lingering, .. } = self.get_mut();
        if lingering.is_none() {
            ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
            if !activity.unread.load(Ordering::Relaxed) {
                return Poll::Ready(Ok(()));
            }
        }
        let end = lingering.get_or_insert_with(|| Box::pin(tokio::time::sleep(*linger)));
        let mut space = [0; 16 * 1024];
        while end.as_mut().poll(cx).is_pending() {
            let mut taken = ReadBuf::new(&mut space);
            let read = ready!(Pin::new(&mut *stream).poll_read(cx, &mut taken));
            if read.is_err() || taken.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_write_waits_for_the_other_side_only_so_long() {
        let (near, mut far) = tokio::io::duplex(10);
        let mut watched = Watched::new(near, Activity::new(), Duration::from_millis(500));
        watched.write_all(&[1; 10]).await.expect("there is room");
        let reader = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            far.read_exact(&mut [0; 10]).await.expect("it is there");
        };
        let (written, ()) = tokio::join!(watched.write_all(&[2; 10]), reader);
        written.expect("the other side has taken it in time");
        let error = watched.write_all(&[3; 10]).await.expect_err("nobody takes it");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn what_is_still_sent_is_taken_for_a_moment() {
        for (unread, gentle) in [(false, false), (true, true)] {
            let activity = Activity::new();
            activity.begin().set_unread(unread);
            let (near, mut far) = tokio::io::duplex(10);
            let mut watched = Watched::new(near, activity, Duration::from_secs(5));
            watched.linger = Duration::from_millis(500);
            let sent = tokio::spawn(async move { (far.write_all(&[1; 1000]).await, far) });
            tokio::task::yield_now().await;
            let started = Instant::now();
            watched.shutdown().await.expect("it is shut down");
            assert_eq!(started.elapsed() >= watched.linger, gentle, "{:?}", started.elapsed());
            drop(watched);
            assert_eq!(sent.await.expect("no panic").0.is_ok(), gentle);
        }
    }

    #[tokio::test]
    async fn a_turn_is_over_with_the_next_one_and_with_the_connection() {
        let activity = Activity::new();
        let (near, mut far) = tokio::io::duplex(10);
        let mut watched = Watched::new(near, Arc::clone(&activity), Duration::from_secs(5));
        let first = activity.begin();
        let moved = first.moved().expect("it goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
        far.write_all(b"x").await.expect("there is room");
        watched.read_exact(&mut [0]).await.expect("it is there");
        assert!(first.moved().expect("it goes on") >= moved + Duration::from_millis(10));
        let second = activity.begin();
        assert!(first.moved().is_none() && second.moved().is_some());
        drop(watched);
        assert!(second.moved().is_none());
    }
}
