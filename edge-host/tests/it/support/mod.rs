//! Shared test support: the real program with the real component, an HTTP client on one connection,
//! and an issuer's JWKS server.

#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

pub mod files;
pub mod metrics;
pub mod wire;

use std::fs::DirBuilder;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Reports why a test does not run, to the stream itself: libtest hides the output of passing
/// tests.
pub fn skipped(reason: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// The longest wait of a test.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// How long the program may take until it listens: several tests may compile the component at once.
const STARTING: Duration = Duration::from_secs(300);

/// Returns the portable component: `EDGE_COMPONENT`, or cargo's output. Reports a missing one.
pub fn component() -> Option<PathBuf> {
    built("EDGE_COMPONENT", "edge_resource.wasm").inspect(|component| compile_once(component))
}

/// Returns the component with wide arithmetic: `EDGE_COMPONENT_WIDE`, or cargo's output.
pub fn component_with_wide_arithmetic() -> Option<PathBuf> {
    built("EDGE_COMPONENT_WIDE", "edge_resource_wide.wasm")
        .inspect(|component| compile_once(component))
}

/// Returns the gate: `EDGE_GATE`, or cargo's output. Reports a missing one.
pub fn gate() -> Option<PathBuf> {
    built("EDGE_GATE", "edge_gate.wasm").inspect(|gate| compile_gated_once(gate))
}

/// Returns the gate with wide arithmetic: `EDGE_GATE_WIDE`, or cargo's output.
pub fn gate_with_wide_arithmetic() -> Option<PathBuf> {
    built("EDGE_GATE_WIDE", "edge_gate_wide.wasm").inspect(|gate| compile_gated_once(gate))
}

/// Returns the gate for hosts that know WASI alone: `EDGE_GATE_WASI`, or cargo's output.
pub fn gate_for_wasi() -> Option<PathBuf> {
    built("EDGE_GATE_WASI", "edge_gate_wasi.wasm")
}

/// Returns the component without checks: `EDGE_GATE_TEST_APP`, or cargo's output.
pub fn gate_app() -> Option<PathBuf> {
    built("EDGE_GATE_TEST_APP", "gate_test_app.wasm")
}

/// Compiles the component into the shared state directory before any test uses it: the unoptimised
/// compiler takes many seconds.
fn compile_once(component: &Path) {
    compile(component, component, &[]);
}

/// Compiles the component without checks behind a gate.
fn compile_gated_once(gate: &Path) {
    if let Some(app) = gate_app() {
        compile(gate, &app, &["--gate", gate.to_str().expect("UTF-8")]);
    }
}

fn compile(key: &Path, component: &Path, arguments: &[&str]) {
    static COMPILED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    // After a panic in another test, this one tries again.
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if !compiled.iter().any(|path| path == key) {
        drop(Edge::start_in(&compiled_by_all(), component, arguments));
        compiled.push(key.to_owned());
    }
}

/// Links the code that [`compile_once`] compiled into a state directory, without copying it.
fn share_compiled(state_dir: &Path) {
    DirBuilder::new().recursive(true).mode(0o700).create(state_dir).expect("a state directory");
    let compiled = state_dir.join("compiled");
    if !compiled.exists() {
        std::os::unix::fs::symlink(compiled_by_all().join("compiled"), compiled).expect("a link");
    }
}

fn built(variable: &str, file: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "{variable} is {}, which is not a file", path.display());
        return Some(path);
    }
    // This test program is in <target>/debug/deps.
    let target = std::env::current_exe().ok()?.ancestors().nth(3)?.to_owned();
    let path = target.join("wasm32-wasip2/release").join(file);
    if path.is_file() {
        return Some(path);
    }
    skipped(format_args!("no component at {}; build it, or set {variable}", path.display()));
    None
}

/// Returns the Unix time in seconds.
#[expect(clippy::disallowed_methods, reason = "the program under test reads the machine's clock")]
pub fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs()
}

/// Returns a command of the program without inherited settings.
pub fn edge_host() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edge-host"));
    command.env_clear().stdin(Stdio::null());
    command
}

/// Returns a command with this component, a free port and a state directory with compiled code.
pub fn edge_host_with(component: &Path, state_dir: &Path) -> Command {
    if state_dir != compiled_by_all() {
        share_compiled(state_dir);
    }
    let mut command = edge_host();
    command.arg(component).args(["--listen", "127.0.0.1:0", "--state-dir"]).arg(state_dir);
    command
}

/// A directory that is removed when it is dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("edge-host-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // The mode that the program requires of a state directory.
        DirBuilder::new().recursive(true).mode(0o700).create(&path).expect("a scratch directory");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Returns the state directory of the compiled component: `EDGE_COMPILED`, or one in the target
/// directory. Its store is shared, so no test uses it.
fn compiled_by_all() -> PathBuf {
    if let Some(path) = std::env::var_os("EDGE_COMPILED") {
        return path.into();
    }
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("edge-host-state")
}

/// A running program, which ends when it is dropped.
pub struct Edge {
    child: Child,
    pub address: SocketAddr,
    log: Arc<Mutex<String>>,
    /// Its state directory, unless the test has its own.
    state: Option<Scratch>,
}

impl Edge {
    /// Starts the program with these arguments on a free port, and waits until it listens.
    pub fn start(component: &Path, arguments: &[&str]) -> Self {
        let state = Scratch::new();
        let mut edge = Self::start_in(state.path(), component, arguments);
        edge.state = Some(state);
        edge
    }

    /// Starts a component without checks behind the gate, with these variables, whose names lack
    /// the gate's prefix.
    pub fn start_gated(variables: &[(&str, &str)], more: &[&str]) -> Option<Self> {
        let (gate, app) = (gate()?, gate_app()?);
        let variables: Vec<String> =
            variables.iter().map(|(name, value)| format!("jwt_gate_{name}={value}")).collect();
        let mut arguments = vec!["--gate", gate.to_str().expect("UTF-8")];
        arguments.extend(variables.iter().flat_map(|variable| ["--variable", variable.as_str()]));
        arguments.extend(more);
        Some(Self::start(&app, &arguments))
    }

    /// Starts it with this state directory.
    pub fn start_in(state_dir: &Path, component: &Path, arguments: &[&str]) -> Self {
        let mut command = edge_host_with(component, state_dir);
        command.args(arguments);
        Self::start_command(command)
    }

    /// Starts a command of [`edge_host_with`].
    pub fn start_command(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = collect(child.stderr.take().expect("piped"));
        let (sender, receiver) = mpsc::channel();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = stdout.read_line(&mut line);
            let _ = sender.send(line);
        });
        let line = receiver.recv_timeout(STARTING).unwrap_or_default();
        let address = line
            .trim()
            .strip_prefix("listening on http://")
            .and_then(|address| address.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("no address in {line:?}; log: {}", log.lock().expect("not poisoned"));
        };
        Self { child, address, log, state: None }
    }

    /// Opens a connection.
    pub fn connect(&self) -> Connection {
        Connection::new(self.address)
    }

    /// Sends `GET` on a new connection.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.connect().send("GET", path, headers, b"")
    }

    /// Sends `GET` with a token on a new connection.
    pub fn with_token(&self, path: &str, token: &str) -> Response {
        self.get(path, &[("Authorization", &format!("Bearer {token}"))])
    }

    /// Whether its health reports this problem, now or after some requests: a new instance reports
    /// none.
    pub fn becomes_degraded(&self, request: impl Fn(), is_so: impl Fn(&Value) -> bool) -> bool {
        let started = Instant::now();
        while started.elapsed() < TIMEOUT {
            request();
            let health = self.get("/", &[]).json();
            if health["status"] == "degraded" && is_so(&health) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    /// Returns its log so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("not poisoned").clone()
    }

    /// Whether its log contains this, or does so soon: a pipe may lag behind the responses.
    pub fn logs(&self, words: &str) -> bool {
        (0..200).any(|_| {
            let there = self.log().contains(words);
            if !there {
                std::thread::sleep(Duration::from_millis(20));
            }
            there
        })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns its peak memory.
    pub fn peak_memory_mib(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for its end; returns `None` if it still runs.
    pub fn wait(&mut self, limit: Duration) -> Option<std::process::ExitStatus> {
        let mut left = limit;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of this test") {
                return Some(status);
            }
            left = left.checked_sub(Duration::from_millis(20))?;
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(mut stream: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let log = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&log);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            sink.lock().expect("not poisoned").push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
    });
    log
}

/// One HTTP/1.1 connection. Tests write bytes that no client library would send.
pub struct Connection {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    /// Whether the last response had `Connection: close`.
    is_closed: bool,
}

/// An HTTP response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Connection {
    pub fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, TIMEOUT).expect("a connection");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        Self { stream: BufReader::new(stream), address, is_closed: false }
    }

    /// Sends a request, on a new connection if the last response closed this one.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        if self.is_closed {
            *self = Self::new(self.address);
        }
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: edge.test\r\n");
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        self.send_raw(text.as_bytes());
        self.send_raw(body);
        self.read_response(method).expect("a response")
    }

    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).expect("the request can be sent");
    }

    /// Returns the stream, for a test that reads it itself.
    pub fn into_stream(self) -> TcpStream {
        assert!(self.stream.buffer().is_empty(), "nothing has been read");
        self.stream.into_inner()
    }

    /// Sets the time limit of responses.
    pub fn wait_up_to(&self, time: Duration) {
        self.stream.get_ref().set_read_timeout(Some(time)).expect("a timeout");
    }

    /// Reads a response; returns `None` if the connection was closed.
    pub fn read_response(&mut self, method: &str) -> Option<Response> {
        let mut line = String::new();
        self.stream.read_line(&mut line).ok()?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut response = Response { status, headers, body: Vec::new() };
        self.is_closed = response.header("connection") == Some("close");
        assert_eq!(response.header("transfer-encoding"), None, "every response has a length");
        if response.status == 304 {
            assert_eq!(
                response.header("content-length"),
                None,
                "the length of what is not sent is not known"
            );
            return Some(response);
        }
        let length = response
            .header("content-length")
            .expect("every response has a length")
            .parse()
            .expect("a number");
        if method != "HEAD" {
            response.body = vec![0; length];
            self.stream.read_exact(&mut response.body).expect("the whole body");
        }
        Some(response)
    }
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A loopback server with one document, which may change.
pub struct Issuer {
    pub address: SocketAddr,
    document: Arc<Mutex<Document>>,
    requests: Arc<AtomicUsize>,
}

/// The response of [`Issuer`].
#[derive(Clone)]
pub struct Document {
    pub status: &'static str,
    pub body: String,
    /// `max-age` of `Cache-Control`, in seconds.
    pub max_age: Option<u64>,
    /// Delay before the response.
    pub delay: Duration,
}

impl Issuer {
    pub fn start(body: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let document = Arc::new(Mutex::new(Document {
            status: "200 OK",
            body: body.to_string(),
            max_age: None,
            delay: Duration::ZERO,
        }));
        let requests = Arc::new(AtomicUsize::new(0));
        let (shown, counted) = (Arc::clone(&document), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let document = shown.lock().expect("not poisoned").clone();
                counted.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || respond_with(stream, &document));
            }
        });
        Self { address, document, requests }
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A text that is unique to this issuer.
    pub fn name(&self) -> String {
        format!("{}-{}-{}", std::process::id(), self.address.port(), now())
    }

    pub fn change(&self, change: impl FnOnce(&mut Document)) {
        change(&mut self.document.lock().expect("not poisoned"));
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn respond_with(stream: TcpStream, document: &Document) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
        line.clear();
    }
    std::thread::sleep(document.delay);
    let Document { status, body, max_age, .. } = document;
    let cache =
        max_age.map_or_else(String::new, |seconds| format!("Cache-Control: max-age={seconds}\r\n"));
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{cache}Content-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.get_mut().write_all((head + body).as_bytes());
}
