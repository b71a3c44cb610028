//! Programs that cargo builds and installs, kept in a cache that all checkouts share.

use std::path::PathBuf;

use anyhow::Result;

use super::{native_cargo, version_of};
use crate::process;
use crate::progress::{Runner, minutes};
use crate::version::Version;
use crate::workspace::Workspace;

/// Which versions of its dependencies a program is built from.
#[derive(PartialEq, Eq)]
pub(crate) enum Lock {
    /// Those of its own lock file.
    Its,
    /// The newest that fit: a lock file may name versions that a registry does not serve (yet).
    Newest,
}

/// A program of exactly this version: from `PATH` or the cache, else installed into the cache.
pub(crate) fn ensure(
    program: &str,
    package: &str,
    wanted: Version,
    lock: Lock,
    workspace: &Workspace,
    runner: &mut Runner,
) -> Result<PathBuf> {
    let tools = workspace.cache.join("tools");
    let cached = tools.join("bin").join(program);
    let candidates = process::on_path(program).into_iter().chain([cached.clone()]);
    for candidate in candidates {
        if version_of(&candidate) == Some(wanted) {
            return Ok(candidate);
        }
    }
    let mut command = process::command(native_cargo());
    // Otherwise its build directory would be the one of this checkout.
    command.env_remove("CARGO_TARGET_DIR");
    // Neither optimised nor debuggable: these programs work for a moment, and optimising them
    // takes minutes.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    command
        .args([
            "install",
            package,
            "--version",
            &format!("={wanted}"),
            "--debug",
            "--force",
            "--root",
        ])
        .arg(&tools);
    if lock == Lock::Its {
        command.arg("--locked");
    }
    runner.quiet(
        &format!("cargo install {package} {wanted} into {} (some minutes, once)", tools.display()),
        command,
        minutes(30),
        &workspace.log(program),
    )?;
    Ok(cached)
}
