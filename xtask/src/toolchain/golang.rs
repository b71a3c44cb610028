//! The verifier in Go, built with Debian's Go and JWT libraries.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::apt;
use super::environment::PROBE_TIMEOUT;
use crate::freshness::{Inputs, is_fresh, when_stale};
use crate::process;
use crate::progress::{Runner, minutes, note};
use crate::workspace::Workspace;

/// Debian's package.
pub(crate) const PACKAGE: &str = "golang-go";
const SOURCES: &str = "www/tests/verifiers/go";
/// golang-jwt, go-oidc and what they import, as source code. These packages are unpacked and not
/// installed, because go-oidc depends on development files of systemd that it does not use.
const LIBRARIES: [&str; 7] = [
    "golang-github-coreos-go-oidc-dev",
    "golang-github-golang-jwt-jwt-dev",
    "golang-github-pquerna-cachecontrol-dev",
    "golang-golang-x-crypto-dev",
    "golang-golang-x-net-dev",
    "golang-golang-x-oauth2-dev",
    "golang-gopkg-square-go-jose.v2-dev",
];

/// Returns the file that [`build`] writes.
pub(crate) fn program(workspace: &Workspace) -> PathBuf {
    directory(workspace).join("verifiers")
}

fn directory(workspace: &Workspace) -> PathBuf {
    workspace.target.join("go")
}

pub(crate) fn is_installed() -> bool {
    process::on_path("go").is_some()
}

/// Builds the verifier. Removes it where Go or the libraries are missing.
pub(crate) fn build(workspace: &Workspace, runner: &mut Runner) -> Result<()> {
    let reason = match libraries(workspace, runner)? {
        Ok(libraries) => return compile(&libraries, workspace, runner),
        Err(reason) => reason,
    };
    note(format_args!("the verifier in Go is not built: {reason}"));
    let output = program(workspace);
    if output.exists() {
        fs::remove_file(&output).with_context(|| format!("cannot remove {}", output.display()))?;
    }
    Ok(())
}

/// Unpacks the libraries, and returns their directory, or the reason why this is not possible.
fn libraries(
    workspace: &Workspace,
    runner: &mut Runner,
) -> Result<std::result::Result<PathBuf, &'static str>> {
    if !apt::is_debian() {
        return Ok(Err("its libraries are packages of Debian"));
    }
    if !is_installed() {
        return Ok(Err("Go is missing; as root run: apt-get install golang-go"));
    }
    let unpacked = directory(workspace).join("libraries");
    let path = unpacked.join("usr/share/gocode");
    let inputs = Inputs::default().text(&LIBRARIES.join(" "));
    let stamp = workspace.target.join("go-libraries.stamp");
    let is_unpacked = is_fresh(&stamp, &inputs) && path.exists();
    if !is_unpacked && !apt::has(&LIBRARIES, workspace, runner)? {
        return Ok(Err("apt does not know its libraries"));
    }
    when_stale(&stamp, &inputs, &[&path], || {
        apt::unpack(&LIBRARIES, &unpacked, workspace, runner)
    })?;
    Ok(Ok(path))
}

fn compile(libraries: &Path, workspace: &Workspace, runner: &mut Runner) -> Result<()> {
    let output = program(workspace);
    let mut version = process::command("go");
    version.arg("version");
    let version = process::probe(version, PROBE_TIMEOUT).context("`go version` fails")?;
    let sources = workspace.root.join(SOURCES);
    let inputs = Inputs::default().text(&version).text(&LIBRARIES.join(" ")).tree(&sources, &[])?;
    when_stale(&workspace.target.join("go.stamp"), &inputs, &[&output], || {
        let mut command = process::command("go");
        command
            .current_dir(&sources)
            // Debian's libraries are no modules.
            .env("GO111MODULE", "off")
            .env("GOPATH", libraries)
            .env("GOCACHE", directory(workspace).join("cache"))
            .env_remove("GOFLAGS");
        command.arg("build").arg("-o").arg(&output);
        runner.stream("building the verifier in Go", command, minutes(10))
    })?;
    Ok(())
}
