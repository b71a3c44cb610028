//! wasm-pack and wasm-bindgen, in the versions that this checkout needs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::cargo_install::{Lock, Tool};
use crate::progress::Runner;
use crate::version::Version;
use crate::workspace::Workspace;

const WASM_PACK: Tool<'_> = Tool {
    program: "wasm-pack",
    package: "wasm-pack",
    version: Version(0, 15, 1),
    lock: Lock::Its,
    arguments: &[],
};

/// Omits the other programs and the TLS library, which only its test runner needs.
const fn wasm_bindgen(version: Version) -> Tool<'static> {
    Tool {
        program: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        version,
        lock: Lock::Newest,
        arguments: &["--bin", "wasm-bindgen", "--no-default-features"],
    }
}

/// The paths of the two programs.
pub(crate) struct WasmTools {
    pub(crate) wasm_pack: PathBuf,
    pub(crate) wasm_bindgen: PathBuf,
}

impl WasmTools {
    /// Finds the programs on `PATH` or in the cache, or installs them into the cache.
    pub(crate) fn ensure(workspace: &Workspace, runner: &mut Runner) -> Result<Self> {
        let lock = workspace.root.join("Cargo.lock");
        let lock =
            fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
        // The crate and the program must have the same version.
        let version = locked_version(&lock, "wasm-bindgen")
            .context("Cargo.lock does not name wasm-bindgen: run cargo generate-lockfile")?;
        Ok(Self {
            wasm_pack: WASM_PACK.ensure(workspace, runner)?,
            wasm_bindgen: wasm_bindgen(version).ensure(workspace, runner)?,
        })
    }

    /// Returns the directory that must be on `PATH` for wasm-pack to use this wasm-bindgen.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.wasm_bindgen.parent().map(Path::to_path_buf)
    }
}

/// Returns the version of a package in `Cargo.lock`.
fn locked_version(lock: &str, package: &str) -> Option<Version> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Version::first_in(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_exactly_this_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource \
                    = \"registry\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some(Version(0, 2, 130)));
        assert_eq!(locked_version(lock, "bindgen"), None);
        assert_eq!(locked_version("", "wasm-bindgen"), None);
    }
}
