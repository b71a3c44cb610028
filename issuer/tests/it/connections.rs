//! Limits of connections: their number, and the time for which a client may leave a response
//! unread.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use issuer::http::Connections;
use serde_json::json;

use crate::http::{Response, request};
use crate::support::{Options, TestIssuer};

const PATIENCE: Duration = Duration::from_secs(30);

fn connect(issuer: &TestIssuer) -> TcpStream {
    let stream = TcpStream::connect(issuer.address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream
}

fn read_to_end(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an end");
    bytes
}

#[test]
fn a_client_that_sends_on_after_its_refusal_can_still_read_it() {
    let issuer = TestIssuer::start();
    let head = b"POST /api/token/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n";
    for _ in 0..10 {
        let mut stream = connect(&issuer);
        stream.write_all(head).expect("it reads");
        stream.write_all(&[b' '; 300_000]).expect("it takes what it has no use for");
        // The response is in flight when the client sends more.
        thread::sleep(Duration::from_millis(20));
        stream.write_all(&[b' '; 300_000]).expect("it takes what it has no use for");
        let response = Response::parse(&read_to_end(stream));
        assert_eq!(response.status, 413);
        assert_eq!(
            response.json(),
            json!({ "detail": "The request body is larger than 262144 bytes." })
        );
    }
}

/// Reads the next response on a connection; it has a `Content-Length`.
fn next_response(stream: &mut TcpStream) -> Response {
    let mut bytes = Vec::new();
    loop {
        let mut byte = [0];
        assert_eq!(
            stream.read(&mut byte).expect("a response"),
            1,
            "closed after {}",
            String::from_utf8_lossy(&bytes)
        );
        bytes.push(byte[0]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let lower = head.to_ascii_lowercase();
        let length =
            lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if length.is_none_or(|length: usize| body.len() == length) {
            return Response::parse(&bytes);
        }
    }
}

#[test]
fn the_response_to_an_unread_body_closes_the_connection() {
    let issuer = TestIssuer::start();
    for (head, status) in [
        ("POST /api/token/ HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n", 413),
        ("POST /api/token HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n", 308),
        ("PUT /api/token/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n", 405),
        ("POST /nowhere/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 404),
    ] {
        let mut stream = connect(&issuer);
        stream.write_all(head.as_bytes()).expect("it reads");
        let response = next_response(&mut stream);
        assert_eq!(
            (response.status, response.header("connection")),
            (status, Some("close")),
            "{head}"
        );
        assert_eq!(read_to_end(stream), b"");
    }
    // Without `Connection: close` the client reuses the connection.
    let mut stream = connect(&issuer);
    for _ in 0..3 {
        let wrong = "{\"username\":\"a\"}";
        let head = "POST /api/token/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
             Content-Length: 16\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("it reads");
        // The body arrives separately from the head.
        thread::sleep(Duration::from_millis(20));
        stream.write_all(wrong.as_bytes()).expect("it reads");
        let response = next_response(&mut stream);
        assert_eq!((response.status, response.header("connection")), (400, None));
    }
}

#[test]
fn more_connections_than_there_may_be_wait_for_others_to_end() {
    let connections = Connections { max: 3, ..Connections::default() };
    let issuer = TestIssuer::with(Options { connections, ..Options::default() });
    let mut idle: Vec<_> = (0..3).map(|_| connect(&issuer)).collect();
    for stream in &mut idle {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").expect("it reads");
        assert_ne!(stream.read(&mut [0; 4096]).expect("a response"), 0, "they are all taken");
    }
    let mut waiting = connect(&issuer);
    waiting.write_all(&request("GET", "/healthz").bytes()).expect("the system takes it");
    waiting.set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout can be set");
    let error = waiting.read(&mut [0]).expect_err("the server has not read it");
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    assert!(
        issuer.metrics().body.contains("\nissuer_connections 3\n"),
        "{}",
        issuer.metrics().body
    );
    drop(idle.pop());
    waiting.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    assert_eq!(Response::parse(&read_to_end(waiting)).status, 200);
}

#[test]
fn a_client_that_does_not_read_responses_is_disconnected() {
    let connections =
        Connections { write_timeout: Duration::from_millis(500), ..Connections::default() };
    let issuer = TestIssuer::with(Options { connections, ..Options::default() });
    let mut stream = connect(&issuer);
    let request = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\n\r\n";
    // Unread responses of a megabyte: the socket buffers are soon full.
    let started = Instant::now();
    while stream.write_all(request).is_ok() {
        assert!(started.elapsed() < PATIENCE, "it is kept");
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(issuer.send(&crate::http::request("GET", "/healthz")).status, 200);
}
