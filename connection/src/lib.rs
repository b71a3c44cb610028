//! A connection as its requests see it: when something last moved on it, and an end when nothing
//! does.

pub mod log;

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Lets the program open as many files as it is allowed to: a connection is one, and the usual
/// first limit is for programs that cannot cope with more.
///
/// # Errors
/// When the limit stays as it is.
pub fn raise_file_limit() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}

/// When a connection that is being closed goes on taking what the client sends, for the client to
/// read its answer in peace.
#[derive(Clone, Copy, Debug)]
pub enum Linger {
    /// When the last request was answered before all of it was read, as [`Turn::set_unread`] says;
    /// so long at most.
    IfUnread(Duration),
    /// In any case, until the client closes its side; so long at most.
    Always(Duration),
}

/// What is known of a connection while it is open.
#[derive(Debug)]
pub struct Activity {
    opened: Instant,
    /// When bytes last came or went, in milliseconds since then.
    moved: AtomicU64,
    /// Set when the current request is over.
    current: Mutex<Option<Arc<OnceLock<Instant>>>>,
    /// Whether there is more of a request's body than has been read.
    unread: AtomicBool,
}

/// A request of a connection, which brings one at a time.
#[derive(Clone, Debug)]
pub struct Turn {
    activity: Arc<Activity>,
    began: Instant,
    over: Arc<OnceLock<Instant>>,
}

impl Activity {
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            moved: AtomicU64::new(0),
            current: Mutex::default(),
            unread: false.into(),
        })
    }

    /// The next request begins, and so the one before is over.
    pub fn begin(self: &Arc<Self>) -> Turn {
        self.touch();
        let over = Arc::default();
        self.end_current(Some(Arc::clone(&over)));
        Turn { activity: Arc::clone(self), began: Instant::now(), over }
    }

    fn end_current(&self, next: Option<Arc<OnceLock<Instant>>>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(over) = std::mem::replace(&mut *current, next) {
            let _ = over.set(Instant::now());
        }
    }

    fn touch(&self) {
        let moved = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.store(moved, Ordering::Relaxed);
    }
}

impl Turn {
    /// When the request came.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// Notes that something moves.
    pub fn touch(&self) {
        self.activity.touch();
    }

    /// Notes whether there is more of its body.
    pub fn set_unread(&self, unread: bool) {
        self.activity.unread.store(unread, Ordering::Relaxed);
    }

    /// Whether there is more of its body than has been read.
    pub fn has_unread(&self) -> bool {
        self.activity.unread.load(Ordering::Relaxed)
    }

    /// When bytes of its body or of the answer last moved, or when it was over: the next request
    /// had begun or the connection was closed. What is left to do for it, such as removing an
    /// upload that broke off, begins then.
    pub fn moved(&self) -> Instant {
        let moved = || {
            self.activity.opened
                + Duration::from_millis(self.activity.moved.load(Ordering::Relaxed))
        };
        self.over.get().copied().unwrap_or_else(moved)
    }
}

/// A stream that tells of its activity, and fails when the other side takes nothing for too long.
///
/// It is closed gently after an answer that was given before the whole request had come: a closed
/// socket to which bytes arrive resets the connection, and the client may never see the answer
/// (RFC 9112, section 9.6).
#[derive(Debug)]
pub struct Watched<S, K = ()> {
    stream: S,
    _kept: K,
    activity: Arc<Activity>,
    patience: Duration,
    linger: Linger,
    /// Runs while there is something to write and it cannot be written.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs once nothing will be written any more.
    lingering: Option<Pin<Box<Sleep>>>,
}

impl<S, K> Watched<S, K> {
    /// `patience`: how long a write may wait for the other side. `kept` is dropped with the
    /// stream: a place among the connections there may be, say.
    pub fn new(
        stream: S,
        activity: Arc<Activity>,
        patience: Duration,
        linger: Linger,
        kept: K,
    ) -> Self {
        Self { stream, activity, patience, linger, stalled: None, lingering: None, _kept: kept }
    }

    /// What has come of a write.
    fn written<T>(
        &mut self,
        outcome: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
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

impl<S, K> Drop for Watched<S, K> {
    fn drop(&mut self) {
        self.activity.end_current(None);
    }
}

impl<S: AsyncRead + Unpin, K: Unpin> AsyncRead for Watched<S, K> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, into);
        if into.filled().len() > before {
            self.activity.touch();
        }
        outcome
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, K: Unpin> AsyncWrite for Watched<S, K> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
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
        }
        let time = match *linger {
            Linger::IfUnread(_) if !activity.unread.load(Ordering::Relaxed) => {
                return Poll::Ready(Ok(()));
            }
            Linger::IfUnread(time) | Linger::Always(time) => time,
        };
        let end = lingering.get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
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
        let (patience, linger) = (Duration::from_millis(500), Linger::IfUnread(Duration::ZERO));
        let mut watched = Watched::new(near, Activity::new(), patience, linger, ());
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
        let time = Duration::from_millis(500);
        for (unread, linger, gentle) in [
            (false, Linger::IfUnread(time), false),
            (true, Linger::IfUnread(time), true),
            (false, Linger::Always(time), true),
        ] {
            let activity = Activity::new();
            activity.begin().set_unread(unread);
            let (near, mut far) = tokio::io::duplex(10);
            let mut watched = Watched::new(near, activity, Duration::from_secs(5), linger, ());
            let sent = tokio::spawn(async move { (far.write_all(&[1; 1000]).await, far) });
            tokio::task::yield_now().await;
            let started = Instant::now();
            watched.shutdown().await.expect("it is shut down");
            assert_eq!(started.elapsed() >= time, gentle, "{:?}", started.elapsed());
            drop(watched);
            assert_eq!(sent.await.expect("no panic").0.is_ok(), gentle);
        }
    }

    #[tokio::test]
    async fn a_turn_is_over_with_the_next_one_and_with_the_connection() {
        let activity = Activity::new();
        let (near, mut far) = tokio::io::duplex(10);
        let mut watched = Watched::new(
            near,
            Arc::clone(&activity),
            Duration::from_secs(5),
            Linger::IfUnread(Duration::ZERO),
            (),
        );
        let first = activity.begin();
        let moved = first.moved();
        tokio::time::sleep(Duration::from_millis(20)).await;
        far.write_all(b"x").await.expect("there is room");
        watched.read_exact(&mut [0]).await.expect("it is there");
        let moved_again = first.moved();
        assert!(moved_again >= moved + Duration::from_millis(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
        let second = activity.begin();
        let over = first.moved();
        assert!(over >= moved_again + Duration::from_millis(10), "it is over now");
        tokio::time::sleep(Duration::from_millis(20)).await;
        let closing = Instant::now();
        drop(watched);
        assert!(second.moved() >= closing, "it is over now");
        assert_eq!(first.moved(), over, "later activity belongs to the next request");
    }
}
