//! What the component writes to its standard output and error, line by line in this program's log.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// Longer lines are cut into pieces of this many bytes.
const MAX_LINE: usize = 4096;

/// A stream of the component that ends in the log.
#[derive(Clone, Copy)]
pub(crate) struct GuestLog;

impl IsTerminal for GuestLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestLog {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Lines::default())
    }
}

#[derive(Default)]
struct Lines {
    unfinished: Vec<u8>,
}

impl Lines {
    fn take(&mut self, bytes: &[u8], mut log: impl FnMut(&str)) {
        for &byte in bytes {
            if byte == b'\n' || self.unfinished.len() == MAX_LINE {
                self.finish(&mut log);
            }
            if byte != b'\n' {
                self.unfinished.push(byte);
            }
        }
    }

    fn finish(&mut self, mut log: impl FnMut(&str)) {
        if !self.unfinished.is_empty() {
            log(&String::from_utf8_lossy(&self.unfinished));
            self.unfinished.clear();
        }
    }
}

/// The level is the word before the first colon.
fn log(line: &str) {
    match line.split_once(": ") {
        Some(("error", message)) => tracing::error!(target: "component", "{message}"),
        Some(("warning", message)) => tracing::warn!(target: "component", "{message}"),
        _ => tracing::info!(target: "component", "{line}"),
    }
}

impl AsyncWrite for Lines {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.take(bytes, log);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.finish(log);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_from_pieces_and_never_grow_without_end() {
        let mut seen = Vec::new();
        let mut lines = Lines::default();
        for piece in ["a", "b\nc", "\n\nd"] {
            lines.take(piece.as_bytes(), |line| seen.push(line.to_owned()));
        }
        assert_eq!(seen, ["ab", "c"]);
        assert_eq!(lines.unfinished, b"d");

        seen.clear();
        lines.take(&vec![b'x'; 3 * MAX_LINE], |line| seen.push(line.to_owned()));
        assert!(seen.iter().all(|line| line.len() <= MAX_LINE));
        assert!(lines.unfinished.len() <= MAX_LINE);
    }
}
