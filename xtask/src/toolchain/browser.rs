//! Chromium, for the tests.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::apt;
use crate::process;
use crate::progress::Runner;
use crate::workspace::Workspace;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// Returns the browser that `CHROMIUM` names, or an installed one, or installs Debian's with a font
/// for Korean.
pub(crate) fn ensure(workspace: &Workspace, runner: &mut Runner) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM").map(PathBuf::from) {
        if named.is_file() {
            return Ok(named);
        }
        bail!("CHROMIUM names {}, which is not a file", named.display());
    }
    let installed = || NAMES.iter().find_map(|name| process::on_path(name));
    if let Some(found) = installed() {
        return Ok(found);
    }
    if !apt::is_debian() {
        bail!("Chromium is missing: install it, or name a Chromium or Chrome in CHROMIUM");
    }
    // Screenshots of the Korean page would show boxes without a font.
    apt::ensure(&["chromium", "fonts-noto-cjk"], "the browser tests", workspace, runner)?;
    installed().context("Chromium was installed but is not on PATH")
}
