//! Reads the metrics of the program.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::{Edge, TIMEOUT};

/// Returns the address in the log line about metrics.
pub fn metrics_address(edge: &Edge) -> SocketAddr {
    assert!(edge.logs("metrics at http://"), "{}", edge.log());
    let log = edge.log();
    let address =
        log.split("metrics at http://").nth(1).and_then(|rest| rest.split("/metrics").next());
    address.and_then(|address| address.parse().ok()).expect("an address")
}

pub fn metrics(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: edge.test\r\n\r\n").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("a response");
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    text
}

pub fn sample(text: &str, name: &str) -> u64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap_or_else(|| panic!("no {name} in {text}"));
    line.trim().parse().expect("a number")
}
