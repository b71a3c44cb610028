//! Clients that send or read slowly, against the built component in the real program.

use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::TIMEOUT;
use crate::support::files::{FORM, Files, bytes, form, upload};
use serde_json::json;

/// The time without activity after which a request fails.
const TIME: Duration = Duration::from_secs(2);
const ARGUMENTS: [&str; 2] = ["--request-timeout", "2"];

fn head(bearer: &str, length: usize) -> Vec<u8> {
    format!(
        "POST /upload HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\n\
         Content-Type: {FORM}\r\nContent-Length: {length}\r\n\r\n"
    )
    .into_bytes()
}

#[test]
fn a_slow_upload_succeeds_while_it_makes_progress() {
    let Some(files) = Files::start(&ARGUMENTS) else { return };
    let (bearer, body) = (files.bearer(1), form(&bytes(400_000, 0)));
    let mut connection = files.edge.connect();
    connection.send_raw(&head(&bearer, body.len()));
    let started = Instant::now();
    for piece in body.chunks(body.len() / 5) {
        std::thread::sleep(TIME / 2);
        connection.send_raw(piece);
    }
    assert!(started.elapsed() > 2 * TIME);
    let response = connection.read_response("POST").expect("a response");
    assert_eq!(
        (response.status, &response.json()["size"]),
        (200, &json!(400_000)),
        "{}",
        files.edge.log()
    );
}

#[test]
fn a_stalled_upload_is_ended_and_leaves_nothing() {
    let Some(files) = Files::start(&ARGUMENTS) else { return };
    let (bearer, body) = (files.bearer(1), form(&bytes(400_000, 0)));
    let mut connection = files.edge.connect();
    connection.send_raw(&head(&bearer, body.len()));
    connection.send_raw(&body[..300_000]);
    let started = Instant::now();
    let response = connection.read_response("POST").expect("a response");
    assert!(started.elapsed() < TIME + Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!((response.status, &response.json()["code"]), (408, &json!("upload_too_slow")));
    assert_eq!(files.keys(), Vec::<String>::new());
    assert!(!files.edge.log().contains("instance ended"), "{}", files.edge.log());
}

/// As under Spin, where the server waits for ever: the component itself ends stalled uploads.
#[test]
fn the_component_ends_stalled_uploads_if_its_host_does_not() {
    const SIZE: usize = 24_000_000;
    let arguments = ["--request-timeout", "3600", "--variable", "idle_timeout=2"];
    let Some(files) = Files::start(&arguments) else { return };
    let bearer = files.bearer(1);
    for sent in [0, 100, 300_000] {
        let body = form(&bytes(400_000, 0));
        let mut connection = files.edge.connect();
        connection.send_raw(&head(&bearer, body.len()));
        connection.send_raw(&body[..sent]);
        let response = connection.read_response("POST").expect("a response");
        assert_eq!(
            (response.status, &response.json()["code"]),
            (408, &json!("upload_too_slow")),
            "{sent}"
        );
        assert_eq!(files.keys(), Vec::<String>::new());
    }
    let receipt = upload(&mut files.edge.connect(), &bearer, &bytes(SIZE, 0)).json();
    let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
    let mut idle = download(&files, &bearer, &path);
    // Longer than the timeout, with a margin for a busy machine.
    std::thread::sleep(4 * TIME);
    idle.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest);
    assert!(rest.len() < SIZE, "it was cut off: {} bytes", rest.len());
    assert!(!files.edge.log().contains("instance ended"), "{}", files.edge.log());
}

/// Opens a connection that has requested a large file and reads nothing.
fn download(files: &Files, bearer: &str, path: &str) -> TcpStream {
    let mut connection = files.edge.connect();
    connection.send_raw(
        format!("GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\n\r\n").as_bytes(),
    );
    connection.into_stream()
}

#[test]
fn a_slow_download_succeeds_and_a_stalled_one_does_not_affect_others() {
    // More than the socket buffers hold.
    const SIZE: usize = 24_000_000;
    let Some(files) = Files::start(&ARGUMENTS) else { return };
    let (bearer, content) = (files.bearer(1), bytes(SIZE, 0));
    let receipt = upload(&mut files.edge.connect(), &bearer, &content).json();
    let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
    let (mut slow, mut idle) = (download(&files, &bearer, &path), download(&files, &bearer, &path));

    let started = Instant::now();
    slow.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        slow.read_exact(&mut byte).expect("a head");
        head.extend(byte);
    }
    // The same instance serves both; reading this one takes longer than the timeout.
    let mut taken = vec![0; SIZE];
    for piece in taken.chunks_mut(SIZE / 24) {
        std::thread::sleep(TIME / 8);
        slow.read_exact(piece)
            .unwrap_or_else(|error| panic!("cut off: {error}; {}", files.edge.log()));
    }
    assert!(started.elapsed() > TIME + TIME / 2);
    assert!(taken == content);

    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest);
    assert!(rest.len() < SIZE, "it was cut off: {} bytes", rest.len());
    assert!(!files.edge.log().contains("instance ended"), "{}", files.edge.log());
}
