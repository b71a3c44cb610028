//! The servers under test: the edge with each kind of revocation, and the reference server.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::{Value, json};
use test_support::claims::{access_claims, status_list_claims, with};
use test_support::signer::Signer;

use crate::processes::{Running, Scratch, free_port, scratch, wait_for};
use crate::server::{Listening, Server};

/// The name of the reference server with one process.
pub(crate) const REFERENCE: &str = "FastAPI, 1 process";

/// A running server.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    /// The process whose CPU time is measured.
    pub(crate) process: Running,
    /// The process that it calls for every request, whose CPU time is shown too.
    pub(crate) helper: Option<Running>,
    /// The request.
    pub(crate) request: Vec<u8>,
    _state: Scratch,
}

impl Contender {
    fn edge(
        name: &'static str,
        edge: Listening,
        state: Scratch,
        signer: &Signer,
        more: &Value,
    ) -> Self {
        let request = request("/protected", signer, more);
        Self {
            name,
            address: edge.address,
            process: edge.process,
            helper: None,
            request,
            _state: state,
        }
    }
}

fn request(path: &str, signer: &Signer, more: &Value) -> Vec<u8> {
    let token = signer.token(&with(access_claims(crate::time::now()), more));
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n")
        .into_bytes()
}

/// Starts the edge without revocation.
pub(crate) fn edge(name: &'static str, server: &Server, signer: &Signer) -> Contender {
    let state = scratch();
    Contender::edge(name, server.start(&state), state, signer, &json!({}))
}

/// Starts a component without checks, alone or behind a gate, which responds with a short text.
pub(crate) fn text(name: &'static str, server: &Server, signer: &Signer) -> Contender {
    let request = request("/text", signer, &json!({}));
    Contender { request, ..edge(name, server, signer) }
}

/// Starts the edge with revocation by Redis, if Redis is installed.
pub(crate) fn edge_with_redis(server: &Server, signer: &Signer) -> Option<Contender> {
    let port = free_port();
    let mut command = Command::new("redis-server");
    command.args([
        "--port",
        &port.to_string(),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
    ]);
    let Ok(redis) = Running::start(command.stdout(Stdio::null())) else {
        println!("skipped: edge with Redis: redis-server is not installed\n");
        return None;
    };
    mark_complete(wait_for(port, "redis-server"));
    let (state, address) = (scratch(), format!("redis://127.0.0.1:{port}"));
    let variables = ["revocation=redis".to_owned(), format!("redis_url={address}")];
    let edge = server.start_with(&state, &variables, &[address]);
    let contender = Contender::edge("edge, Redis", edge, state, signer, &json!({"sid": "session"}));
    Some(Contender { helper: Some(redis), ..contender })
}

/// Writes the marker that Redis holds all revocations; without it, Redis counts as down.
fn mark_complete(redis: SocketAddr) {
    let mut stream = TcpStream::connect(redis).expect("a connection");
    stream.write_all(b"SET dojang:revocations-complete 1\r\n").expect("sent");
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).expect("a reply");
    assert_eq!(line, "+OK\r\n");
}

/// Starts the edge with a status list as large as the issuer's: 131,072 entries, of which every
/// hundredth is revoked.
pub(crate) fn edge_with_status_list(server: &Server, signer: &Signer) -> Contender {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let uri = format!("{origin}/status/0");
    let mut bits = vec![0_u8; 131_072 / 8];
    (0..131_072).step_by(100).for_each(|index: usize| bits[index / 8] |= 1 << (index % 8));
    let list = signer.status_list(&status_list_claims(
        &uri,
        crate::time::now(),
        1,
        &compress_to_vec_zlib(&bits, 9),
    ));
    std::thread::spawn(move || {
        listener.incoming().flatten().for_each(|stream| serve(stream, &list))
    });

    let state = scratch();
    let variables =
        ["revocation=status_list".to_owned(), format!("status_list_url={origin}/status")];
    let edge = server.start_with(&state, &variables, &[origin]);
    let place = json!({"status": {"status_list": {"idx": 77_777, "uri": uri}}});
    Contender::edge("edge, status list", edge, state, signer, &place)
}

/// Serves one document for every request.
fn serve(stream: TcpStream, document: &str) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
        line.clear();
    }
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/statuslist+jwt\r\nConnection: close\r\n";
    let _ = write!(stream.get_mut(), "{head}Content-Length: {}\r\n\r\n{document}", document.len());
}

/// Starts the reference server with this number of processes, with uvloop and httptools, and
/// without a log.
pub(crate) fn reference(python: &Path, processes: usize, signer: &Signer) -> Contender {
    let state = scratch();
    let key = state.as_ref().join("public.pem");
    fs::write(&key, signer.public_pem()).expect("the key can be written");
    let port = free_port();
    let mut command = Command::new(python);
    command
        .env_clear()
        .env("PUBLIC_KEY", key)
        // Python must not write bytecode next to the source.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .args([
            "-m",
            "uvicorn",
            "main:app",
            "--host",
            "127.0.0.1",
            "--log-level",
            "warning",
            "--no-access-log",
            "--app-dir",
        ])
        .arg(sources())
        .args(["--port", &port.to_string(), "--workers", &processes.to_string()]);
    let process = Running::start(command.stdout(Stdio::null())).expect("uvicorn starts");
    let name = if processes == 1 { REFERENCE } else { "FastAPI, 2 processes" };
    let request = request("/protected", signer, &json!({}));
    Contender {
        name,
        address: wait_for(port, "uvicorn"),
        process,
        helper: None,
        request,
        _state: state,
    }
}

fn sources() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/edge-bench/fastapi")
}
