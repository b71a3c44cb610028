//! Node and npm.

use anyhow::{Result, bail};

use super::apt;
use super::environment::version_of;
use crate::progress::{Runner, note};
use crate::version::Version;
use crate::workspace::Workspace;

/// The oldest Node that Vite supports.
const OLDEST: Version = Version(20, 19, 0);

/// Ensures that both are installed, and returns Node's version.
pub(crate) fn ensure(workspace: &Workspace, runner: &mut Runner) -> Result<Version> {
    if let Some(found) = usable() {
        return Ok(found);
    }
    let found = version_of("node");
    if found.is_none() && apt::is_debian() {
        apt::ensure(&["nodejs", "npm"], "Node", workspace, runner)?;
        if let Some(found) = usable() {
            return Ok(found);
        }
        note("Debian's Node is too old");
    }
    match version_of("node") {
        Some(found) if found >= OLDEST => {
            bail!("npm is missing: install the npm that belongs to Node {found}")
        }
        Some(found) => {
            bail!(
                "Node {found} is too old: install Node {OLDEST} or newer (with npm) and put it \
                 first on PATH"
            )
        }
        None => bail!("Node is missing: install Node {OLDEST} or newer, with npm"),
    }
}

fn usable() -> Option<Version> {
    version_of("npm")?;
    version_of("node").filter(|found| *found >= OLDEST)
}
