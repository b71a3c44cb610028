//! The toolchain that compiles wasm.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::environment::{Variable, native_cargo};
use super::{debian, rustup};
use crate::cli::WasmToolchainChoice;
use crate::progress::{Runner, note};
use crate::workspace::Workspace;

/// The compiler of wasm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WasmToolchain {
    /// The toolchain that compiles native code.
    Native,
    /// Debian's, with a standard library compiled from source.
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

impl WasmToolchain {
    /// Returns an installed toolchain, or installs one.
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
                    "rustup could not add the wasm targets within the last day (delete {} to try \
                     again)",
                    remembered.file().display()
                ));
            }
        }
        debian::ensure(workspace, runner)?;
        Ok(Self::Debian)
    }

    /// Returns the environment of every program that compiles wasm, directly or not.
    pub(crate) fn environment(self, workspace: &Workspace) -> Vec<Variable> {
        // Flags for native code (`target-cpu=native`) would replace those of the wasm target.
        let mut variables: Vec<Variable> =
            vec![("RUSTFLAGS", None), ("CARGO_ENCODED_RUSTFLAGS", None)];
        let target_dir = self.target_dir(workspace);
        variables.push(("CARGO_TARGET_DIR", Some(target_dir.into())));
        if self == Self::Debian {
            variables.extend(debian::environment());
        }
        variables
    }

    /// Sets that environment on a command.
    pub(crate) fn apply(self, workspace: &Workspace, command: &mut Command) {
        for (name, value) in self.environment(workspace) {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }

    /// Returns the target directory, which two compilers never share.
    pub(crate) fn target_dir(self, workspace: &Workspace) -> PathBuf {
        match self {
            Self::Native => workspace.target.join("wasm"),
            Self::Debian => workspace.target.join("wasm-debian"),
        }
    }

    /// Returns the cargo of this toolchain.
    pub(crate) fn cargo(self) -> PathBuf {
        match self {
            Self::Native => native_cargo(),
            Self::Debian => debian::CARGO.into(),
        }
    }

    /// Returns the directories that must come first on `PATH`.
    pub(crate) fn path(self, workspace: &Workspace) -> Result<Vec<PathBuf>> {
        match self {
            Self::Native => Ok(Vec::new()),
            Self::Debian => debian::path(workspace),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

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
        assert!(!directories.contains(&Some(Some("/w/target".into()))), "native builds use it");
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
            assert_eq!(value(WasmToolchain::Native, name), None, "{name} is not changed");
        }
    }
}
