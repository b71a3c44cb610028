//! A TCP connection with timeouts: it records when bytes last moved, for the requests on it, and
//! ends when a client reads nothing.

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

/// Raises the soft limit of open files to the hard limit: every connection is a file, and the
/// default soft limit is for programs that use `select`.
///
/// # Errors
/// The error of the system call.
pub fn raise_file_limit() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}

/// When a connection that is being closed still reads what the client sends, so that the client can
/// read its response before the connection is reset.
#[derive(Clone, Copy, Debug)]
pub enum Linger {
    /// When the last request was not read to its end ([`ActiveRequest::set_unread`]), for at most
    /// this long.
    IfUnread(Duration),
    /// Until the client closes its side, for at most this long.
    Always(Duration),
}

/// The state of an open connection.
#[derive(Debug)]
pub struct Activity {
    opened: Instant,
    /// When bytes were last received or sent, in milliseconds after `opened`.
    last_activity: AtomicU64,
    /// The end of the current request, to be set when it ends.
    current: Mutex<Option<Arc<OnceLock<Instant>>>>,
    /// Whether a part of the current request's body has not been read.
    unread: AtomicBool,
}

/// A request on a connection, which has one at a time.
#[derive(Clone, Debug)]
pub struct ActiveRequest {
    activity: Arc<Activity>,
    started: Instant,
    ended: Arc<OnceLock<Instant>>,
}

impl Activity {
    /// Returns the state of a connection that opens now.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            last_activity: AtomicU64::new(0),
            current: Mutex::default(),
            unread: false.into(),
        })
    }

    /// Starts the next request, which ends the current one.
    pub fn start_request(self: &Arc<Self>) -> ActiveRequest {
        self.touch();
        let ended = Arc::default();
        self.end_current(Some(Arc::clone(&ended)));
        ActiveRequest { activity: Arc::clone(self), started: Instant::now(), ended }
    }

    fn end_current(&self, next: Option<Arc<OnceLock<Instant>>>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ended) = std::mem::replace(&mut *current, next) {
            let _ = ended.set(Instant::now());
        }
    }

    fn touch(&self) {
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_activity.store(now, Ordering::Relaxed);
    }
}

impl ActiveRequest {
    /// Returns when the request started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Records activity now.
    pub fn touch(&self) {
        self.activity.touch();
    }

    /// Records whether a part of its body has not been read.
    pub fn set_unread(&self, unread: bool) {
        self.activity.unread.store(unread, Ordering::Relaxed);
    }

    /// Whether a part of its body has not been read.
    pub fn has_unread(&self) -> bool {
        self.activity.unread.load(Ordering::Relaxed)
    }

    /// Returns when bytes of its body or of its response last moved. After its end, which is the
    /// next request or the end of the connection, returns that end: cleaning up, such as removing
    /// an aborted upload, has its full time from then on.
    pub fn last_activity(&self) -> Instant {
        let on_connection = || {
            let since_opened = self.activity.last_activity.load(Ordering::Relaxed);
            self.activity.opened + Duration::from_millis(since_opened)
        };
        self.ended.get().copied().unwrap_or_else(on_connection)
    }
}

/// A stream that records its activity, and whose writes fail when the peer reads nothing for too
/// long.
///
/// Shutting it down lingers after a response that was sent before the end of its request: a closed
/// socket that receives data resets the connection, and the client may lose the response (RFC 9112,
/// section 9.6).
#[derive(Debug)]
pub struct Watched<S, G = ()> {
    stream: S,
    _guard: G,
    activity: Arc<Activity>,
    write_timeout: Duration,
    linger: Linger,
    /// The timer of a write that is pending.
    stalled: Option<Pin<Box<Sleep>>>,
    /// The timer after the stream was shut down.
    lingering: Option<Pin<Box<Sleep>>>,
}

impl<S, G> Watched<S, G> {
    /// Wraps a stream. A write fails after waiting `write_timeout` for the peer. The `guard`, such
    /// as a permit of a semaphore, is dropped with the stream.
    pub fn new(
        stream: S,
        activity: Arc<Activity>,
        write_timeout: Duration,
        linger: Linger,
        guard: G,
    ) -> Self {
        let (stalled, lingering) = (None, None);
        Self { stream, _guard: guard, activity, write_timeout, linger, stalled, lingering }
    }

    /// Records the outcome of a write, or lets it fail when it is pending for too long.
    fn after_write<T>(
        &mut self,
        outcome: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            self.activity.touch();
            return outcome;
        }
        let timeout = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client reads nothing")))
    }
}

impl<S, G> Drop for Watched<S, G> {
    fn drop(&mut self) {
        self.activity.end_current(None);
    }
}

impl<S: AsyncRead + Unpin, G: Unpin> AsyncRead for Watched<S, G> {
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

impl<S: AsyncRead + AsyncWrite + Unpin, G: Unpin> AsyncWrite for Watched<S, G> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.after_write(outcome, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, buffers);
        self.after_write(outcome, cx)
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
        let mut buffer = [0; 16 * 1024];
        while end.as_mut().poll(cx).is_pending() {
            let mut discarded = ReadBuf::new(&mut buffer);
            let read = ready!(Pin::new(&mut *stream).poll_read(cx, &mut discarded));
            if read.is_err() || discarded.filled().is_empty() {
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
    async fn a_write_fails_when_the_peer_reads_nothing_for_too_long() {
        let (near, mut far) = tokio::io::duplex(10);
        let (timeout, linger) = (Duration::from_millis(500), Linger::IfUnread(Duration::ZERO));
        let mut watched = Watched::new(near, Activity::new(), timeout, linger, ());
        watched.write_all(&[1; 10]).await.expect("it fits into the buffer");
        let reader = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            far.read_exact(&mut [0; 10]).await.expect("it was written");
        };
        let (written, ()) = tokio::join!(watched.write_all(&[2; 10]), reader);
        written.expect("the peer read in time");
        let error = watched.write_all(&[3; 10]).await.expect_err("the peer reads nothing");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_lingering_stream_reads_what_the_client_still_sends() {
        let time = Duration::from_millis(500);
        for (unread, linger, lingers) in [
            (false, Linger::IfUnread(time), false),
            (true, Linger::IfUnread(time), true),
            (false, Linger::Always(time), true),
        ] {
            let activity = Activity::new();
            activity.start_request().set_unread(unread);
            let (near, mut far) = tokio::io::duplex(10);
            let mut watched = Watched::new(near, activity, Duration::from_secs(5), linger, ());
            let sent = tokio::spawn(async move { (far.write_all(&[1; 1000]).await, far) });
            tokio::task::yield_now().await;
            let started = Instant::now();
            watched.shutdown().await.expect("it is shut down");
            assert_eq!(started.elapsed() >= time, lingers, "{:?}", started.elapsed());
            drop(watched);
            assert_eq!(sent.await.expect("no panic").0.is_ok(), lingers);
        }
    }

    #[tokio::test]
    async fn a_request_ends_with_the_next_one_and_with_the_connection() {
        let activity = Activity::new();
        let (near, mut far) = tokio::io::duplex(10);
        let mut watched = Watched::new(
            near,
            Arc::clone(&activity),
            Duration::from_secs(5),
            Linger::IfUnread(Duration::ZERO),
            (),
        );
        let first = activity.start_request();
        let started = first.last_activity();
        tokio::time::sleep(Duration::from_millis(20)).await;
        far.write_all(b"x").await.expect("it fits into the buffer");
        watched.read_exact(&mut [0]).await.expect("it was written");
        let read = first.last_activity();
        assert!(read >= started + Duration::from_millis(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
        let second = activity.start_request();
        let ended = first.last_activity();
        assert!(ended >= read + Duration::from_millis(10), "the next request ends it");
        tokio::time::sleep(Duration::from_millis(20)).await;
        let closing = Instant::now();
        drop(watched);
        assert!(second.last_activity() >= closing, "the end of the connection ends it");
        assert_eq!(first.last_activity(), ended, "later activity belongs to the next request");
    }
}
