//! `cargo xtask deny`: checks licences, sources, duplicates and advisories of the dependencies by
//! the rules of `deny.toml`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::process;
use crate::progress::{Runner, minutes};
use crate::toolchain::cargo_install::{Lock, Tool};
use crate::version::Version;
use crate::workspace::Workspace;

const CARGO_DENY: Tool<'_> = Tool {
    program: "cargo-deny",
    package: "cargo-deny",
    version: Version(0, 20, 2),
    lock: Lock::Its,
    arguments: &[],
};

/// Time to fetch the database of advisories. Where the network drops packets, the fetch would
/// wait for minutes.
const FETCH: Duration = Duration::from_secs(30);

/// Installs cargo-deny unless it is installed.
pub(crate) fn install(workspace: &Workspace, runner: &mut Runner) -> Result<PathBuf> {
    CARGO_DENY.ensure(workspace, runner)
}

/// Checks the dependencies, and skips the advisories if their database cannot be reached.
pub(crate) fn run(workspace: &Workspace, runner: &mut Runner) -> Result<()> {
    let program = install(workspace, runner)?;
    let deny = |arguments: &[&str]| {
        let mut command = process::command(&program);
        command.current_dir(&workspace.root).arg("--locked").args(arguments);
        command
    };
    // An entry of `skip` whose duplicate is gone must go too.
    let check = deny(&["check", "--deny", "unmatched-skip", "bans", "licenses", "sources"]);
    runner.stream("cargo deny check bans licenses sources", check, minutes(5))?;
    if process::probe(deny(&["fetch", "db"]), FETCH).is_none() {
        runner.skip("advisories of dependencies: their database cannot be reached");
        return Ok(());
    }
    let advisories = deny(&["--offline", "check", "advisories"]);
    runner.stream("cargo deny check advisories", advisories, minutes(5))
}
