//! The tests of the whole system: issuer, edge and demo page, used by a browser, Node and Python.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::programs;
use crate::build::{Builder, Page};
use crate::components::Component;
use crate::ports;
use crate::process;
use crate::progress::{minutes, note};
use crate::system::{Addresses, DATABASE, Password, Setup};
use crate::toolchain::{browser, golang, haproxy, python, spin::EdgeServer};
use crate::workspace::Workspace;

/// The test user; its password opens nothing else.
const USERNAME: &str = "testuser";
const PASSWORD: &str = "testpass123";

/// Tests that share a running system. Those of different parts run side by side.
pub(super) struct Part {
    name: &'static str,
    /// Files in `www/tests`, without `.test.mjs`.
    files: &'static [&'static str],
}

/// The demo page as a visitor finds it.
pub(super) const PAGE: Part = Part { name: "page", files: &["docs", "page", "verdict-table"] };
/// Log-in, refresh, revocation and logout, on the page and with other JWT libraries.
pub(super) const SESSIONS: Part =
    Part { name: "sessions", files: &["demo", "interop", "logout", "revocation"] };
/// The parts of the page that explain a pasted token.
pub(super) const INSPECTOR: Part =
    Part { name: "inspector", files: &["gallery", "inspector", "policy", "share-link"] };
/// Starts its own programs.
const OPENAPI: Part = Part { name: "openapi", files: &["openapi"] };

/// Starts an issuer, and the verifiers that rely on it.
const OTHER_VERIFIERS: Part = Part { name: "other verifiers", files: &["other-verifiers"] };

/// Runs verifiers of other projects while the issuer changes its key. Go and HAProxy may be
/// missing.
pub(super) fn run_other_verifiers(builder: &mut Builder<'_>) -> Result<()> {
    let python = python::ensure(builder.workspace, &mut builder.runner)?;
    let mut command = OTHER_VERIFIERS.command(builder)?;
    command
        .env("PYTHON", python)
        .env("RUST_VERIFIER", programs::built(builder, "verifier-in-rust")?);
    let go = Some(golang::program(builder.workspace)).filter(|program| program.is_file());
    for (name, program) in [("GO_VERIFIERS", go), ("HAPROXY", haproxy::find())] {
        if let Some(program) = program {
            command.env(name, program);
        }
    }
    builder.runner.stream("the tests with verifiers of other projects", command, minutes(10))
}

/// Holds issuer and edge against their OpenAPI documents.
pub(super) fn run_openapi(builder: &mut Builder<'_>) -> Result<()> {
    let python = python::ensure(builder.workspace, &mut builder.runner)?;
    let mut command = OPENAPI.command(builder)?;
    command.env("PYTHON", python);
    builder.runner.stream("the tests of the OpenAPI documents", command, minutes(10))
}

impl Part {
    /// Node with the tests of this part, and where they find the programs.
    fn command(&self, builder: &Builder<'_>) -> Result<Command> {
        let workspace = builder.workspace;
        let mut command = process::command("node");
        command.current_dir(workspace.root.join("www")).args(["--test", "--test-concurrency=1"]);
        command.args(self.files.iter().map(|file| format!("tests/{file}.test.mjs")));
        command
            .env("ISSUER_PROGRAM", programs::built(builder, "issuer")?)
            .env("EDGE_HOST_PROGRAM", programs::built(builder, "edge-host")?)
            .env(
                "EDGE_COMPONENT",
                builder.component_file(Component::Resource, EDGE_SERVER.arithmetic()),
            )
            .env("EDGE_COMPILED", compiled_components(workspace)?);
        Ok(command)
    }
}

const EDGE_SERVER: EdgeServer = EdgeServer::EdgeHost(None);

/// Makes the state directory of edge-host in which the tests keep the compiled components.
pub(super) fn compiled_components(workspace: &Workspace) -> Result<PathBuf> {
    let state = workspace.target.join("test-edge");
    make_private(&state.join("compiled"))?;
    Ok(state)
}

/// Makes a directory that only its owner can use, as edge-host demands.
fn make_private(directory: &Path) -> Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.with_context(|| format!("cannot make {}", directory.display()))
}

/// Starts everything on free ports, with new keys, a new database and a test user, and runs the
/// tests of a part against it.
pub(super) fn run(part: &Part, builder: &mut Builder<'_>) -> Result<()> {
    let workspace = builder.workspace;
    let chromium = browser::ensure(workspace, &mut builder.runner)?;
    let python = python::ensure(workspace, &mut builder.runner)?;
    let verify = programs::built(builder, "examples/verify")?;
    let mut command = part.command(builder)?;
    let component = builder.component_file(Component::Resource, EDGE_SERVER.arithmetic());

    let [issuer_port, edge_port, www_port] = ports::free()?;
    let addresses = Addresses::new(issuer_port, edge_port, www_port);
    let state = workspace.target.join("test-system").join(part.name);
    // A failed run leaves it for the reader.
    if state.exists() {
        fs::remove_dir_all(&state).with_context(|| format!("cannot remove {}", state.display()))?;
    }
    let page = state.join("www");
    builder.page(&Page {
        issuer_url: &addresses.issuer,
        edge_url: &addresses.edge,
        directory: &page,
    })?;
    let keys = state.join("keys");
    let setup = Setup {
        workspace,
        edge_server: EDGE_SERVER,
        component: &component,
        gate: None,
        page: &page,
        addresses: &addresses,
        keys: &keys,
        state: &state,
    };
    setup.prepare()?;
    share_compiled(workspace, &state.join("edge"))?;
    setup.create_user(USERNAME, &Password::Given(PASSWORD))?;
    let mut running = setup.start()?;
    command
        .env("ISSUER_URL", &addresses.issuer)
        .env("EDGE_URL", &addresses.edge)
        .env("WWW_URL", &addresses.www)
        .env("TEST_USERNAME", USERNAME)
        .env("TEST_PASSWORD", PASSWORD)
        .env("TEST_KEYS_DIR", &keys)
        .env("TEST_STATE_DIR", &state)
        .env("TEST_DATABASE_URL", DATABASE)
        .env("CHROMIUM", chromium)
        .env("PYTHON", python)
        .env("VERIFY_NATIVE", verify);
    let what = format!("the tests of the system ({})", part.name);
    let tested = builder.runner.stream(&what, command, minutes(20));
    // A service that died explains a failed test better than the test does.
    running.check()?;
    drop(running);
    if tested.is_err() && !process::interrupted() {
        note(format_args!("logs and state are kept in {}", state.display()));
        return tested;
    }
    fs::remove_dir_all(&state).with_context(|| format!("cannot remove {}", state.display()))?;
    tested
}

/// Lets a state directory of edge-host use what is compiled already.
fn share_compiled(workspace: &Workspace, state: &Path) -> Result<()> {
    let compiled = compiled_components(workspace)?.join("compiled");
    make_private(state)?;
    let link = state.join("compiled");
    symlink(&compiled, &link).with_context(|| format!("cannot make {}", link.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_tests_is_in_one_part() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../www/tests");
        let names = fs::read_dir(directory).expect("the directory is there");
        let files: BTreeSet<String> = names
            .filter_map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_str()?
                    .strip_suffix(".test.mjs")
                    .map(str::to_owned)
            })
            .collect();
        let listed: Vec<&str> = [PAGE, SESSIONS, INSPECTOR, OPENAPI, OTHER_VERIFIERS]
            .iter()
            .flat_map(|part| part.files)
            .copied()
            .collect();
        assert_eq!(listed.len(), files.len(), "{listed:?}");
        assert_eq!(listed.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), files);
    }
}
