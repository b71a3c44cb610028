//! Where things are: the checkout, what cargo builds from it, and what is kept between clones.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The directories that every command works with; all absolute.
pub(crate) struct Workspace {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Where cargo leaves native programs of the `dev` profile: beside this very program, whatever
    /// the user's cargo configuration says about target directories.
    pub(crate) programs: PathBuf,
    /// Parent of [`Workspace::programs`]; logs, the Python environment and test state go here too.
    pub(crate) target: PathBuf,
    /// Tools that a second clone can use as well.
    pub(crate) cache: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask has to lie in the root of the checkout")?
            .to_path_buf();
        let program = env::current_exe().context("cannot tell where xtask itself lies")?;
        let programs = program.parent().context("xtask itself lies in no directory")?.to_path_buf();
        let target = programs.parent().unwrap_or(&programs).to_path_buf();
        let cache = cache_directory(env::var_os("XDG_CACHE_HOME"), env::home_dir())
            .context("neither XDG_CACHE_HOME nor HOME is set: set one, tools are kept below it")?;
        Ok(Self { root, programs, target, cache })
    }

    /// A native program of this workspace.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// The log file of a step whose output is not shown.
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
