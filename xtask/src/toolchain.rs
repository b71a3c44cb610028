//! What has to be on the machine besides cargo: wasm targets, wasm tools, Node; for the tests a
//! browser and Python.
//!
//! Everything that is missing is either installed, after a line that says so, or named in a
//! message with the commands that install it.

pub(crate) mod apt;
pub(crate) mod browser;
pub(crate) mod cargo_install;
pub(crate) mod debian;
pub(crate) mod node;
pub(crate) mod python;
pub(crate) mod rustup;
pub(crate) mod spin;
pub(crate) mod wasm_tools;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::cli::WasmToolchainChoice;
use crate::process;
use crate::progress::{Runner, note};
use crate::version::Version;
use crate::workspace::Workspace;

/// Of the edge component.
pub(crate) const WASIP2: &str = "wasm32-wasip2";
/// Of the npm package.
pub(crate) const BROWSER: &str = "wasm32-unknown-unknown";

/// The cargo profile of the npm package.
pub(crate) const NPM_PROFILE: &str = "wasm-npm";

/// What cargo has to be told for a build with wide arithmetic of a package that has a feature of
/// this name.
pub(crate) fn wide_arithmetic(target: &str) -> [String; 4] {
    let [config, flags] = target_features(target, "+wide-arithmetic");
    ["--features".to_owned(), "wide-arithmetic".to_owned(), config, flags]
}

/// What cargo has to be told for code that needs these features of its target.
pub(crate) fn target_features(target: &str, features: &str) -> [String; 2] {
    [
        "--config".to_owned(),
        format!(r#"target.{target}.rustflags=["-C", "target-feature={features}"]"#),
    ]
}

/// How long a tool may take to tell its version.
const ANSWER: Duration = Duration::from_secs(20);

/// Who compiles wasm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WasmToolchain {
    /// The toolchain that compiles everything else, too.
    Native,
    /// Debian's, with a standard library built from its source.
    Debian,
}

impl std::fmt::Display for WasmToolchain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Native => "the Rust toolchain of the native builds",
            Self::Debian => "Debian's rustc",
        })
    }
}

/// A variable to set, or to take away from what is inherited.
pub(crate) type Variable = (&'static str, Option<OsString>);

impl WasmToolchain {
    /// Finds or installs one.
    pub(crate) fn select(
        choice: WasmToolchainChoice,
        workspace: &Workspace,
        runner: &mut Runner,
    ) -> Result<Self> {
        if choice != WasmToolchainChoice::Debian {
            if rustup::targets_are_installed() {
                return Ok(Self::Native);
            }
            let remembered = rustup::Unreachable::at(&workspace.cache);
            if choice == WasmToolchainChoice::Rustup || !remembered.is_recent() {
                if rustup::add_targets(workspace, runner)? {
                    remembered.forget();
                    return Ok(Self::Native);
                }
                if choice == WasmToolchainChoice::Rustup {
                    bail!("rustup could not add the wasm targets; its output is above");
                }
                remembered.remember();
            } else {
                note(format_args!(
                    "rustup could not add the wasm targets a short while ago; not tried again (delete {} to try)",
                    remembered.file().display()
                ));
            }
        }
        debian::ensure(workspace, runner)?;
        Ok(Self::Debian)
    }

    /// The environment of every program that compiles wasm, directly or not.
    pub(crate) fn environment(self, workspace: &Workspace) -> Vec<Variable> {
        // Flags for native code (`target-cpu=native`) would reach the wasm compiler, and hide its
        // target's own.
        let mut variables: Vec<Variable> =
            vec![("RUSTFLAGS", None), ("CARGO_ENCODED_RUSTFLAGS", None)];
        let target_dir = self.target_dir(workspace);
        variables.push(("CARGO_TARGET_DIR", Some(target_dir.into())));
        if self == Self::Debian {
            variables.extend(debian::environment());
        }
        variables
    }

    pub(crate) fn apply(self, workspace: &Workspace, command: &mut Command) {
        for (name, value) in self.environment(workspace) {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }

    /// Two compilers never share a target directory.
    pub(crate) fn target_dir(self, workspace: &Workspace) -> PathBuf {
        match self {
            Self::Native => workspace.target.join("wasm"),
            Self::Debian => workspace.target.join("wasm-debian"),
        }
    }

    pub(crate) fn cargo(self) -> PathBuf {
        match self {
            Self::Native => native_cargo(),
            Self::Debian => debian::CARGO.into(),
        }
    }

    /// Directories that have to come first on `PATH`.
    pub(crate) fn path(self, workspace: &Workspace) -> Result<Vec<PathBuf>> {
        match self {
            Self::Native => Ok(Vec::new()),
            Self::Debian => debian::path(workspace),
        }
    }
}

/// The cargo that runs this program.
pub(crate) fn native_cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

/// What `program --version` says, when there is such a program.
pub(crate) fn version_of(program: impl AsRef<Path>) -> Option<Version> {
    let mut command = process::command(program.as_ref());
    command.arg("--version");
    process::probe(command, ANSWER).and_then(|printed| Version::first_in(&printed))
}

/// `PATH` with some directories in front.
pub(crate) fn path_with(first: &[PathBuf]) -> Result<OsString> {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let all = first.iter().cloned().chain(std::env::split_paths(&inherited));
    Ok(std::env::join_paths(all)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> Workspace {
        Workspace {
            root: "/w".into(),
            programs: "/w/target/debug".into(),
            target: "/w/target".into(),
            cache: "/c".into(),
        }
    }

    fn value(toolchain: WasmToolchain, name: &str) -> Option<Option<OsString>> {
        let variables = toolchain.environment(&workspace());
        variables.into_iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    #[test]
    fn the_two_toolchains_share_no_target_directory_and_no_native_flags() {
        let directories: Vec<_> = [WasmToolchain::Native, WasmToolchain::Debian]
            .into_iter()
            .map(|toolchain| {
                for flags in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
                    assert_eq!(value(toolchain, flags), Some(None), "{toolchain:?} {flags}");
                }
                value(toolchain, "CARGO_TARGET_DIR")
            })
            .collect();
        assert_ne!(directories[0], directories[1]);
        assert!(!directories.contains(&Some(Some("/w/target".into()))), "native builds have it");
    }

    #[test]
    fn only_debians_compiler_builds_its_own_standard_library() {
        assert_eq!(
            value(WasmToolchain::Debian, "CARGO_UNSTABLE_BUILD_STD"),
            Some(Some("std,panic_abort".into()))
        );
        assert_eq!(value(WasmToolchain::Debian, "RUSTC"), Some(Some("/usr/bin/rustc".into())));
        assert_eq!(value(WasmToolchain::Debian, "CARGO"), Some(Some("/usr/bin/cargo".into())));
        assert_eq!(value(WasmToolchain::Debian, "RUSTUP_TOOLCHAIN"), Some(None));
        for name in ["CARGO_UNSTABLE_BUILD_STD", "RUSTC", "CARGO", "RUSTC_BOOTSTRAP"] {
            assert_eq!(value(WasmToolchain::Native, name), None, "{name} is left as it is");
        }
    }

    #[test]
    fn directories_are_put_in_front_of_the_path() {
        let path = path_with(&["/first".into(), "/second".into()]).expect("no colon in the names");
        let directories: Vec<_> = std::env::split_paths(&path).take(2).collect();
        assert_eq!(directories, [PathBuf::from("/first"), PathBuf::from("/second")]);
        assert!(path_with(&["/with:colon".into()]).is_err());
    }
}
