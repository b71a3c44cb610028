//! The program under measurement.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How to start it.
pub(crate) struct Server {
    pub(crate) program: PathBuf,
    pub(crate) component: PathBuf,
    pub(crate) variables: Vec<String>,
}

/// Ends with the value.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// A directory that is removed with the value.
pub(crate) struct Scratch(PathBuf);

pub(crate) fn scratch() -> Scratch {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("edge-bench-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&path).expect("a scratch directory");
    Scratch(path)
}

impl AsRef<Path> for Scratch {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Server {
    /// Starts it, and waits until it listens.
    pub(crate) fn start(&self, state: &impl AsRef<Path>) -> Running {
        let mut command = Command::new(&self.program);
        command.env_clear().arg(&self.component).args(["--listen", "127.0.0.1:0", "--state-dir"]).arg(state.as_ref());
        for variable in &self.variables {
            command.args(["--variable", variable]);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; build it for release first", self.program.display()));
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        stdout.read_line(&mut line).expect("its first line");
        let address = line.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok());
        Running { child, address: address.expect("an address; is the component built?") }
    }
}

impl Running {
    /// User and system time so far. Linux counts it in hundredths of a second.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or(0);
        Duration::from_millis((ticks(11) + ticks(12)) * 10)
    }

    /// Resident memory, in KiB.
    pub(crate) fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
