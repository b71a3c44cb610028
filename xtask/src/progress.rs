//! Progress on the terminal: the current step, its output and its duration.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Write};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::process::{self, ProcessGroup};
use crate::summary::Summary;

const MINUTE: Duration = Duration::from_secs(60);
/// Interval of progress lines when the output is not a terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(20);

/// Announces a step.
pub(crate) fn say(text: impl std::fmt::Display) {
    println!("==> {text}");
}

/// Prints a remark about the current step.
pub(crate) fn note(text: impl std::fmt::Display) {
    println!("    {text}");
}

pub(crate) fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

/// Formats a duration: `47 s` or `3 min 07 s`.
pub(crate) fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    if time < MINUTE {
        format!("{seconds} s")
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// Runs the programs of a step and shows their progress. In a test run it also sums up what the
/// test runners report.
pub(crate) struct Runner {
    summary: Option<Summary>,
    /// Collects the output, if it does not go to the terminal.
    buffer: Option<Vec<u8>>,
}

impl Runner {
    /// Lets programs write to the terminal themselves.
    pub(crate) fn plain() -> Self {
        Self { summary: None, buffer: None }
    }

    /// Parses the output of test runners for their totals while it is shown.
    pub(crate) fn watching() -> Self {
        Self { summary: Some(Summary::default()), buffer: None }
    }

    /// Like [`Runner::watching`], but collects the output: for steps that run side by side.
    pub(crate) fn buffering() -> Self {
        Self { summary: Some(Summary::default()), buffer: Some(Vec::new()) }
    }

    /// Returns the output collected since the last call.
    pub(crate) fn take_output(&mut self) -> Vec<u8> {
        self.buffer.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Returns the totals since the last call.
    pub(crate) fn take_summary(&mut self) -> Summary {
        self.summary.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Reports a skipped check with its reason.
    pub(crate) fn skip(&mut self, reason: &str) {
        note(format_args!("skipped: {reason}"));
        if let Some(summary) = &mut self.summary {
            summary.skip(reason);
        }
    }

    /// Prints a text as output of the step.
    pub(crate) fn print(&mut self, text: &str) {
        match &mut self.buffer {
            Some(buffer) => buffer.extend_from_slice(text.as_bytes()),
            None => print!("{text}"),
        }
    }

    /// Runs a program and shows its output.
    pub(crate) fn stream(
        &mut self,
        what: &str,
        mut command: Command,
        limit: Duration,
    ) -> Result<()> {
        let status = match &mut self.summary {
            None => ProcessGroup::spawn(command)?.wait(limit, || {}),
            Some(summary) => {
                if io::stdout().is_terminal() {
                    command.env("CARGO_TERM_COLOR", "always");
                }
                let mut observe = |line: &str| summary.observe(line);
                match &mut self.buffer {
                    Some(buffer) => watch(command, limit, &mut observe, buffer),
                    None => watch(command, limit, &mut observe, &mut io::stdout()),
                }
            }
        };
        check(what, status)
    }

    /// Runs a program as [`Self::stream`] does, and calls `each` with every line of its output.
    pub(crate) fn observe(
        &mut self,
        what: &str,
        command: Command,
        limit: Duration,
        mut each: impl FnMut(&str),
    ) -> Result<()> {
        let mut observe = |line: &str| {
            if let Some(summary) = &mut self.summary {
                summary.observe(line);
            }
            each(line);
        };
        let status = match &mut self.buffer {
            Some(buffer) => watch(command, limit, &mut observe, buffer),
            None => watch(command, limit, &mut observe, &mut io::stdout()),
        };
        check(what, status)
    }

    /// Runs a program with its output in `log`, and prints the end of the log if it fails.
    pub(crate) fn quiet(
        &mut self,
        what: &str,
        mut command: Command,
        limit: Duration,
        log: &Path,
    ) -> Result<()> {
        say(what);
        let (out, err) = log_file(log)?;
        command.stdout(out).stderr(err);
        let started = Instant::now();
        let mut ticker = Ticker::new(self.buffer.is_none() && io::stdout().is_terminal());
        let status = ProcessGroup::spawn(command)
            .and_then(|mut group| group.wait(limit, || ticker.tick(what, started.elapsed())));
        ticker.finish(what, started.elapsed());
        let result = check(what, status);
        if result.as_ref().is_err_and(|e| !e.is::<process::Interrupted>()) {
            eprintln!("{}", process::last_lines(log, 30));
            eprintln!("(from {})", log.display());
        }
        result
    }
}

/// Creates a log file, and returns two handles for the two streams of a program.
pub(crate) fn log_file(log: &Path) -> Result<(File, File)> {
    let make = || -> io::Result<(File, File)> {
        if let Some(directory) = log.parent() {
            fs::create_dir_all(directory)?;
        }
        let file = File::create(log)?;
        Ok((file.try_clone()?, file))
    };
    make().with_context(|| format!("cannot write the log file {}", log.display()))
}

fn check(what: &str, status: Result<ExitStatus>) -> Result<()> {
    let status = match status {
        Err(error) if error.is::<process::Interrupted>() => return Err(error),
        other => other.with_context(|| what.to_owned())?,
    };
    if !status.success() {
        bail!("{what}: failed ({status})");
    }
    Ok(())
}

/// Copies both streams of a program to `out` and calls `observe` with every line.
fn watch(
    mut command: Command,
    limit: Duration,
    observe: &mut impl FnMut(&str),
    out: &mut impl Write,
) -> Result<ExitStatus> {
    let (reader, writer) = io::pipe().context("cannot make a pipe")?;
    command.stdout(writer.try_clone().context("cannot share a pipe")?).stderr(writer);
    let mut group = ProcessGroup::spawn(command)?;
    let (sender, lines) = mpsc::sync_channel::<Vec<u8>>(256);
    thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            if sender.send(std::mem::take(&mut line)).is_err() {
                break;
            }
        }
    });
    let mut copy = |line: &[u8]| {
        // A closed terminal must not fail the step.
        let _ = out.write_all(line);
        observe(&String::from_utf8_lossy(line));
    };
    let status = group.wait(limit, || {
        while let Ok(line) = lines.try_recv() {
            copy(&line);
        }
    });
    // Drains the pipe. A daemon may hold it open for ever, hence the time limit.
    while let Ok(line) = lines.recv_timeout(Duration::from_secs(1)) {
        copy(&line);
    }
    status
}

/// Shows the elapsed time: every second on a terminal, otherwise every [`LINE_INTERVAL`].
struct Ticker {
    rewrites: bool,
    next: Duration,
}

impl Ticker {
    fn new(rewrites: bool) -> Self {
        let next = if rewrites { Duration::ZERO } else { LINE_INTERVAL };
        Self { rewrites, next }
    }

    fn tick(&mut self, what: &str, elapsed: Duration) {
        if elapsed < self.next {
            return;
        }
        if self.rewrites {
            print!("\r    {} ", shown(elapsed));
            let _ = io::stdout().flush();
            self.next = elapsed + Duration::from_secs(1);
        } else {
            note(format_args!("{what}: still running after {}", shown(elapsed)));
            self.next = elapsed + LINE_INTERVAL;
        }
    }

    fn finish(&self, what: &str, elapsed: Duration) {
        if self.rewrites {
            println!("\r    {}", shown(elapsed));
        } else {
            note(format_args!("{what}: {}", shown(elapsed)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown_in_minutes_and_seconds() {
        for (seconds, expected) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min 00 s"), (187, "3 min 07 s")]
        {
            assert_eq!(shown(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn a_watched_program_is_read_to_its_last_line() {
        let mut command = process::command("sh");
        command.args([
            "-c",
            "echo 'test result: ok. 3 passed; 0 failed; 0 ignored'; echo 'skipped: \
                 no disk' >&2; exit 1",
        ]);
        let (mut summary, mut out) = (Summary::default(), Vec::new());
        let mut observe = |line: &str| summary.observe(line);
        let status =
            watch(command, Duration::from_secs(10), &mut observe, &mut out).expect("sh starts");
        assert_eq!(status.code(), Some(1));
        assert!(out.ends_with(b"skipped: no disk\n"), "{}", String::from_utf8_lossy(&out));
        assert_eq!(summary.passed, 3);
        assert_eq!(summary.skipped, ["no disk"]);
    }

    #[test]
    fn the_output_of_a_quiet_program_is_in_its_log() {
        let directory = std::env::temp_dir().join(format!("xtask-quiet-{}", std::process::id()));
        let log = directory.join("step.log");
        let mut command = process::command("sh");
        command.args(["-c", "echo out; echo err >&2"]);
        Runner::plain()
            .quiet("a step", command, Duration::from_secs(10), &log)
            .expect("it succeeds");
        assert_eq!(process::last_lines(&log, 9), "out\nerr");
        assert_eq!(process::last_lines(&log, 1), "err");
        std::fs::remove_dir_all(directory).expect("the directory is ours");
    }
}
