//! `cargo xtask bench`: measures the verifier and its peers with the programs in `xtask/bench`,
//! and the servers with their examples.

mod plot;
mod report;
mod servers;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum as _;

use crate::build::{Arithmetic, Builder, Extent};
use crate::cli::{Bench, Environment, WasmToolchainChoice};
use crate::process;
use crate::progress::{Runner, minutes, say};
use crate::toolchain::{self, BROWSER, browser, python};
use crate::workspace::Workspace;

/// The npm package with the JavaScript harnesses.
const JS: &str = "xtask/bench/js";

/// A built program that measures verifiers.
struct Measurement {
    name: String,
    environment: Environment,
    command: Command,
    /// Measures a peer that is not part of the program.
    peer: Option<Command>,
}

pub(crate) fn run(workspace: &Workspace, bench: &Bench, choice: WasmToolchainChoice) -> Result<()> {
    let wanted: Vec<Environment> = Environment::value_variants()
        .iter()
        .copied()
        .filter(|environment| bench.only.is_empty() || bench.only.contains(environment))
        .collect();
    let mut builder = Builder::new(workspace, Runner::plain(), choice);
    // Build everything before measuring.
    let (mut verifiers, mut servers) = (Vec::new(), Vec::new());
    for environment in wanted {
        match servers::build(&mut builder, environment, bench.quick)? {
            Some(server) => servers.push(server),
            None => verifiers.push(environment),
        }
    }
    if !verifiers.is_empty() {
        measure_verifiers(&mut builder, bench, &verifiers)?;
    }
    servers.into_iter().try_for_each(|server| server.measure(&mut builder, !bench.quick))
}

fn measure_verifiers(
    builder: &mut Builder<'_>,
    bench: &Bench,
    wanted: &[Environment],
) -> Result<()> {
    let workspace = builder.workspace;
    let harness = harness(builder)?;
    let tokens = workspace.target.join("bench/tokens.json");
    let measurements = measurements(builder, bench, wanted, &harness, &tokens)?;
    // The tokens are valid for an hour.
    let mut make = process::command(&harness);
    make.arg("tokens");
    fs::write(&tokens, output("making keys and tokens", make)?)
        .with_context(|| format!("cannot write {}", tokens.display()))?;
    let (mut text, mut panels) = (String::new(), Vec::new());
    for Measurement { name, environment, mut command, peer } in measurements {
        say(format_args!("measuring: {name}"));
        if bench.quick && environment != Environment::Sizes {
            command.arg("--quick");
        }
        let printed = output(&name, command)?;
        // Node prints its warnings before it.
        let json = printed.lines().last().unwrap_or_default();
        if json.starts_with("skipped: ") {
            say(json);
            continue;
        }
        let section = if environment == Environment::Sizes {
            report::sizes(json)?
        } else {
            let mut times = report::parse(&name, json)?;
            if let Some(mut peer) = peer {
                if bench.quick {
                    peer.arg("--quick");
                }
                times.add(report::parse("PyJWT", &output("PyJWT", peer)?)?);
            }
            // The time to a first verdict is no rate.
            if environment != Environment::First {
                panels.push((name.clone(), times.rates(plot::BITS)));
            }
            times.table(&name)?
        };
        println!("{section}");
        text.push_str(&section);
    }
    // The document has all environments.
    let is_verifier = |environment: &&Environment| {
        !matches!(environment, Environment::Issuer | Environment::Edge)
    };
    let mut all = Environment::value_variants().iter().filter(is_verifier);
    if !bench.quick && all.all(|environment| wanted.contains(environment)) {
        let document = workspace.root.join("docs/benchmarks.md");
        let facts = report::machine(workspace)?;
        fs::write(&document, format!("{}{facts}\n{text}", report::HEAD))
            .with_context(|| format!("cannot write {}", document.display()))?;
        let picture = workspace.root.join("docs/benchmarks.svg");
        fs::write(&picture, plot::svg(&panels))
            .with_context(|| format!("cannot write {}", picture.display()))?;
        say(format_args!("written: {} and {}", document.display(), picture.display()));
    }
    Ok(())
}

/// Builds the programs that measure verifiers.
fn measurements(
    builder: &mut Builder<'_>,
    bench: &Bench,
    wanted: &[Environment],
    harness: &Path,
    tokens: &Path,
) -> Result<Vec<Measurement>> {
    let needs_npm = |environment: &Environment| {
        !matches!(environment, Environment::Native | Environment::Wasmtime)
    };
    if wanted.iter().any(needs_npm) {
        builder.npm_package()?;
        builder.install("verifier-wasm", Extent::Test)?;
        builder.install("verifier-wasm/test/nodes", Extent::Test)?;
        builder.install(JS, Extent::Test)?;
    }
    let mut measurements = Vec::new();
    for environment in wanted.iter().copied() {
        let node = reference_node(builder.workspace);
        let name = environment
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned());
        let name = if environment == Environment::Node {
            format!("{name} {}", report::ask(&node, &["--version"]))
        } else {
            name
        };
        let peer = match environment {
            Environment::Native => pyjwt(builder, tokens),
            _ => None,
        };
        let command = program(builder, environment, &node, harness, tokens)?;
        measurements.push(Measurement { name, environment, command, peer });
        for node in bench.node.iter().filter(|_| environment == Environment::Node) {
            // The program starts in another directory.
            let node = std::path::absolute(node)?;
            let name = format!("node {}", report::ask(&node, &["--version"]));
            let command = program(builder, environment, &node, harness, tokens)?;
            measurements.push(Measurement { name, environment, command, peer: None });
        }
    }
    Ok(measurements)
}

/// Returns the command that measures PyJWT, or reports why it cannot be measured.
fn pyjwt(builder: &mut Builder<'_>, tokens: &Path) -> Option<Command> {
    match python::ensure_for_bench(builder.workspace, &mut builder.runner) {
        Ok(python) => {
            let mut command = process::command(python);
            let script = builder.workspace.root.join("xtask/bench/python/pyjwt.py");
            command.arg(script).arg(tokens);
            Some(command)
        }
        Err(error) => {
            builder.runner.skip(&format!("PyJWT: {error:#}"));
            None
        }
    }
}

/// Builds the native harness and returns it.
pub(crate) fn harness(builder: &mut Builder<'_>) -> Result<PathBuf> {
    say("building the peers (the first time takes some minutes)");
    let target = builder.workspace.target.join("bench");
    let mut command = process::command(toolchain::native_cargo());
    command
        .current_dir(builder.workspace.root.join("xtask/bench"))
        .env("CARGO_TARGET_DIR", &target);
    command.args(["build", "--locked", "--release", "--package", "bench-harness"]);
    builder.runner.stream("building the peers", command, minutes(60))?;
    Ok(target.join("release/bench-harness"))
}

/// Builds a crate of `xtask/bench` for wasm.
fn guest(
    builder: &mut Builder<'_>,
    package: &str,
    profile: &str,
    arithmetic: Arithmetic,
) -> Result<PathBuf> {
    let wasm = builder.wasm_toolchain()?;
    let mut command = process::command(wasm.cargo());
    command.current_dir(builder.workspace.root.join("xtask/bench"));
    command.args([
        "build",
        "--locked",
        "--package",
        package,
        "--target",
        BROWSER,
        "--profile",
        profile,
    ]);
    builder.compiling_wasm(wasm, &[], &mut command)?;
    let mut target = wasm.target_dir(builder.workspace).join("bench");
    if arithmetic == Arithmetic::Wide {
        target = target.join("wide");
        command.args(toolchain::wide_arithmetic(BROWSER));
    }
    command.env("CARGO_TARGET_DIR", &target);
    builder.runner.stream(&format!("building {package}"), command, minutes(30))?;
    Ok(target.join(BROWSER).join(profile).join(format!("{}.wasm", package.replace('-', "_"))))
}

/// Builds the harness of one environment, and returns the command that runs it.
fn program(
    builder: &mut Builder<'_>,
    environment: Environment,
    node: &Path,
    harness: &Path,
    tokens: &Path,
) -> Result<Command> {
    let js = |script: &str| {
        let mut command = process::command(node);
        command.current_dir(builder.workspace.root.join(JS)).arg(script);
        command
    };
    let mut command;
    match environment {
        Environment::Native => {
            command = process::command(harness);
            command.arg("native").arg(tokens);
        }
        Environment::Wasmtime => {
            command = process::command(harness);
            command.arg("wasmtime").arg(tokens);
            for arithmetic in [Arithmetic::Portable, Arithmetic::Wide] {
                command.arg(guest(builder, "bench-guest", "wasm", arithmetic)?);
            }
        }
        Environment::Node => {
            command = js("node.mjs");
            command.arg(tokens).arg(jwt_compact_for_node(builder, "wasm")?);
        }
        Environment::Chromium => {
            command = js("browser.mjs");
            command
                .arg("Chromium")
                .arg(tokens)
                .env("CHROMIUM", browser::ensure(builder.workspace, &mut builder.runner)?);
        }
        Environment::Firefox => {
            command = js("browser.mjs");
            command.arg("Firefox").arg(tokens);
        }
        Environment::WebKit => {
            command = js("browser.mjs");
            command.arg("WebKit").arg(tokens);
        }
        Environment::First => {
            command = js("first.mjs");
            command
                .arg(tokens)
                .env("CHROMIUM", browser::ensure(builder.workspace, &mut builder.runner)?);
        }
        Environment::Sizes => {
            command = js("sizes.mjs");
            command
                .arg(jwt_compact_for_node(builder, "wasm-small")?.join("jwt_compact_wasm_bg.wasm"));
        }
        Environment::Issuer | Environment::Edge => bail!("a server has no program of this kind"),
    }
    Ok(command)
}

/// Returns Node 24, the reference, where npm has it for this machine, and else the installed Node.
fn reference_node(workspace: &Workspace) -> PathBuf {
    let machine = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        _ => return "node".into(),
    };
    let nodes = workspace.root.join("verifier-wasm/test/nodes/node_modules");
    let node = nodes.join(format!("node24-{machine}/bin/node"));
    if node.is_file() { node } else { "node".into() }
}

/// Builds jwt-compact for Node, and returns the directory of its module and bindings.
fn jwt_compact_for_node(builder: &mut Builder<'_>, profile: &str) -> Result<PathBuf> {
    let wasm = guest(builder, "jwt-compact-wasm", profile, Arithmetic::Portable)?;
    let directory = builder.workspace.target.join("bench/jwt-compact").join(profile);
    let mut command = process::command(builder.wasm_tools()?.wasm_bindgen);
    command.arg(wasm).args(["--target", "nodejs", "--out-dir"]).arg(&directory);
    builder.runner.stream("wasm-bindgen of jwt-compact", command, minutes(5))?;
    fs::write(directory.join("package.json"), "{ \"type\": \"commonjs\" }\n")?;
    Ok(directory)
}

fn output(what: &str, command: Command) -> Result<String> {
    let (status, printed) = process::run_and_read(command, minutes(10))?;
    if !status.success() {
        bail!("{what}: failed ({status})\n{printed}");
    }
    Ok(printed)
}
