//! Programs that cargo builds and installs, kept in a cache that all checkouts share.

use std::path::PathBuf;

use anyhow::Result;

use super::environment::{native_cargo, version_of};
use crate::process;
use crate::progress::{Runner, minutes};
use crate::version::Version;
use crate::workspace::Workspace;

/// Which versions of its dependencies a program is built from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// Those of its own lock file.
    Its,
    /// The newest that fit: a lock file may name versions that a registry does not serve (yet).
    Newest,
}

/// A program that a crate of the registry contains.
pub(crate) struct Tool<'a> {
    pub(crate) program: &'a str,
    pub(crate) package: &'a str,
    pub(crate) version: Version,
    pub(crate) lock: Lock,
    /// Further arguments of `cargo install`: which parts of the crate are left out.
    pub(crate) arguments: &'a [&'a str],
}

impl Tool<'_> {
    /// Returns a program of exactly this version: from `PATH` or the cache, else installed into
    /// the cache.
    pub(crate) fn ensure(&self, workspace: &Workspace, runner: &mut Runner) -> Result<PathBuf> {
        let tools = workspace.cache.join("tools");
        let cached = tools.join("bin").join(self.program);
        let candidates = process::on_path(self.program).into_iter().chain([cached.clone()]);
        for candidate in candidates {
            if version_of(&candidate) == Some(self.version) {
                return Ok(candidate);
            }
        }
        let mut command = process::command(native_cargo());
        // Otherwise its build directory would be the one of this checkout.
        command.env_remove("CARGO_TARGET_DIR");
        // Neither optimised nor debuggable: these programs work for a moment, and optimising them
        // takes minutes.
        command.env("CARGO_PROFILE_DEV_DEBUG", "0");
        let version = format!("={}", self.version);
        command.args(["install", self.package, "--version", &version, "--debug", "--force"]);
        command.args(self.arguments).arg("--root").arg(&tools);
        if self.lock == Lock::Its {
            command.arg("--locked");
        }
        let doing = format!(
            "cargo install {} {} into {} (some minutes, once)",
            self.package,
            self.version,
            tools.display()
        );
        runner.quiet(&doing, command, minutes(30), &workspace.log(self.program))?;
        Ok(cached)
    }
}
