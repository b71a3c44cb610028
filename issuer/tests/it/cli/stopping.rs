//! Graceful shutdown: the server responds to every request that it received before the signal, and
//! exits within the limit.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::program::{Server, WorkingDirectory, login, succeeds, wait_for};
use crate::http::{Response, request};

#[test]
fn a_request_under_way_is_finished_before_the_end() {
    let dir = WorkingDirectory::with_keys();
    succeeds(&dir.run_with_input(
        &["users", "create", "--username", "testuser", "--password-stdin"],
        "testpass123",
    ));
    let server = Server::start(&dir, &["--log-format", "json"]);
    let bytes = request("POST", "/api/token/")
        .json(json!({ "username": "testuser", "password": "testpass123" }))
        .bytes();
    let (head, rest) = bytes.split_at(bytes.len() - 10);
    let mut stream = TcpStream::connect(server.address).expect("it listens");
    stream.write_all(head).expect("it reads");
    // The test cannot see when the server has read the head; unread, the request is finished too.
    thread::sleep(Duration::from_millis(300));
    server.signal("TERM");
    wait_for("it takes no new connections", || TcpStream::connect(server.address).is_err());
    stream.write_all(rest).expect("it still reads");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("a response");
    assert_eq!(Response::parse(&response).status, 200);
    let (code, log) = server.wait();
    assert_eq!(code, Some(0));
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line)
            .unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

/// A request that was sent completely, and its response with the time of arrival, unless the
/// server closed the connection first.
struct Sent {
    at: Instant,
    response: Option<(Instant, Response)>,
}

/// Sends a request and reads the whole response; `None` if the request could not be sent.
fn ask(stream: &mut TcpStream, bytes: &[u8]) -> Option<Sent> {
    stream.write_all(bytes).ok()?;
    let at = Instant::now();
    let mut response = Vec::new();
    let mut buffer = [0; 4096];
    let whole = loop {
        match stream.read(&mut buffer) {
            Ok(read @ 1..) => response.extend_from_slice(&buffer[..read]),
            _ => break false,
        }
        let text = String::from_utf8_lossy(&response);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
        });
        if length.is_some_and(|length: usize| body.len() >= length) {
            break true;
        }
    };
    Some(Sent { at, response: whole.then(|| (Instant::now(), Response::parse(&response))) })
}

/// Sends requests one after the other until the server exits: over one connection while it stays
/// open, or over a new one each time.
fn insist(address: SocketAddr, bytes: &[u8], keep: bool) -> Vec<Sent> {
    let mut all = Vec::new();
    let mut kept = None;
    loop {
        let Some(mut stream) = kept.take().or_else(|| TcpStream::connect(address).ok()) else {
            return all;
        };
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout can be set");
        let Some(sent) = ask(&mut stream, bytes) else { continue };
        let goes_on = matches!(&sent.response, Some((_, response)) if response.header("connection") != Some("close"));
        all.push(sent);
        if keep && goes_on {
            kept = Some(stream);
        }
    }
}

#[test]
fn of_many_clients_none_loses_a_request_that_it_had_sent() {
    let dir = WorkingDirectory::with_keys();
    succeeds(&dir.run_with_input(
        &["users", "create", "--username", "testuser", "--password-stdin"],
        "testpass123",
    ));
    let limits = ["--login-limit-address", "0", "--login-limit-name", "0"];
    let server = Server::start(&dir, &limits);
    let address = server.address;
    let tokens = login(address, "testuser", "testpass123");
    let kept = |request: crate::http::Request| {
        let text = String::from_utf8(request.bytes()).expect("text");
        text.replace("Connection: close\r\n", "").into_bytes()
    };
    let password = json!({ "username": "testuser", "password": "testpass123" });
    let requests = [
        kept(request("POST", "/api/token/").json(password)),
        kept(
            request("POST", "/api/token/refresh/")
                .json(json!({ "refresh": tokens.text("refresh") })),
        ),
        kept(request("GET", "/api/users/me/").bearer(&tokens.text("access"))),
    ];
    let mut idle = TcpStream::connect(address).expect("it listens");
    assert!(ask(&mut idle, &requests[2]).and_then(|sent| sent.response).is_some());
    let signalled = OnceLock::new();
    let (sent, ended) = thread::scope(|scope| {
        let clients: Vec<_> = (0..36)
            .map(|client| {
                let (bytes, keep) = (&requests[client % 3], client % 2 == 0);
                scope.spawn(move || insist(address, bytes, keep))
            })
            .collect();
        // Until there are connections of all kinds: new, idle, and with a request in progress.
        thread::sleep(Duration::from_millis(700));
        // Requests sent before this line precede the signal.
        signalled.set(Instant::now()).expect("once");
        server.signal("TERM");
        idle.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout can be set");
        assert_eq!(
            idle.read(&mut [0; 1]).expect("closed in order"),
            0,
            "the idle connection is closed"
        );
        let ended = server.wait();
        let all: Vec<Sent> =
            clients.into_iter().flat_map(|client| client.join().expect("no panic")).collect();
        (all, ended)
    });
    let signal = *signalled.get().expect("it was sent");
    assert!(signal.elapsed() < Duration::from_secs(20), "{:?}", signal.elapsed());
    assert_eq!(ended.0, Some(0), "{}", ended.1);
    let before: Vec<&Sent> = sent.iter().filter(|sent| sent.at < signal).collect();
    let lost = before.iter().filter(|sent| sent.response.is_none()).count();
    assert_eq!(lost, 0, "of {} requests that were sent before the signal", before.len());
    let under_way = before
        .iter()
        .filter(|sent| sent.response.as_ref().is_some_and(|(at, _)| *at > signal))
        .count();
    assert!(under_way > 10, "{under_way} were under way then");
    for (_, response) in sent.iter().filter_map(|sent| sent.response.as_ref()) {
        assert!([200, 503].contains(&response.status), "{}", response.body);
    }
}

#[test]
fn unread_requests_get_a_response_during_shutdown() {
    let dir = WorkingDirectory::with_keys();
    succeeds(&dir.run_with_input(
        &["users", "create", "--username", "testuser", "--password-stdin"],
        "testpass123",
    ));
    let server = Server::start(&dir, &[]);
    let body =
        json!({ "refresh": login(server.address, "testuser", "testpass123").text("refresh") });
    let bytes =
        String::from_utf8(request("POST", "/api/token/refresh/").json(body).bytes()).expect("text");
    let bytes = bytes.replace("Connection: close\r\n", "").into_bytes();
    // So many keep-alive connections that most second requests are unread at the signal.
    let mut kept: Vec<TcpStream> = (0..300)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address).expect("it listens");
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout can be set");
            assert!(ask(&mut stream, &bytes).and_then(|sent| sent.response).is_some());
            stream
        })
        .collect();
    let signal = server.signal_at_a_byte("TERM");
    for stream in &mut kept {
        stream.write_all(&bytes).expect("it is connected");
    }
    signal();
    for (i, mut stream) in kept.into_iter().enumerate() {
        let mut response = Vec::new();
        stream.read_to_end(&mut response).expect("closed in order");
        assert!(!response.is_empty(), "request {i} was lost");
        assert_eq!(Response::parse(&response).status, 200);
    }
    assert_eq!(server.wait().0, Some(0));
}

#[test]
fn a_request_that_never_ends_does_not_keep_the_server() {
    let dir = WorkingDirectory::with_keys();
    let server = Server::start(&dir, &[]);
    let mut stream = TcpStream::connect(server.address).expect("it listens");
    let head = "POST /api/token/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Content-Length: 9\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("it reads");
    // The test cannot see when the server has read the head.
    thread::sleep(Duration::from_millis(200));
    server.signal("TERM");
    let start = Instant::now();
    assert_eq!(server.wait().0, Some(0));
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
}
