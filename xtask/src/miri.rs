//! `cargo xtask miri`: runs the verifier's portable code under Miri, which detects undefined
//! behaviour.

use anyhow::{Result, bail};

use crate::process;
use crate::progress::{Runner, minutes, say};
use crate::workspace::Workspace;

/// Runs the unit tests under Miri. The integration tests need files, and hours.
pub(crate) fn run(workspace: &Workspace, runner: &mut Runner) -> Result<()> {
    let mut probe = process::command("cargo");
    probe.args(["+nightly", "miri", "--version"]);
    if process::probe(probe, minutes(1)).is_none() {
        bail!("Miri is not installed: rustup toolchain install nightly --component miri rust-src");
    }
    say("the verifier's unit tests under Miri");
    let mut command = process::command("cargo");
    command
        .current_dir(&workspace.root)
        .args(["+nightly", "miri", "test", "--lib"])
        .args(["--package", "rsa-verify", "--package", "verifier-core"])
        .env("CARGO_TARGET_DIR", workspace.target.join("miri"))
        .env("MIRIFLAGS", "-Zmiri-disable-isolation");
    runner.stream("the verifier under Miri", command, minutes(240))
}
