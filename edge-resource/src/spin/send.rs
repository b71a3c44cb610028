//! Sends a response: the host reads the body while a separate task writes it.

use std::time::Duration;

use edge_auth::{Host, within};
use spin_sdk::wasip3::http::types::{self, ErrorCode, HeaderError};
use spin_sdk::wasip3::http_compat::BodyWriter;

use super::host::SpinHost;
use crate::response::{Body, Response};

/// Bytes of a body that the client has `idle_timeout` to read.
const WRITTEN_AT_ONCE: usize = 64 * 1024;

/// Passes head and body to the host.
pub(super) fn send(
    response: Response,
    idle_timeout: Duration,
) -> Result<types::Response, ErrorCode> {
    let (head, body) = response.into_parts();
    let headers = head
        .headers
        .try_into()
        .map_err(|error: HeaderError| ErrorCode::InternalError(Some(error.to_string())))?;
    let (mut writer, contents, trailers) = BodyWriter::new();
    let (response, _) = types::Response::new(headers, Some(contents), trailers);
    // The status is one of the `http` crate, so the host accepts it.
    let _ = response.set_status_code(head.status.as_u16());
    spin_sdk::wasip3::spawn(async move {
        let outcome = write(body, &mut writer, idle_timeout).await.map(|()| None);
        let BodyWriter { stream_writer, result_writer, .. } = writer;
        // The stream must end before its result is written. The write fails if the client has
        // disconnected.
        drop(stream_writer);
        let _ = result_writer.write(outcome).await;
    });
    Ok(response)
}

/// Writes the body. Each write is raced against the timer, so that a client that reads nothing does
/// not hold it for ever.
async fn write(
    body: Body,
    writer: &mut BodyWriter,
    idle_timeout: Duration,
) -> Result<(), ErrorCode> {
    let mut content = match body {
        Body::Text(text) => return write_piece(text.into_bytes(), writer, idle_timeout).await,
        Body::File(content) => content,
    };
    loop {
        match content.next(&SpinHost).await {
            Ok(None) => return Ok(()),
            Ok(Some(bytes)) => {
                for piece in bytes.chunks(WRITTEN_AT_ONCE) {
                    write_piece(piece.to_vec(), writer, idle_timeout).await?;
                }
            }
            Err(error) => {
                SpinHost.log(format_args!("error: key-value store: {error}"));
                return Err(ErrorCode::InternalError(Some("the file cannot be read".to_owned())));
            }
        }
    }
}

async fn write_piece(
    piece: Vec<u8>,
    writer: &mut BodyWriter,
    time: Duration,
) -> Result<(), ErrorCode> {
    match within(time, writer.stream_writer.write_all(piece), &SpinHost).await {
        Some(unwritten) if unwritten.is_empty() => Ok(()),
        Some(_) => Err(ErrorCode::ConnectionTerminated),
        None => Err(ErrorCode::ConnectionWriteTimeout),
    }
}
