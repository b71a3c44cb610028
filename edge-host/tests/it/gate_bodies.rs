//! What passes the gate passes unchanged: a component that echoes requests gives the same responses
//! alone and behind the gate.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use test_support::claims::access_claims;
use test_support::signer::Signer;

use crate::support::files::bytes;
use crate::support::wire::{RawResponse, Stream};
use crate::support::{Edge, TIMEOUT, gate, gate_app, now};

struct Pair {
    alone: Edge,
    gated: Edge,
    bearer: String,
}

impl Pair {
    fn start(more: &[&str]) -> Option<Self> {
        let (gate, app) = (gate()?, gate_app()?);
        let signer = Signer::generated("k1");
        let key = format!("jwt_gate_public_key={}", signer.public_pem());
        let gate = ["--gate", gate.to_str().expect("UTF-8"), "--variable", &key];
        Some(Self {
            alone: Edge::start(&app, more),
            gated: Edge::start(&app, &[&gate, more].concat()),
            bearer: format!("Bearer {}", signer.token(&access_claims(now()))),
        })
    }

    /// Sends the same request to both, and returns their responses. `head` follows the request
    /// line, `Host` and `Authorization`.
    fn send(&self, method: &str, head: &[u8], body: &[u8]) -> [RawResponse; 2] {
        [&self.alone, &self.gated].map(|edge| {
            let mut stream = Stream::connect(edge);
            stream.send(&self.head(method, head));
            stream.send(body);
            stream.receive(method)
        })
    }

    fn head(&self, method: &str, head: &[u8]) -> Vec<u8> {
        let front = format!(
            "{method} /echo?q=%20 HTTP/1.1\r\nHost: edge.test\r\nAuthorization: {}\r\n",
            self.bearer
        );
        [front.as_bytes(), head, b"\r\n"].concat()
    }
}

fn chunked(pieces: &[&[u8]], trailers: &str) -> Vec<u8> {
    let mut text = Vec::new();
    for piece in pieces {
        text.extend(format!("{:x}\r\n", piece.len()).into_bytes());
        text.extend_from_slice(piece);
        text.extend_from_slice(b"\r\n");
    }
    text.extend(format!("0\r\n{trailers}\r\n").into_bytes());
    text
}

#[test]
fn bodies_of_every_size_pass_unchanged_and_are_not_held_in_memory() {
    // Instances have less memory than the largest body.
    let Some(pair) = Pair::start(&["--max-memory", "16"]) else { return };
    for length in [0, 1, 1000, 65_536, 1_000_003, 40_000_000] {
        let body = bytes(length, 7);
        let head =
            format!("Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n");
        let [alone, gated] = pair.send("POST", head.as_bytes(), &body);
        assert!(gated.body == body, "{length} bytes");
        assert_eq!(alone.status, gated.status);
        assert_eq!(alone.headers, gated.headers, "{length} bytes");
    }
    let log = pair.gated.log();
    assert!(!log.contains("instance ended"), "{log}");
}

#[test]
fn chunks_and_trailers_pass_unchanged() {
    let Some(pair) = Pair::start(&[]) else { return };
    for (pieces, trailers) in [
        (vec![], ""),
        (vec![b"a".as_slice()], ""),
        (vec![b"a".as_slice(), b"bc", b"def"], "X-Checksum: 1\r\nX-Other: a b\r\n"),
        (vec![&[b'x'; 100_000]], "X-Checksum: é\r\n"),
    ] {
        let body = chunked(&pieces, trailers);
        let head = b"TE: trailers\r\nTrailer: X-Checksum\r\nTransfer-Encoding: chunked\r\n";
        let [alone, gated] = pair.send("POST", head, &body);
        assert_eq!(gated.body, pieces.concat());
        assert_eq!(alone, gated, "{trailers:?}");
    }
}

#[test]
fn the_response_begins_before_the_request_ends() {
    let Some(pair) = Pair::start(&[]) else { return };
    for edge in [&pair.alone, &pair.gated] {
        let mut stream = Stream::connect(edge);
        stream.send(&pair.head("POST", b"Transfer-Encoding: chunked\r\n"));
        stream.send(b"5\r\nfirst\r\n");
        let (status, _) = stream.head();
        assert_eq!(status, "HTTP/1.1 200 OK");
        assert_eq!(stream.chunk(), b"first");
        stream.send(b"6\r\nsecond\r\n");
        assert_eq!(stream.chunk(), b"second");
        stream.send(b"0\r\n\r\n");
        assert_eq!(stream.chunk(), b"");
    }
}

#[test]
fn methods_and_odd_headers_pass_unchanged() {
    let Some(pair) = Pair::start(&[]) else { return };
    let long = format!("X-Long: {}\r\n", "a".repeat(30_000));
    let heads: [&[u8]; 8] = [
        b"",
        b"X-Empty:\r\nX-Spaces:   a  b  \r\n",
        b"X-Same: 1\r\nx-same: 2\r\nX-SAME: 1\r\n",
        b"X-Bytes: \xff\xfe\x80\r\nX-Text: \xeb\x8f\x84\xec\x9e\xa5\r\n",
        b"x!#$%&'*+.^_`|~9: odd\r\n",
        b"Cookie: a=1; b=2\r\nAccept: */*\r\nRange: bytes=0-1\r\nIf-None-Match: \"x\"\r\n",
        b"Forwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nX-Authority: a\r\nX-Auth: b\r\n",
        long.as_bytes(),
    ];
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        for head in heads {
            let [alone, gated] = pair.send(method, head, b"");
            assert_eq!(alone, gated, "{method} {:?}", String::from_utf8_lossy(head));
            assert_eq!(gated.status, "HTTP/1.1 200 OK");
        }
    }
}

#[test]
fn clients_that_send_everything_first_read_the_refusal() {
    // As in Spin: only the component reads on.
    let Some(pair) = Pair::start(&["--no-linger"]) else { return };
    let body = bytes(4_000_000, 3);
    for _ in 0..8 {
        let mut stream = TcpStream::connect(pair.gated.address).expect("a connection");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
        let head = format!(
            "POST /echo HTTP/1.1\r\nHost: edge.test\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("sent");
        stream.write_all(&body).expect("sent before the response is read");
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).expect("a response");
        assert_eq!(line, "HTTP/1.1 401 Unauthorized\r\n");
    }
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

#[test]
fn no_head_makes_the_gate_fail() {
    const NAMES: [&str; 12] = [
        "Authorization",
        "authorization",
        "X-Auth-Role",
        "x_auth_claims",
        "Origin",
        "Access-Control-Request-Method",
        "Accept-Language",
        "X-Request-Id",
        "Content-Length",
        "Expect",
        "X-A",
        "Cookie",
    ];
    const PIECES: [&[u8]; 14] = [
        b"Bearer ",
        b"bearer",
        b"eyJhbGciOiJSUzI1NiJ9",
        b".",
        b"..",
        b" ",
        b"\t",
        b"\xff\xfe",
        b"\xeb\x8f\x84",
        b"en;q=",
        b"100-continue",
        b"%00%2f",
        b"7",
        b"https://a.example",
    ];
    let rules = r#"jwt_gate_access_rules=[{"path":"/a","role":"admin"}]"#;
    let Some(pair) = Pair::start(&["--variable", rules]) else { return };
    let mut numbers = Numbers(20_261_201);
    for round in 0..400 {
        let mut head = format!(
            "{} /{}a{} HTTP/1.1\r\nHost: edge.test\r\n",
            ["GET", "OPTIONS", "POST", "HEAD", "TRACE", "M-SEARCH"][numbers.below(6)],
            ["", "%61", "../", "%", "//", ";", "\\"][numbers.below(7)],
            ["", "?", "/..", "%ff", "#", "*"][numbers.below(6)],
        )
        .into_bytes();
        for _ in 0..numbers.below(8) {
            head.extend_from_slice(NAMES[numbers.below(NAMES.len())].as_bytes());
            head.extend_from_slice(b": ");
            for _ in 0..numbers.below(6) {
                head.extend_from_slice(PIECES[numbers.below(PIECES.len())]);
            }
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        let mut stream = TcpStream::connect(pair.gated.address).expect("a connection");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
        stream.write_all(&head).expect("sent");
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).expect("a response");
        let status = line.split(' ').nth(1).unwrap_or_default();
        let is_refused = matches!(status, "400" | "401" | "200" | "431");
        assert!(is_refused, "round {round}: {line:?} {:?}", String::from_utf8_lossy(&head));
        // Only a preflight succeeds without a token.
        assert!(status != "200" || head.starts_with(b"OPTIONS"), "round {round}: {line:?}");
    }
    let log = pair.gated.log();
    assert!(!log.contains("instance ended") && !log.contains("failed"), "{log}");
}
