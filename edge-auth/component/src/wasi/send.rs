//! Sends a response: the host reads the body while a separate task writes it.

use std::time::Duration;

use edge_auth::within;
use spin_sdk::wasip3::http::types::{self, ErrorCode, HeaderError};
use spin_sdk::wasip3::http_compat::BodyWriter;

use super::host::WASI_HOST;

/// Bytes of a body that the client has the idle timeout to read.
const WRITTEN_AT_ONCE: usize = 64 * 1024;

/// Accepts the body of a response.
pub struct BodySink {
    writer: BodyWriter,
    idle_timeout: Duration,
}

impl BodySink {
    /// Writes the next bytes. Each write is raced against the timer, so that a client that reads
    /// nothing does not hold it for ever.
    ///
    /// # Errors
    /// When the client disconnected, or did not read 64 KiB within the idle timeout.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ErrorCode> {
        for piece in bytes.chunks(WRITTEN_AT_ONCE) {
            let write = self.writer.stream_writer.write_all(piece.to_vec());
            match within(self.idle_timeout, write, &WASI_HOST).await {
                Some(unwritten) if unwritten.is_empty() => {}
                Some(_) => return Err(ErrorCode::ConnectionTerminated),
                None => return Err(ErrorCode::ConnectionWriteTimeout),
            }
        }
        Ok(())
    }
}

/// Passes the head to the host, and starts a task in which `write` writes the body.
///
/// # Errors
/// When the host rejects a header.
pub fn send<B: 'static>(
    response: http::Response<B>,
    idle_timeout: Duration,
    write: impl AsyncFnOnce(B, &mut BodySink) -> Result<(), ErrorCode> + 'static,
) -> Result<types::Response, ErrorCode> {
    let (head, body) = response.into_parts();
    let headers = head
        .headers
        .try_into()
        .map_err(|error: HeaderError| ErrorCode::InternalError(Some(error.to_string())))?;
    let (writer, contents, trailers) = BodyWriter::new();
    let (response, _) = types::Response::new(headers, Some(contents), trailers);
    // The status is one of the `http` crate, so the host accepts it.
    let _ = response.set_status_code(head.status.as_u16());
    spin_sdk::wasip3::spawn(async move {
        let mut sink = BodySink { writer, idle_timeout };
        let outcome = write(body, &mut sink).await.map(|()| None);
        let BodyWriter { stream_writer, result_writer, .. } = sink.writer;
        // The stream must end before its result is written. The write fails if the client has
        // disconnected.
        drop(stream_writer);
        let _ = result_writer.write(outcome).await;
    });
    Ok(response)
}
