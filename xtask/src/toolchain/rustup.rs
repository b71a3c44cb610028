//! The wasm targets of the native toolchain, installed by rustup.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::environment::PROBE_TIMEOUT;
use super::targets::{BROWSER, WASIP2};
use crate::process::{self, Interrupted, ProcessGroup};
use crate::progress::{self, Runner, minutes, note, say};
use crate::workspace::Workspace;

/// How long rustup may receive nothing.
const STALL_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a failed attempt is not repeated.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether the compiler in use has a standard library for both targets.
pub(crate) fn targets_are_installed() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = process::command(rustc);
    command.args(["--print", "sysroot"]);
    process::probe(command, PROBE_TIMEOUT).is_some_and(|printed| {
        let libraries = Path::new(printed.trim()).join("lib/rustlib");
        [BROWSER, WASIP2].iter().all(|target| {
            fs::read_dir(libraries.join(target).join("lib"))
                .is_ok_and(|mut files| files.next().is_some())
        })
    })
}

/// Runs `rustup target add`. Returns false if rustup is missing or fails.
pub(crate) fn add_targets(workspace: &Workspace, _: &mut Runner) -> Result<bool> {
    if process::on_path("rustup").is_none() {
        note("rustup is not installed");
        return Ok(false);
    }
    say(format_args!("adding the targets {BROWSER} and {WASIP2} with rustup"));
    let log = workspace.log("rustup");
    let (out, err) = progress::log_file(&log)?;
    let mut command = process::command("rustup");
    command.args(["target", "add", BROWSER, WASIP2]).stdout(out).stderr(err);
    // Only the last three lines are shown.
    command.env_remove("RUST_BACKTRACE");
    let mut group = ProcessGroup::spawn(command)?;
    let downloads = downloads_directory();
    let started = Instant::now();
    let mut last_progress = started;
    let mut received = bytes_in(&downloads);
    // Gives up soon on an unreachable server, but not on a slow one.
    let added = loop {
        if let Some(status) = group.poll()? {
            break status.success();
        }
        if process::interrupted() {
            return Err(Interrupted.into());
        }
        let now = bytes_in(&downloads);
        if now != received {
            (received, last_progress) = (now, Instant::now());
        }
        if last_progress.elapsed() > STALL_TIMEOUT || started.elapsed() > minutes(15) {
            group.stop();
            break false;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    // rustup may exit with 0 without having installed both.
    if added && targets_are_installed() {
        note(progress::shown(started.elapsed()));
        return Ok(true);
    }
    for line in process::last_lines(&log, 3).lines() {
        note(line);
    }
    note(format_args!(
        "rustup could not add them (gave up after {})",
        progress::shown(started.elapsed())
    ));
    Ok(false)
}

fn downloads_directory() -> PathBuf {
    std::env::var_os("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".rustup")))
        .unwrap_or_default()
        .join("downloads")
}

fn bytes_in(directory: &Path) -> u64 {
    fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .map(|metadata| metadata.len())
        .sum()
}

/// A file that records a failed attempt, so that the next start does not repeat it.
pub(crate) struct Unreachable(PathBuf);

impl Unreachable {
    pub(crate) fn at(cache: &Path) -> Self {
        Self(cache.join("rustup-unreachable"))
    }

    pub(crate) fn file(&self) -> &Path {
        &self.0
    }

    pub(crate) fn is_recent(&self) -> bool {
        let age = |file: &Path| fs::metadata(file).ok()?.modified().ok()?.elapsed().ok();
        age(&self.0).is_some_and(|age| age < REMEMBERED)
    }

    /// Records a failed attempt. Ignores errors: the next start would only wait again.
    pub(crate) fn remember(&self) {
        if let Some(directory) = self.0.parent() {
            let _ = fs::create_dir_all(directory);
        }
        let _ = fs::write(&self.0, "rustup target add failed; delete this file to try again\n");
    }

    pub(crate) fn forget(&self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_attempt_is_remembered_for_a_day() {
        let cache = std::env::temp_dir().join(format!("xtask-unreachable-{}", std::process::id()));
        let remembered = Unreachable::at(&cache);
        assert!(!remembered.is_recent());
        remembered.remember();
        assert!(remembered.is_recent());
        let old = fs::File::options().write(true).open(remembered.file()).expect("was written");
        let written =
            old.metadata().and_then(|m| m.modified()).expect("the file system records times");
        old.set_modified(written - REMEMBERED).expect("the file is ours");
        assert!(!remembered.is_recent(), "a day later");
        remembered.remember();
        remembered.forget();
        assert!(!remembered.is_recent());
        fs::remove_dir_all(cache).expect("the directory is ours");
    }
}
