//! Malformed and unusual requests, sent byte by byte to the built component in the real program.

use std::io::Write;
use std::time::Duration;

use crate::support::files::{FORM, Files, form};
use crate::support::{Edge, component, now};
use serde_json::json;
use test_support::claims::{access_claims, with};
use test_support::signer::Signer;

const PATHS: [&str; 8] = [
    "/",
    "/openapi.json",
    "/protected",
    "/admin/dashboard",
    "/upload",
    "/uploads",
    "/uploads/000000000000000000000000000000000000000000000000",
    "/nothing",
];

fn edge() -> Option<(Edge, String)> {
    let (component, signer) = (component()?, Signer::generated("k1"));
    let edge =
        Edge::start(&component, &["--variable", &format!("public_key={}", signer.public_pem())]);
    let token = signer.token(&with(access_claims(now()), &json!({"role": "admin"})));
    Some((edge, format!("Bearer {token}")))
}

#[test]
fn every_method_of_every_path_has_a_response_with_a_length() {
    let Some((edge, bearer)) = edge() else { return };
    let authorized = [("Authorization", bearer.as_str())];
    let mut connection = edge.connect();
    for path in PATHS {
        let allow = connection.send("OPTIONS", path, &[], b"");
        assert_eq!(allow.status, if path == "/nothing" { 404 } else { 200 }, "{path}");
        let allowed: Vec<_> =
            allow.header("allow").unwrap_or_default().split(", ").map(str::to_owned).collect();
        for method in
            ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW", "get"]
        {
            // Reads exactly the announced length; the next response follows on the same connection.
            let response = connection.send(method, path, &authorized, b"");
            let is_allowed = allowed.iter().any(|allowed| allowed == method);
            assert_eq!(
                response.status == 405,
                path != "/nothing" && !is_allowed,
                "{method} {path}: {response:?}"
            );
            assert!(response.status < 500, "{method} {path}: {response:?}");
        }
        let [get, head] =
            ["GET", "HEAD"].map(|method| connection.send(method, path, &authorized, b""));
        assert_eq!(
            (head.status, head.header("content-length"), head.header("content-type")),
            (get.status, get.header("content-length"), get.header("content-type")),
            "{path}"
        );
    }
}

#[test]
fn inexact_paths_and_credentials_open_nothing() {
    let Some((edge, bearer)) = edge() else { return };
    let token = bearer.trim_start_matches("Bearer ");
    for (line, credentials, status) in [
        ("/protected", format!("   BEARER     {token}  "), 200),
        ("/protected?x=/admin", bearer.clone(), 200),
        ("http://elsewhere.test/protected", bearer.clone(), 200),
        ("/protected/", bearer.clone(), 307),
        ("/protected/x/", bearer.clone(), 404),
        ("//protected", bearer.clone(), 404),
        ("/%70rotected", bearer.clone(), 404),
        ("/protected%00", bearer.clone(), 404),
        ("/uploads/../protected", bearer.clone(), 404),
        ("/uploads/..%2f..%2fetc", bearer.clone(), 404),
        ("/protected;x=y", bearer.clone(), 404),
        ("/도장", bearer.clone(), 404),
        ("/protected//", bearer.clone(), 307),
        ("/protected", format!("Bearer\t{token}"), 401),
        ("/protected", format!("Bearer {token}, Bearer {token}"), 401),
        ("/protected", format!("Bearer {token}\r\nAuthorization: Bearer {token}"), 401),
        ("/protected", format!("Bearer {token}\r\nAuthorization: Basic dTpw"), 401),
        ("/protected", format!("Token {token}"), 401),
        ("/protected", token.to_owned(), 401),
        ("/protected", format!("Bearer {}", "a".repeat(60_000)), 401),
        // Invalid HTTP: a folded line, a NUL.
        ("/protected", format!("Bearer\r\n {token}"), 400),
        ("/protected", "Bearer a\0b".to_owned(), 400),
    ] {
        let mut connection = edge.connect();
        connection.send_raw(
            format!(
                "GET {line} HTTP/1.1\r\nHost: edge.test\r\nAuthorization: {credentials}\r\n\r\n"
            )
            .as_bytes(),
        );
        let shown: String = credentials.chars().take(40).collect();
        assert_eq!(
            connection.read_response("GET").map(|response| response.status),
            Some(status),
            "{line} {shown:?}"
        );
    }
    assert!(!edge.log().contains(token), "no token is logged");
}

fn upload_head(bearer: &str, length: &str) -> String {
    format!(
        "POST /upload HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\nContent-Type: {FORM}\r\n\
         {length}\r\n\r\n"
    )
}

#[test]
fn an_upload_may_come_in_chunks_and_break_off_anywhere() {
    let Some(files) = Files::start(&[]) else { return };
    let (bearer, body) = (files.bearer(1), form(b"content"));
    let chunked = |size: usize| {
        body.chunks(size).fold(
            upload_head(&bearer, "Transfer-Encoding: chunked").into_bytes(),
            |mut text, chunk| {
                let _ = write!(text, "{:x}\r\n", chunk.len());
                text.extend_from_slice(chunk);
                text.extend_from_slice(b"\r\n");
                text
            },
        )
    };
    for size in [1, 10, 1000] {
        let mut connection = files.edge.connect();
        connection.send_raw(&chunked(size));
        connection.send_raw(b"0\r\n\r\n");
        assert_eq!(
            connection.read_response("POST").map(|response| response.status),
            Some(200),
            "pieces of {size}"
        );
    }
    let kept = files.list(&bearer).len();
    assert_eq!(kept, 3);

    let whole = [
        upload_head(&bearer, &format!("Content-Length: {}", body.len())).into_bytes(),
        body.clone(),
    ]
    .concat();
    for request in [&whole, &chunked(10)] {
        for cut in (1..request.len()).step_by(37).chain([request.len() - 1]) {
            let mut connection = files.edge.connect();
            connection.send_raw(&request[..cut]);
            drop(connection);
        }
    }
    // A form without its last byte may be complete for the parser.
    files.settle(&true, |keys| {
        let of = |prefix: &str| keys.iter().filter(|key| key.starts_with(prefix)).count();
        of("upload/") == of("chunk/") && of("upload/") == of("size/") && of("pending/") == 0
    });
    assert!(!files.edge.log().contains("instance ended"), "{}", files.edge.log());
}

/// A closed socket that receives data resets the connection, and the client loses the response.
#[test]
fn a_client_that_is_still_sending_can_read_its_refusal() {
    const SIZE: usize = 20_000_000;
    for arguments in [["--variable", "upload_limit=100000"], ["--max-body", "1"]] {
        let Some(files) = Files::start(&arguments) else { return };
        goes_on_sending(&files, SIZE);
        assert_eq!(files.keys(), Vec::<String>::new());
    }
}

/// As under Spin, where the server stops reading: the component itself drains the request.
#[test]
fn a_refusal_arrives_although_the_server_stops_reading() {
    const SIZE: usize = 20_000_000;
    let Some(files) = Files::start(&["--no-linger", "--variable", "upload_limit=100000"]) else {
        return;
    };
    for _ in 0..5 {
        goes_on_sending(&files, SIZE);
    }
    assert_eq!(files.keys(), Vec::<String>::new());
    assert!(!files.edge.log().contains("instance ended"), "{}", files.edge.log());

    // The drain of a client that sends nothing ends.
    let mut silent = files.edge.connect();
    silent.wait_up_to(Duration::from_secs(60));
    silent.send_raw(upload_head("Bearer x", "Content-Length: 1000").as_bytes());
    assert_eq!(silent.read_response("POST").map(|response| response.status), Some(401));
    assert!(silent.read_response("POST").is_none(), "the connection ends");
}

/// `wasi:http` removes `Transfer-Encoding`: the component cannot see that a chunked body follows.
#[test]
fn a_response_arrives_whatever_the_method_of_a_request_with_a_long_body() {
    static PIECE: [u8; 100_000] = [b'x'; 100_000];
    const PIECES: usize = 200;
    let Some(files) = Files::start(&["--no-linger"]) else { return };
    for (method, path, status) in [
        ("GET", "/", 200),
        ("GET", "/protected", 401),
        ("HEAD", "/nothing", 404),
        ("DELETE", "/uploads/000000000000000000000000000000000000000000000000", 401),
        ("OPTIONS", "/upload", 200),
        ("BREW", "/upload", 405),
    ] {
        for is_chunked in [false, true] {
            let length = PIECE.len() * PIECES;
            let (announced, before, end) = if is_chunked {
                (
                    "Transfer-Encoding: chunked".to_owned(),
                    format!("{length:x}\r\n"),
                    "\r\n0\r\n\r\n",
                )
            } else {
                (format!("Content-Length: {length}"), String::new(), "")
            };
            let mut connection = files.edge.connect();
            let head =
                format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{announced}\r\n\r\n{before}");
            connection.send_raw(head.as_bytes());
            for _ in 0..PIECES {
                connection.send_raw(&PIECE);
            }
            connection.send_raw(end.as_bytes());
            let response = connection
                .read_response(method)
                .unwrap_or_else(|| panic!("none to {method} {path}, {announced}"));
            assert_eq!(response.status, status, "{method} {path}, {announced}");
        }
    }
    assert!(!files.edge.log().contains("instance ended"), "{}", files.edge.log());
}

fn goes_on_sending(files: &Files, size: usize) {
    for (bearer, status) in [(files.bearer(1), 413), ("Bearer x".to_owned(), 401)] {
        for length in [format!("Content-Length: {size}"), "Transfer-Encoding: chunked".to_owned()] {
            let mut connection = files.edge.connect();
            connection.send_raw(upload_head(&bearer, &length).as_bytes());
            if length.starts_with("Transfer") {
                connection.send_raw(format!("{size:x}\r\n").as_bytes());
            }
            connection.send_raw(
                b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n",
            );
            for _ in 0..size / 100_000 {
                connection.send_raw(&[b'x'; 100_000]);
            }
            let response = connection
                .read_response("POST")
                .unwrap_or_else(|| panic!("no response to {length}"));
            assert_eq!(response.status, status, "{length}");
            assert!(response.header("x-request-id").is_some(), "the component's own: {response:?}");
        }
    }
}

#[test]
fn deleting_a_file_ends_its_downloads_and_nothing_else() {
    let Some(files) = Files::start(&[]) else { return };
    let (bearer, content) = (files.bearer(1), crate::support::files::bytes(24_000_000, 0));
    let receipt =
        crate::support::files::upload(&mut files.edge.connect(), &bearer, &content).json();
    let path = format!("/uploads/{}", receipt["id"].as_str().expect("an id"));
    let mut download = files.edge.connect();
    download.send_raw(
        format!("GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\n\r\n").as_bytes(),
    );
    let mut download = download.into_stream();
    let mut first = [0; 1000];
    std::io::Read::read_exact(&mut download, &mut first).expect("it begins");
    let deleted = files.edge.connect().send("DELETE", &path, &[("Authorization", &bearer)], b"");
    assert_eq!(deleted.status, 200);
    let mut rest = Vec::new();
    let _ = std::io::Read::read_to_end(&mut download, &mut rest);
    assert!(rest.len() < content.len(), "it was cut off: {} bytes", rest.len());
    assert_eq!(files.keys(), Vec::<String>::new());
    assert_eq!(files.edge.get(&path, &[("Authorization", &bearer)]).status, 404);
    assert!(!files.edge.log().contains("instance ended"), "{}", files.edge.log());
}
