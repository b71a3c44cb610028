//! An HTTP connection with little overhead.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

pub(crate) struct Connection(BufReader<TcpStream>, String, Vec<u8>);

impl Connection {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self(BufReader::new(stream), String::new(), Vec::new())
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).expect("the request is sent");
    }

    /// Reads a response and returns its status.
    pub(crate) fn status(&mut self) -> u16 {
        let (mut status, mut length) = (0, 0);
        loop {
            self.1.clear();
            self.0.read_line(&mut self.1).expect("a response");
            let line = self.1.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest.get(..3).and_then(|status| status.parse().ok()).unwrap_or(0);
            } else if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            }
        }
        self.2.resize(length, 0);
        self.0.read_exact(&mut self.2).expect("the whole body");
        status
    }
}
