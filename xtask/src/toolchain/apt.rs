//! Installs Debian packages, as root, or unpacks them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use nix::unistd::geteuid;

use super::environment::PROBE_TIMEOUT;
use crate::process;
use crate::progress::{Runner, minutes, note, say};
use crate::workspace::Workspace;

/// Installs the packages that are missing.
///
/// # Errors
/// Names the commands to run as root, if this program is not root.
pub(crate) fn ensure(
    packages: &[&str],
    purpose: &str,
    workspace: &Workspace,
    runner: &mut Runner,
) -> Result<()> {
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !may_install() {
        bail!(
            "{purpose}: missing; as root on Debian run: apt-get update && apt-get install {list}"
        );
    }
    say(format_args!("installing Debian packages for {purpose}: {list}"));
    update(workspace, runner)?;
    let mut install = apt_get();
    install.args(["install", "--yes", "--no-install-recommends"]).args(&missing);
    runner.quiet(
        &format!("apt-get install {list}"),
        install,
        minutes(20),
        &workspace.log("apt-install"),
    )?;
    let still = self::missing(packages);
    if !still.is_empty() {
        bail!("apt-get did not install {}", still.join(" "));
    }
    note("installed");
    Ok(())
}

/// Unpacks packages in `directory`, which is emptied first, without installing them or what they
/// depend on.
pub(crate) fn unpack(
    packages: &[&str],
    directory: &Path,
    workspace: &Workspace,
    runner: &mut Runner,
) -> Result<()> {
    let downloads = directory.with_extension("deb");
    for emptied in [directory, &downloads] {
        if emptied.exists() {
            fs::remove_dir_all(emptied)
                .with_context(|| format!("cannot remove {}", emptied.display()))?;
        }
        fs::create_dir_all(emptied)
            .with_context(|| format!("cannot make {}", emptied.display()))?;
    }
    let log = workspace.log("apt-download");
    let mut download = apt_get();
    download.current_dir(&downloads).arg("download").args(packages);
    let what = format!("apt-get download {}", packages.join(" "));
    runner.quiet(&what, download, minutes(5), &log)?;
    let unreadable = || format!("cannot list {}", downloads.display());
    for package in fs::read_dir(&downloads).with_context(unreadable)? {
        let package = package.with_context(unreadable)?.path();
        let mut extract = process::command("dpkg-deb");
        extract.arg("--extract").arg(&package).arg(directory);
        let (status, printed) = process::run_and_read(extract, minutes(1))?;
        if !status.success() {
            bail!("dpkg-deb cannot unpack {}: {printed}", package.display());
        }
    }
    Ok(())
}

/// Whether apt knows all packages, after an update if this program may run one.
pub(crate) fn has(packages: &[&str], workspace: &Workspace, runner: &mut Runner) -> Result<bool> {
    let is_known = || {
        let mut command = process::command("apt-cache");
        command.args(["show", "--no-all-versions"]).args(packages);
        process::probe(command, PROBE_TIMEOUT).is_some()
    };
    if is_known() {
        return Ok(true);
    }
    if may_install() {
        update(workspace, runner)?;
    }
    Ok(is_known())
}

fn apt_get() -> Command {
    let mut command = process::command("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    // Another apt-get, such as an unattended upgrade, holds the lock for a while.
    command.args(["-o", "DPkg::Lock::Timeout=120"]);
    command
}

fn update(workspace: &Workspace, runner: &mut Runner) -> Result<()> {
    let mut update = apt_get();
    update.arg("update");
    runner.quiet("apt-get update", update, minutes(5), &workspace.log("apt-update"))
}

/// Returns the packages that are not installed.
pub(crate) fn missing<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    let installed = |package: &str| {
        let mut command = process::command("dpkg-query");
        command.args(["--show", "--showformat=${db:Status-Status}", package]);
        process::probe(command, PROBE_TIMEOUT).is_some_and(|status| status.trim() == "installed")
    };
    packages.iter().copied().filter(|package| !installed(package)).collect()
}

/// Whether this program may install packages: it is root, on Debian.
pub(crate) fn may_install() -> bool {
    is_debian() && geteuid().is_root()
}

/// Whether this is Debian itself: derivatives name and split these packages differently.
pub(crate) fn is_debian() -> bool {
    std::fs::read_to_string(Path::new("/etc/os-release"))
        .is_ok_and(|release| names_debian(&release))
}

fn names_debian(os_release: &str) -> bool {
    os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID="))
        .any(|id| id.trim().trim_matches('"') == "debian")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_is_distinguished_from_its_derivatives() {
        for (release, expected) in [
            ("PRETTY_NAME=\"Debian\"\nID=debian\nVERSION_ID=\"12\"\n", true),
            ("ID=\"debian\"\n", true),
            ("ID=ubuntu\nID_LIKE=debian\n", false),
            ("VERSION_ID=debian\n", false),
            ("", false),
        ] {
            assert_eq!(names_debian(release), expected, "{release:?}");
        }
    }
}
