//! The directories of the checkout, of its build and of the tools that clones share.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The directories of a command, as absolute paths.
pub(crate) struct Workspace {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Native programs of the `dev` profile: the directory of this program, because the user's
    /// cargo configuration may move the target directory.
    pub(crate) programs: PathBuf,
    /// Parent of [`Workspace::programs`]; logs, the Python environment and test state go here too.
    pub(crate) target: PathBuf,
    /// Tools that all clones share.
    pub(crate) cache: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("the directory xtask must be in the root of the checkout")?
            .to_path_buf();
        let program = env::current_exe().context("cannot find the program xtask")?;
        let programs =
            program.parent().context("the program xtask has no directory")?.to_path_buf();
        let target = programs.parent().unwrap_or(&programs).to_path_buf();
        let cache = cache_directory(env::var_os("XDG_CACHE_HOME"), env::home_dir())
            .context("neither XDG_CACHE_HOME nor HOME is set: set one, tools are kept below it")?;
        Ok(Self { root, programs, target, cache })
    }

    /// Returns the path of a native program of this workspace.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Returns the log file of a step whose output is not shown.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.target.join("xtask-logs").join(format!("{name}.log"))
    }
}

/// `XDG_CACHE_HOME` counts only when it is absolute (XDG Base Directory Specification).
fn cache_directory(xdg: Option<std::ffi::OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    xdg.map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| home.map(|home| home.join(".cache")))
        .map(|base| base.join("dojang"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_follows_xdg_and_ignores_relative_values() {
        let home = || Some(PathBuf::from("/home/u"));
        assert_eq!(cache_directory(Some("/c".into()), home()), Some("/c/dojang".into()));
        for unusable in [None, Some("".into()), Some("relative".into())] {
            assert_eq!(cache_directory(unusable, home()), Some("/home/u/.cache/dojang".into()));
        }
        assert_eq!(cache_directory(None, None), None);
    }
}
