//! Child processes: each in its own process group and with a time limit, none left running.

use std::env;
use std::ffi::OsStr;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

const POLL: Duration = Duration::from_millis(25);
/// How long a program may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Installs a handler for Ctrl-C, SIGTERM and SIGHUP, after which this program stops its children.
/// The signals do not reach the children, which are in other process groups: this program decides
/// the order.
pub(crate) fn listen_for_interrupts() -> Result<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst))
        .context("cannot install a handler for Ctrl-C")
}

/// Whether a signal has asked this program to stop.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// The user asked this program to stop.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Returns a command without the variables that `cargo run` sets for this program.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// A running program and its descendants.
pub(crate) struct ProcessGroup {
    child: Child,
    ended: Option<ExitStatus>,
}

impl ProcessGroup {
    pub(crate) fn spawn(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null());
        Self::spawn_as_is(command)
    }

    /// Starts a program with `input` on its standard input. The input must fit into a pipe's
    /// buffer.
    pub(crate) fn spawn_with_input(mut command: Command, input: &[u8]) -> Result<Self> {
        let (reader, mut writer) = io::pipe().context("cannot make a pipe")?;
        command.stdin(reader);
        let group = Self::spawn_as_is(command)?;
        // A program that ends without reading reports its own error.
        let _ = writer.write_all(input);
        Ok(group)
    }

    fn spawn_as_is(mut command: Command) -> Result<Self> {
        if interrupted() {
            return Err(Interrupted.into());
        }
        let program = command.get_program().to_string_lossy().into_owned();
        let child =
            command.process_group(0).spawn().with_context(|| format!("cannot start {program}"))?;
        Ok(Self { child, ended: None })
    }

    /// Returns the exit status if the program has ended.
    pub(crate) fn poll(&mut self) -> Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().context("cannot watch a program")?;
            if self.ended.is_some() {
                // Its descendants may still run.
                self.signal(Signal::SIGKILL);
            }
        }
        Ok(self.ended)
    }

    /// Waits at most `limit` for the end, calling `tick` repeatedly.
    pub(crate) fn wait(&mut self, limit: Duration, mut tick: impl FnMut()) -> Result<ExitStatus> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.poll()? {
                return Ok(status);
            }
            if interrupted() {
                self.stop();
                return Err(Interrupted.into());
            }
            if started.elapsed() >= limit {
                self.stop();
                bail!("not finished after {} s: stopped", limit.as_secs());
            }
            tick();
            thread::sleep(POLL);
        }
    }

    /// Asks the group to end, without waiting.
    pub(crate) fn terminate(&self) {
        if self.ended.is_none() {
            self.signal(Signal::SIGTERM);
        }
    }

    /// Terminates the group, with SIGKILL after [`GRACE`].
    pub(crate) fn stop(&mut self) {
        self.terminate();
        let started = Instant::now();
        while self.ended.is_none() && started.elapsed() < GRACE {
            if self.poll().is_err() {
                break;
            }
            thread::sleep(POLL);
        }
        if self.ended.is_none() {
            self.signal(Signal::SIGKILL);
            self.ended = self.child.wait().ok();
        }
    }

    fn signal(&self, signal: Signal) {
        let Ok(id) = i32::try_from(self.child.id()) else {
            return;
        };
        // An error means that the group is empty.
        let _ = killpg(Pid::from_raw(id), signal);
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs a program, and returns its status and the output of both streams (at most 64 KiB).
pub(crate) fn run_and_read(mut command: Command, limit: Duration) -> Result<(ExitStatus, String)> {
    let (mut reader, writer) = io::pipe().context("cannot make a pipe")?;
    command.stdout(writer.try_clone().context("cannot share a pipe")?).stderr(writer);
    let mut group = ProcessGroup::spawn(command)?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut printed = Vec::new();
        // Bounds the memory.
        let _ = reader.by_ref().take(64 * 1024).read_to_end(&mut printed);
        let _ = sender.send(printed);
    });
    let status = group.wait(limit, || {})?;
    let printed = receiver.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    Ok((status, String::from_utf8_lossy(&printed).into_owned()))
}

/// Returns the output of a program, if it exists and succeeds within `limit`.
pub(crate) fn probe(command: Command, limit: Duration) -> Option<String> {
    let (status, printed) = run_and_read(command, limit).ok()?;
    status.success().then_some(printed)
}

/// Returns the executable of this name on `PATH`.
pub(crate) fn on_path(name: &str) -> Option<std::path::PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    env::split_paths(&env::var_os("PATH")?).map(|directory| directory.join(name)).find(|file| {
        file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    })
}

/// Returns the last lines of a log file.
pub(crate) fn last_lines(log: &Path, count: usize) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = command("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_probe_returns_both_streams_and_only_of_a_program_that_succeeds() {
        let limit = Duration::from_secs(10);
        let both = probe(shell("echo out; echo err >&2"), limit);
        assert_eq!(both.as_deref(), Some("out\nerr\n"));
        assert_eq!(probe(shell("echo out; exit 3"), limit), None);
        assert_eq!(probe(command("no-such-program-anywhere"), limit), None);
    }

    #[test]
    fn a_program_that_does_not_end_is_stopped_with_everything_it_started() {
        let directory = std::env::temp_dir().join(format!("xtask-group-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a temporary directory can be made");
        let file = directory.join("grandchild");
        let script = format!("sleep 300 & echo $! > '{}'; wait", file.display());
        let mut group = ProcessGroup::spawn(shell(&script)).expect("sh starts");
        let error =
            group.wait(Duration::from_millis(700), || {}).expect_err("it sleeps for longer");
        assert!(error.to_string().contains("not finished"), "{error}");
        let grandchild: i32 = std::fs::read_to_string(&file)
            .expect("the script wrote the process id")
            .trim()
            .parse()
            .expect("a process id is a number");
        std::fs::remove_dir_all(&directory).expect("the directory is ours");
        let gone = (0..200).any(|_| {
            thread::sleep(POLL);
            nix::sys::signal::kill(Pid::from_raw(grandchild), None).is_err()
                || is_zombie(grandchild)
        });
        assert!(gone, "process {grandchild} was left behind");
    }

    /// Without an init process that reaps orphans, an ended process remains as a zombie.
    fn is_zombie(id: i32) -> bool {
        std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| stat.contains(") Z "))
    }
}
