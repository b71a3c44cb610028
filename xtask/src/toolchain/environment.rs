//! Programs on this machine, and the environment in which they run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::process;
use crate::version::Version;

/// How long a tool may take to print its version.
pub(super) const PROBE_TIMEOUT: Duration = Duration::from_secs(20);

/// A variable to set, or with `None` to remove from the inherited ones.
pub(super) type Variable = (&'static str, Option<OsString>);

/// Returns the cargo that runs this program.
pub(crate) fn native_cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

/// Returns the version that `program --version` prints, if there is such a program.
pub(super) fn version_of(program: impl AsRef<Path>) -> Option<Version> {
    let mut command = process::command(program.as_ref());
    command.arg("--version");
    process::probe(command, PROBE_TIMEOUT).and_then(|printed| Version::first_in(&printed))
}

/// Returns `PATH` with these directories in front.
pub(crate) fn path_with(first: &[PathBuf]) -> Result<OsString> {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let all = first.iter().cloned().chain(std::env::split_paths(&inherited));
    Ok(std::env::join_paths(all)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_put_in_front_of_the_path() {
        let path = path_with(&["/first".into(), "/second".into()]).expect("no colon in the names");
        let directories: Vec<_> = std::env::split_paths(&path).take(2).collect();
        assert_eq!(directories, [PathBuf::from("/first"), PathBuf::from("/second")]);
        assert!(path_with(&["/with:colon".into()]).is_err());
    }
}
