//! Python environments in the target directory. That of the tests has JWT libraries, those of a
//! Django project, and validators of OpenAPI documents; that of the benchmarks has the peers.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::apt;
use super::environment::{PROBE_TIMEOUT, version_of};
use crate::freshness::{Inputs, when_stale};
use crate::process;
use crate::progress::{Runner, minutes};
use crate::version::Version;
use crate::workspace::Workspace;

const OLDEST: Version = Version(3, 9, 0);
const REQUIREMENTS: [&str; 11] = [
    "PyJWT[crypto]>=2.10,<3",
    "Authlib>=1.6,<2",
    "joserfc>=1.4,<2",
    "requests>=2.32,<3",
    "Django>=5.1,<5.3",
    "djangorestframework-simplejwt>=5.5,<6",
    "argon2-cffi>=23",
    "bcrypt>=4",
    "psycopg2-binary>=2.9,<3",
    "openapi-spec-validator>=0.7,<1",
    // Its test is skipped before Python 3.10, which it needs.
    "schemathesis>=4.30,<5; python_version >= '3.10'",
];

/// The reference server of the benchmarks, and its verifier.
const BENCH_REQUIREMENTS: [&str; 3] =
    ["fastapi>=0.115,<1", "PyJWT[crypto]>=2.10,<3", "uvicorn[standard]>=0.34,<1"];

/// Creates the environment of the tests unless it is current, and returns its interpreter.
pub(crate) fn ensure(workspace: &Workspace, runner: &mut Runner) -> Result<PathBuf> {
    environment("python", &REQUIREMENTS, workspace, runner)
}

/// Creates the environment of the benchmarks unless it is current, and returns its interpreter.
pub(crate) fn ensure_for_bench(workspace: &Workspace, runner: &mut Runner) -> Result<PathBuf> {
    environment("bench-python", &BENCH_REQUIREMENTS, workspace, runner)
}

fn environment(
    name: &str,
    requirements: &[&str],
    workspace: &Workspace,
    runner: &mut Runner,
) -> Result<PathBuf> {
    let base = base_interpreter(workspace, runner)?;
    let environment = workspace.target.join(name);
    let interpreter = environment.join("bin/python");
    let inputs = Inputs::default()
        .text(&base.display().to_string())
        .text(&version_of(&base).map_or_else(String::new, |found| found.to_string()))
        .text(&requirements.join(" "));
    let stamp = workspace.target.join(format!("{name}.stamp"));
    when_stale(&stamp, &inputs, &[&interpreter], || {
        let mut make = process::command(&base);
        make.args(["-m", "venv", "--clear"]).arg(&environment);
        let log = workspace.log(name);
        runner.quiet("python -m venv", make, minutes(5), &log)?;
        let mut install = process::command(&interpreter);
        install.args(["-m", "pip", "install", "--disable-pip-version-check"]).args(requirements);
        runner.quiet(&format!("pip install {}", requirements.join(" ")), install, minutes(10), &log)
    })?;
    Ok(interpreter)
}

fn base_interpreter(workspace: &Workspace, runner: &mut Runner) -> Result<PathBuf> {
    let usable = || {
        ["python3", "python", "/usr/bin/python3"]
            .iter()
            .filter_map(|name| process::on_path(name))
            .find(|python| can_make_environments(python))
    };
    if let Some(found) = usable() {
        return Ok(found);
    }
    if apt::is_debian() {
        apt::ensure(&["python3", "python3-venv"], "the tests with PyJWT", workspace, runner)?;
        if let Some(found) = usable() {
            return Ok(found);
        }
    }
    bail!(
        "no Python {OLDEST} or newer with venv and pip was found: install one and put it first on \
         PATH"
    );
}

fn can_make_environments(python: &Path) -> bool {
    let mut command = process::command(python);
    command.args(["-c", "import ensurepip, venv"]);
    version_of(python).is_some_and(|found| found >= OLDEST)
        && process::probe(command, PROBE_TIMEOUT).is_some()
}
