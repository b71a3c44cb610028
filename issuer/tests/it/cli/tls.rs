//! The server's own TLS, with a client that verifies its certificate.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use serde_json::json;

use super::program::{Server, WorkingDirectory, succeeds, wait_for};
use crate::http::{Response, exchange, request};

const SERVE: [&str; 4] = ["--tls-cert", "tls.pem", "--tls-key", "tls.key"];

/// Signs certificates that [`client`] trusts.
struct Authority(Issuer<'static, KeyPair>, CertificateDer<'static>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate").der().clone();
        Self(Issuer::new(params, key), certificate)
    }

    /// A new certificate for localhost as `tls.pem` and `tls.key`.
    fn certify(&self, dir: &WorkingDirectory) -> CertificateDer<'static> {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        write_key(&dir.path("tls.key"), &key.serialize_pem());
        fs::write(dir.path("tls.pem"), certificate.pem()).expect("it can be written");
        certificate.der().clone()
    }
}

fn write_key(path: &Path, pem: &str) {
    fs::write(path, pem).expect("it can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("its mode can be set");
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A connection after its handshake.
fn connect(
    authority: &Authority,
    address: SocketAddr,
    version: &'static SupportedProtocolVersion,
) -> Stream {
    let mut roots = RootCertStore::empty();
    roots.add(authority.1.clone()).expect("a root");
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])
        .expect("a version that there is")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").expect("a name");
    let mut connection = ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout can be set");
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).expect("a handshake");
    }
    StreamOwned::new(connection, stream)
}

fn send(stream: &mut Stream, bytes: &[u8]) -> Response {
    stream.write_all(bytes).expect("the server reads");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("the server says that this was all");
    Response::parse(&response)
}

fn presented(stream: &Stream) -> CertificateDer<'static> {
    stream.conn.peer_certificates().expect("there is one")[0].clone().into_owned()
}

fn jwks() -> Vec<u8> {
    request("GET", "/.well-known/jwks.json").bytes()
}

/// Longer than the interval at which the server polls the files: a poll without a change is not
/// observable.
const POLL_WAIT: Duration = Duration::from_millis(1_500);

#[test]
fn a_login_over_tls_sets_strict_transport_security() {
    let (dir, authority) = (WorkingDirectory::with_keys(), Authority::new());
    let certificate = authority.certify(&dir);
    succeeds(&dir.run_with_input(
        &["users", "create", "--username", "testuser", "--password-stdin"],
        "testpass123",
    ));
    let server = Server::start(&dir, &SERVE);
    for version in [&TLS12, &TLS13] {
        let mut stream = connect(&authority, server.address, version);
        assert_eq!(presented(&stream), certificate);
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        let login = json!({ "username": "testuser", "password": "testpass123" });
        let response = send(&mut stream, &request("POST", "/api/token/").json(login).bytes());
        assert_eq!(response.status, 200, "{}", response.body);
        assert_eq!(response.header("strict-transport-security"), Some("max-age=31536000"));
    }
    assert!(!exchange(server.address, &jwks()).starts_with(b"HTTP/1.1 200"), "not without TLS");
    server.signal("TERM");
    assert_eq!(server.wait().0, Some(0));
    let plain = Server::start(&dir, &[]);
    let response = request("GET", "/.well-known/jwks.json").send(plain.address);
    assert_eq!(
        (response.status, response.header("strict-transport-security")),
        (200, None),
        "RFC 6797 section 7.2"
    );
    plain.signal("TERM");
    plain.wait();
}

#[test]
fn a_new_certificate_is_taken_over_and_one_that_cannot_be_used_changes_nothing() {
    let (dir, authority) = (WorkingDirectory::with_keys(), Authority::new());
    let first = authority.certify(&dir);
    let server = Server::start(&dir, &SERVE);
    let current = || presented(&connect(&authority, server.address, &TLS13));
    assert_eq!(current(), first);
    let mut kept = connect(&authority, server.address, &TLS13);
    let second = authority.certify(&dir);
    wait_for("the new certificate is used", || current() == second);
    assert_eq!(send(&mut kept, &jwks()).status, 200, "what is connected stays so");

    // Another key, nonsense, a key with an open mode: each is logged and rejected.
    let good = fs::read_to_string(dir.path("tls.key")).expect("text");
    for bad in [KeyPair::generate().expect("a key").serialize_pem(), "nonsense".into()] {
        write_key(&dir.path("tls.key"), &bad);
        std::thread::sleep(POLL_WAIT);
        assert_eq!(current(), second);
    }
    write_key(&dir.path("tls.key"), &good);
    fs::set_permissions(dir.path("tls.key"), fs::Permissions::from_mode(0o640))
        .expect("its mode can be set");
    std::thread::sleep(POLL_WAIT);
    assert_eq!(current(), second);
    fs::remove_file(dir.path("tls.pem")).expect("it was there");
    std::thread::sleep(POLL_WAIT);
    assert_eq!(current(), second);
    let third = authority.certify(&dir);
    wait_for("the next one is", || current() == third);
    server.signal("TERM");
    let (code, log) = server.wait();
    assert_eq!(code, Some(0));
    for text in [
        "they do not belong together",
        "expected one private key",
        "(mode 0640)",
        "tls.pem is missing",
    ] {
        assert!(log.contains(text), "{text}: {log}");
    }
    assert!(!log.contains("PRIVATE KEY"), "{log}");
}

#[test]
fn unfinished_handshakes_time_out_and_block_no_other_client() {
    let (dir, authority) = (WorkingDirectory::with_keys(), Authority::new());
    authority.certify(&dir);
    let server = Server::start(&dir, &SERVE);
    let start = Instant::now();
    let mut silent = Vec::new();
    for i in 0..64 {
        let mut stream = TcpStream::connect(server.address).expect("it listens");
        if i % 2 == 0 {
            // The head of a ClientHello of 512 bytes that never come.
            stream.write_all(&[0x16, 3, 1, 2, 0, 1]).expect("it reads");
        }
        silent.push(stream);
    }
    assert_eq!(send(&mut connect(&authority, server.address, &TLS13), &jwks()).status, 200);
    assert!(start.elapsed() < Duration::from_secs(5), "it waited for none of them");
    for mut stream in silent.drain(..8) {
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("the server gives it up");
    }
    let late = TcpStream::connect(server.address).expect("it listens");
    server.signal("TERM");
    let asked = Instant::now();
    assert_eq!(server.wait().0, Some(0));
    assert!(asked.elapsed() < Duration::from_secs(5), "nor does the end");
    drop(late);
}

#[test]
fn a_kept_connection_is_closed_at_the_end_as_tls_has_it() {
    let (dir, authority) = (WorkingDirectory::with_keys(), Authority::new());
    authority.certify(&dir);
    let server = Server::start(&dir, &SERVE);
    let mut idle = connect(&authority, server.address, &TLS13);
    let mut used = connect(&authority, server.address, &TLS12);
    used.write_all(b"GET /public.pem HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it reads");
    let mut start = [0; 15];
    used.read_exact(&mut start).expect("a response");
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    server.signal("TERM");
    for stream in [&mut idle, &mut used] {
        // An end without `close_notify` would be an error here.
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("closed in order");
    }
    assert_eq!(server.wait().0, Some(0));
}
