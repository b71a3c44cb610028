//! Measures the servers: the issuer, and the edge beside FastAPI.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::build::{Arithmetic, Builder};
use crate::cli::Environment;
use crate::components::Component;
use crate::progress::{minutes, say};
use crate::toolchain::python;

/// A built benchmark, whose output is a document.
pub(super) struct Server {
    name: &'static str,
    command: Command,
    document: &'static str,
}

/// Builds the benchmark of a server; `None` if `environment` is not a server.
pub(super) fn build(
    builder: &mut Builder<'_>,
    environment: Environment,
    is_quick: bool,
) -> Result<Option<Server>> {
    let mut server = match environment {
        Environment::Issuer => issuer(builder)?,
        Environment::Edge => edge(builder)?,
        _ => return Ok(None),
    };
    if is_quick {
        server.command.arg("--quick");
    }
    Ok(Some(server))
}

fn issuer(builder: &mut Builder<'_>) -> Result<Server> {
    let programs = release(builder, &["--package", "issuer", "--example", "bench"])?;
    let command = crate::process::command(programs.join("examples/bench"));
    Ok(Server { name: "issuer", command, document: "docs/issuer-benchmarks.md" })
}

fn edge(builder: &mut Builder<'_>) -> Result<Server> {
    use Component::{Gate, GateTestApp, Resource};
    builder.components(&[Resource, Gate, GateTestApp], Arithmetic::Portable)?;
    builder.components(&[Resource, Gate], Arithmetic::Wide)?;
    let components = [
        ("--component", Resource, Arithmetic::Portable),
        ("--wide-component", Resource, Arithmetic::Wide),
        ("--gate", Gate, Arithmetic::Portable),
        ("--wide-gate", Gate, Arithmetic::Wide),
        ("--gate-app", GateTestApp, Arithmetic::Portable),
    ];
    let package = ["--package", "edge-host", "--bin", "edge-host", "--example", "edge-bench"];
    let programs = release(builder, &package)?;
    let mut command = crate::process::command(programs.join("examples/edge-bench"));
    command.arg("--program").arg(programs.join("edge-host"));
    for (option, component, arithmetic) in components {
        command.arg(option).arg(builder.component_file(component, arithmetic));
    }
    match python::ensure_for_bench(builder.workspace, &mut builder.runner) {
        Ok(python) => {
            command.arg("--python").arg(python);
        }
        Err(error) => builder.runner.skip(&format!("FastAPI: {error:#}")),
    }
    Ok(Server { name: "edge", command, document: "docs/edge-benchmarks.md" })
}

/// Builds for release, and returns the directory of the programs.
fn release(builder: &mut Builder<'_>, what: &[&str]) -> Result<PathBuf> {
    say("building for release (the first time takes some minutes)");
    let mut command = builder.cargo();
    command.env("CARGO_TARGET_DIR", &builder.workspace.target);
    command.args(["build", "--locked", "--release"]).args(what);
    builder.runner.stream("building for release", command, minutes(60))?;
    Ok(builder.workspace.target.join("release"))
}

impl Server {
    /// Measures and prints the document, and writes it into the checkout if `writes`.
    pub(super) fn measure(self, builder: &mut Builder<'_>, writes: bool) -> Result<()> {
        let Self { name, mut command, document } = self;
        say(format_args!("measuring: {name}"));
        let printed = builder.workspace.target.join("bench").join(format!("{name}.md"));
        printed.parent().map_or(Ok(()), fs::create_dir_all)?;
        let file = File::create(&printed)
            .with_context(|| format!("cannot write {}", printed.display()))?;
        command.stdout(file).current_dir(&builder.workspace.root);
        builder.runner.stream(name, command, minutes(30))?;
        let text = fs::read_to_string(&printed)?;
        println!("{text}");
        if writes {
            let document = builder.workspace.root.join(document);
            fs::write(&document, text)
                .with_context(|| format!("cannot write {}", document.display()))?;
            say(format_args!("written: {}", document.display()));
        }
        Ok(())
    }
}
