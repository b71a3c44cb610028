//! HTTP/1.1 byte by byte, for responses without a length.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use super::{Edge, TIMEOUT};

/// Fields by name in lower case; values of one name in their order.
pub type Fields = BTreeMap<String, Vec<Vec<u8>>>;

/// A response as it was on the wire, chunks joined, without the fields that [`may_differ`] between
/// a component alone and behind the gate.
#[derive(Debug, PartialEq, Eq)]
pub struct RawResponse {
    pub status: String,
    pub headers: Fields,
    pub body: Vec<u8>,
    pub trailers: Fields,
}

/// Returns whether a field is the gate's, or the time.
fn may_differ(name: &str) -> bool {
    name.starts_with("x-auth-") || name == "date"
}

/// A connection.
pub struct Stream(BufReader<TcpStream>);

impl Stream {
    pub fn connect(edge: &Edge) -> Self {
        let stream = TcpStream::connect(edge.address).expect("a connection");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        Self(BufReader::new(stream))
    }

    /// Sends long texts in another thread: an echo begins before the request ends.
    pub fn send(&mut self, bytes: &[u8]) {
        let (mut stream, bytes) =
            (self.0.get_ref().try_clone().expect("a handle"), bytes.to_owned());
        if bytes.len() < 1000 {
            stream.write_all(&bytes).expect("sent");
        } else {
            std::thread::spawn(move || stream.write_all(&bytes));
        }
    }

    fn line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).expect("a line");
        assert_eq!(line.pop(), Some(b'\n'), "the response ended early");
        assert_eq!(line.pop(), Some(b'\r'));
        line
    }

    fn fields(&mut self) -> Fields {
        let mut fields: Fields = BTreeMap::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                fields.retain(|name, _| !may_differ(name));
                return fields;
            }
            let colon = line.iter().position(|byte| *byte == b':').expect("a field");
            let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
            fields.entry(name).or_default().push(line[colon + 1..].trim_ascii().to_owned());
        }
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).expect("all bytes");
        bytes
    }

    pub fn chunk(&mut self) -> Vec<u8> {
        let size = String::from_utf8(self.line()).expect("a size");
        let length = usize::from_str_radix(size.trim(), 16).expect("a size");
        let chunk = self.exactly(length);
        if length > 0 {
            assert_eq!(self.exactly(2), b"\r\n");
        }
        chunk
    }

    pub fn head(&mut self) -> (String, Fields) {
        let status = String::from_utf8(self.line()).expect("a status line");
        (status, self.fields())
    }

    pub fn receive(&mut self, method: &str) -> RawResponse {
        let (status, headers) = self.head();
        let mut response =
            RawResponse { status, headers, body: Vec::new(), trailers: BTreeMap::new() };
        if method == "HEAD" {
            return response;
        }
        if let Some(length) = response.headers.get("content-length") {
            let length = String::from_utf8_lossy(&length[0]).parse().expect("a length");
            response.body = self.exactly(length);
        } else {
            loop {
                let chunk = self.chunk();
                if chunk.is_empty() {
                    break;
                }
                response.body.extend(chunk);
            }
            response.trailers = self.fields();
        }
        response
    }
}
