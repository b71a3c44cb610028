//! The tests of the whole system: issuer, edge and demo page, used by a browser, Node and Python.

use std::fs;

use anyhow::{Context as _, Result};

use super::programs;
use crate::build::{Builder, Page};
use crate::ports;
use crate::process;
use crate::progress::{minutes, note};
use crate::system::{Addresses, DATABASE, Password, Setup};
use crate::toolchain::{browser, python, spin::EdgeServer};

/// The test user; its password opens nothing else.
const USERNAME: &str = "testuser";
const PASSWORD: &str = "testpass123";

/// Starts everything on free ports, with new keys, a new database and a test user, and runs the tests of
/// the demo page and of other JWT libraries against it.
pub(super) fn run(builder: &mut Builder<'_>) -> Result<()> {
    let workspace = builder.workspace;
    let chromium = browser::ensure(workspace, &mut builder.runner)?;
    let python = python::ensure(workspace, &mut builder.runner)?;
    let verify = programs::built(builder, "examples/verify")?;
    for program in ["issuer", "edge-host"] {
        programs::built(builder, program)?;
    }
    let edge_server = EdgeServer::EdgeHost(None);
    let component = builder.component_file(edge_server.arithmetic());

    let [issuer_port, edge_port, www_port] = ports::free()?;
    let addresses = Addresses::new(issuer_port, edge_port, www_port);
    let state = workspace.target.join("test-system");
    // A failed run leaves it for the reader.
    if state.exists() {
        fs::remove_dir_all(&state).with_context(|| format!("cannot remove {}", state.display()))?;
    }
    let page = state.join("www");
    builder.page(&Page { issuer_url: &addresses.issuer, edge_url: &addresses.edge, directory: &page })?;
    let keys = state.join("keys");
    let setup = Setup {
        workspace,
        edge_server,
        component: &component,
        page: &page,
        addresses: &addresses,
        keys: &keys,
        state: &state,
    };
    setup.prepare()?;
    setup.create_user(USERNAME, &Password::Given(PASSWORD))?;
    let mut running = setup.start()?;
    let mut command = builder.npm("www");
    command
        .arg("test")
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
        .env("VERIFY_NATIVE", verify)
        // For the tests that start programs of their own.
        .env("ISSUER_PROGRAM", workspace.program("issuer"))
        .env("EDGE_HOST_PROGRAM", workspace.program("edge-host"))
        .env("EDGE_COMPONENT", &component);
    let tested = builder.runner.stream("npm test in www", command, minutes(20));
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
