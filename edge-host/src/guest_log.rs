//! Copies the component's standard output and error to this program's log, line by line.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// Longest line in bytes; a longer one is split.
const MAX_LINE: usize = 4096;

/// An output stream of the component.
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
    fn push(&mut self, bytes: &[u8], mut log: impl FnMut(&str)) {
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

/// Logs a line at the level that its prefix `error: ` or `warning: ` names.
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
        self.push(bytes, log);
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
    fn lines_are_assembled_from_writes_up_to_a_bound() {
        let mut seen = Vec::new();
        let mut lines = Lines::default();
        for write in ["a", "b\nc", "\n\nd"] {
            lines.push(write.as_bytes(), |line| seen.push(line.to_owned()));
        }
        assert_eq!(seen, ["ab", "c"]);
        assert_eq!(lines.unfinished, b"d");

        seen.clear();
        lines.push(&vec![b'x'; 3 * MAX_LINE], |line| seen.push(line.to_owned()));
        assert!(seen.iter().all(|line| line.len() <= MAX_LINE));
        assert!(lines.unfinished.len() <= MAX_LINE);
    }
}
