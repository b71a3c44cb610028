//! The binary as a child process, in a temporary directory.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use issuer::keys::KeyDirectory;
use serde_json::json;
use tempfile::TempDir;

use crate::http::{Response, request};
use crate::support::shared_keys;

/// A working directory with a copy of the shared keys.
pub(crate) struct WorkingDirectory(TempDir, Option<String>);

impl WorkingDirectory {
    pub(super) fn empty() -> Self {
        Self(TempDir::new().expect("a temporary directory"), None)
    }

    pub(crate) fn with_keys() -> Self {
        let dir = Self::empty();
        fs::create_dir(dir.path("keys")).expect("a new directory");
        for entry in fs::read_dir(shared_keys()).expect("readable").flatten() {
            fs::copy(entry.path(), dir.path("keys").join(entry.file_name()))
                .expect("copied with its mode");
        }
        dir
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Uses this database instead of a SQLite file in the directory.
    pub(crate) fn set_database(&mut self, url: String) {
        self.1 = Some(url);
    }

    pub(super) fn private_key(&self) -> PathBuf {
        let is_private = |path: &PathBuf| path.to_string_lossy().ends_with(".private.pem");
        let mut files =
            fs::read_dir(self.path("keys")).expect("readable").flatten().map(|entry| entry.path());
        files.find(is_private).expect("a private key")
    }

    /// The private key that signs.
    pub(crate) fn active_key(&self) -> PathBuf {
        let kid = KeyDirectory::new(self.path("keys"))
            .load()
            .expect("good keys")
            .signing
            .kid()
            .to_owned();
        self.path("keys").join(format!("{kid}.private.pem"))
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_issuer"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name == "DATABASE_URL" || name.to_string_lossy().starts_with("ISSUER_") {
                command.env_remove(name);
            }
        }
        if let Some(url) = &self.1 {
            command.env("DATABASE_URL", url);
        }
        command
    }

    /// Returns a command for a test of permissions, which root bypasses: when the tests run as
    /// root, the directory and the process belong to another user.
    pub(super) fn unprivileged(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        if !is_root() {
            return command;
        }
        give_away(self.0.path());
        let program = Path::new(env!("CARGO_BIN_EXE_issuer"));
        let is_open = |path: &Path| {
            fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o001 != 0)
        };
        if !program.ancestors().all(is_open) {
            // For example below a home directory with mode 0700.
            let copy = self.path("issuer-program");
            if !copy.exists() {
                fs::copy(program, &copy).expect("copied with its mode");
            }
            let (old, arguments) = (command, arguments);
            command = Command::new(copy);
            command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
            for (name, value) in old.get_envs() {
                match value {
                    Some(value) => command.env(name, value),
                    None => command.env_remove(name),
                };
            }
        }
        command.uid(NOBODY).gid(NOBODY);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        // A command that fails early does not read its input.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        child.wait_with_output().expect("it ends")
    }
}

/// A user and a group without rights.
pub(super) const NOBODY: u32 = 65_534;

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn give_away(path: &Path) {
    if path.is_dir() {
        fs::read_dir(path).expect("readable").flatten().for_each(|entry| give_away(&entry.path()));
    }
    std::os::unix::fs::lchown(path, Some(NOBODY), Some(NOBODY)).expect("root may do that");
}

pub(super) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode can be set");
}

/// Runs a command that must end. The time is far above what it takes on a machine that is busy.
#[track_caller]
pub(super) fn ends(mut command: Command) -> Output {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let started = Instant::now();
    while child.try_wait().expect("it can be asked").is_none() {
        if started.elapsed() > Duration::from_secs(60) {
            child.kill().expect("it runs");
            panic!("{command:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().expect("it ended")
}

#[track_caller]
pub(crate) fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// The one line of a failed command.
#[track_caller]
pub(crate) fn fails(output: &Output) -> String {
    let stderr = String::from_utf8(output.stderr.clone()).expect("text");
    assert!(!output.status.success(), "it must fail: {stderr}");
    let line = stderr.strip_suffix('\n').expect("a line");
    assert!(line.starts_with("error: ") && !line.contains('\n'), "one line: {stderr:?}");
    line.to_owned()
}

/// A running `issuer serve`, ended with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) metrics_address: Option<SocketAddr>,
    log: Option<std::thread::JoinHandle<String>>,
}

impl Server {
    pub(crate) fn start(dir: &WorkingDirectory, arguments: &[&str]) -> Self {
        Self::spawn(dir.command(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat()))
    }

    /// With these variables set.
    pub(super) fn start_with(dir: &WorkingDirectory, variables: &[(&str, &String)]) -> Self {
        let mut command = dir.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.envs(variables.iter().copied());
        Self::spawn(command)
    }

    pub(super) fn spawn(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary runs");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut text = String::new();
        let named = |line: &str, words: &str| -> Option<SocketAddr> {
            let (_, rest) = line.split_once(words)?;
            let end = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':')
                .expect("more on the line");
            Some(rest[..end].parse().expect("an address"))
        };
        let mut metrics_address = None;
        let address = loop {
            let start = text.len();
            assert!(log.read_line(&mut text).expect("text") > 0, "it ended: {text}");
            metrics_address =
                metrics_address.or_else(|| named(&text[start..], "metrics at http://"));
            if let Some(address) = named(&text[start..], "serving on http://")
                .or_else(|| named(&text[start..], "serving on https://"))
            {
                break address;
            }
        };
        let log = std::thread::spawn(move || {
            log.read_to_string(&mut text).expect("text");
            text
        });
        Self { child, address, metrics_address, log: Some(log) }
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Prepares a signal that is sent without the time for starting `kill`: a shell waits for a
    /// line.
    pub(super) fn signal_at_a_byte(&self, name: &str) -> impl FnOnce() + use<> {
        let line = format!("read word; kill -s {name} {}", self.child.id());
        let mut shell =
            Command::new("sh").args(["-c", &line]).stdin(Stdio::piped()).spawn().expect("a shell");
        move || {
            shell.stdin.take().expect("a pipe").write_all(b"now\n").expect("it reads");
            assert!(shell.wait().expect("it ends").success());
        }
    }

    /// Exit code and log, after the end.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().expect("it ends").code();
        let log = self.log.take().expect("it is read once");
        (code, log.join().expect("no panic"))
    }
}

impl Drop for Server {
    /// Ends the server of a failed test; has no effect after [`Self::wait`].
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn login(address: SocketAddr, username: &str, password: &str) -> Response {
    request("POST", "/api/token/")
        .json(json!({ "username": username, "password": password }))
        .send(address)
}

/// Polls until the condition holds, for at most 30 s; a server reloads its keys within seconds.
pub(crate) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..300 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what}");
}
