//! Installs programs with cargo into a cache that all checkouts share.

use std::path::PathBuf;

use anyhow::Result;

use super::environment::{native_cargo, version_of};
use crate::process;
use crate::progress::{Runner, minutes};
use crate::version::Version;
use crate::workspace::Workspace;

/// The versions of a program's dependencies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// Those of its lock file.
    Its,
    /// The newest compatible ones: a lock file may name versions that a registry mirror lacks.
    Newest,
}

/// A program in a crate of the registry.
pub(crate) struct Tool<'a> {
    pub(crate) program: &'a str,
    pub(crate) package: &'a str,
    pub(crate) version: Version,
    pub(crate) lock: Lock,
    /// Further arguments of `cargo install`, which leave out parts of the crate.
    pub(crate) arguments: &'a [&'a str],
}

impl Tool<'_> {
    /// Returns a program of exactly this version from `PATH` or the cache, or installs it.
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
        // It would build in the target directory of this checkout.
        command.env_remove("CARGO_TARGET_DIR");
        // Optimising these programs takes minutes, and they run for a moment.
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
