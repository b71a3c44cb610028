//! `cargo xtask test`: everything CI runs.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum as _;

use crate::build::{Arithmetic, Builder, Page};
use crate::cli::{Fuzz, Kernels, Stage, Test, WasmToolchainChoice};
use crate::fuzz;
use crate::kernels::{self, Wide};
use crate::ports;
use crate::process;
use crate::progress::{Runner, minutes, note, say};
use crate::report::{self, Outcome, Row};
use crate::summary::Summary;
use crate::system::{Addresses, DATABASE, Password, Setup};
use crate::toolchain::{self, BROWSER, WASIP2, browser, python, spin::EdgeServer};
use crate::workspace::Workspace;

/// The user of the system tests; the password is that of a test and opens nothing else.
const USERNAME: &str = "testuser";
const PASSWORD: &str = "testpass123";

pub(crate) fn run(workspace: &Workspace, test: &Test, choice: WasmToolchainChoice) -> Result<()> {
    let mut builder = Builder::new(workspace, Runner::watching(), choice);
    let mut rows = Vec::new();
    let mut failed = Vec::new();
    let chosen = Stage::value_variants().iter().filter(|stage| test.only.is_empty() || test.only.contains(stage));
    for stage in chosen {
        let name = name(*stage);
        if !failed.is_empty() && !test.keep_going {
            rows.push(Row { stage: name, outcome: Outcome::NotRun, time: Duration::ZERO, summary: Summary::default() });
            continue;
        }
        println!("\n======== {name}");
        let started = Instant::now();
        let result = run_stage(*stage, &mut builder);
        if result.is_err() && process::interrupted() {
            return result;
        }
        let outcome = if result.is_ok() { Outcome::Passed } else { Outcome::Failed };
        if let Err(error) = result {
            eprintln!("error: {error:#}");
            failed.push(name.clone());
        }
        rows.push(Row { stage: name, outcome, time: started.elapsed(), summary: builder.runner.take_summary() });
    }
    print!("\n======== result\n{}", report::table(&rows));
    if !failed.is_empty() {
        bail!("failed: {}; one alone: cargo xtask test --only {}", failed.join(", "), failed[0]);
    }
    Ok(())
}

fn name(stage: Stage) -> String {
    stage.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

fn run_stage(stage: Stage, builder: &mut Builder<'_>) -> Result<()> {
    match stage {
        Stage::Format => format(builder),
        Stage::Lints => lints(builder),
        Stage::Docs => docs(builder),
        Stage::Edge => edge(builder).map(|_| ()),
        Stage::WasmLints => wasm_lints(builder),
        Stage::Rust => rust(builder),
        Stage::Postgres => postgres(builder),
        Stage::Fuzz => fuzz(builder),
        Stage::Npm => npm(builder),
        Stage::Www => www(builder),
        Stage::System => system(builder),
    }
}

fn format(builder: &mut Builder<'_>) -> Result<()> {
    let mut command = builder.cargo();
    command.args(["fmt", "--all", "--check"]);
    builder.runner.stream("cargo fmt --check (to repair: cargo fmt --all)", command, minutes(2))
}

fn lints(builder: &mut Builder<'_>) -> Result<()> {
    let mut command = builder.cargo();
    command.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    builder.runner.stream("cargo clippy", command, minutes(60))
}

/// Of the libraries; the programs' private items are for those who read the code anyway.
fn docs(builder: &mut Builder<'_>) -> Result<()> {
    let mut command = builder.cargo();
    command
        .args(["doc", "--no-deps", "--package", "verifier-core", "--package", "verifier-wasm"])
        .env("RUSTDOCFLAGS", "-D warnings");
    builder.runner.stream("cargo doc", command, minutes(20))
}

/// Both builds of the edge component, the one for Spin first.
fn edge(builder: &mut Builder<'_>) -> Result<[PathBuf; 2]> {
    Ok([builder.edge_component(Arithmetic::Portable)?, builder.edge_component(Arithmetic::Wide)?])
}

/// The code that only a wasm target compiles, with each kernel that there is for one.
fn wasm_lints(builder: &mut Builder<'_>) -> Result<()> {
    let simd = |features| toolchain::target_features(BROWSER, features).to_vec();
    for (package, target, profile, arguments) in [
        ("edge-resource", WASIP2, "release", Vec::new()),
        ("edge-resource", WASIP2, "release", toolchain::wide_arithmetic(WASIP2).to_vec()),
        ("verifier-wasm", BROWSER, toolchain::NPM_PROFILE, Vec::new()),
        ("verifier-wasm", BROWSER, toolchain::NPM_PROFILE, simd("+simd128")),
        ("verifier-wasm", BROWSER, toolchain::NPM_PROFILE, simd("+simd128,+relaxed-simd")),
    ] {
        let Some(mut command) = builder.wasm_clippy()? else {
            builder.runner.skip("clippy for the wasm targets (as root on Debian: apt-get install rust-web-clippy)");
            return Ok(());
        };
        command.args(["--package", package, "--target", target, "--profile", profile]).args(&arguments);
        command.args(["--", "-D", "warnings"]);
        builder.runner.stream(
            &format!("clippy of {package} for {target} {}", arguments.join(" ")),
            command,
            minutes(20),
        )?;
    }
    Ok(())
}

fn rust(builder: &mut Builder<'_>) -> Result<()> {
    let [component, wide] = edge(builder)?;
    let python = python::ensure(builder.workspace, &mut builder.runner)?;
    say("cargo test");
    let mut command = builder.cargo();
    command.args(["test", "--workspace"]).env("PYTHON", python);
    command.env("EDGE_COMPONENT", component).env("EDGE_COMPONENT_WIDE", wide);
    builder.runner.stream("cargo test", command, minutes(60))
}

/// Where a PostgreSQL server that lets the tests make databases is looked for.
const POSTGRES: &str = "postgres://postgres@127.0.0.1:5432";

fn postgres(builder: &mut Builder<'_>) -> Result<()> {
    let python = python::ensure(builder.workspace, &mut builder.runner)?;
    let server = std::env::var("ISSUER_TEST_POSTGRES_URL").unwrap_or_else(|_| POSTGRES.to_owned());
    let may_create = "import psycopg2, sys; c = psycopg2.connect(sys.argv[1], connect_timeout=3).cursor(); \
        c.execute('select rolcreatedb or rolsuper from pg_roles where rolname = current_user'); \
        sys.exit(not c.fetchone()[0])";
    let mut probe = process::command(&python);
    probe.args(["-c", may_create, &server]);
    if process::probe(probe, Duration::from_secs(20)).is_none() {
        builder
            .runner
            .skip("the issuer on PostgreSQL: no server that lets us make databases (ISSUER_TEST_POSTGRES_URL)");
        return Ok(());
    }
    let mut command = process::command(issuers_test_program(builder)?);
    command.current_dir(builder.workspace.root.join("issuer"));
    command.env("ISSUER_TEST_POSTGRES_URL", server).env("PYTHON", python);
    builder.runner.stream("the issuer's tests on PostgreSQL", command, minutes(20))
}

/// The program that `cargo test --workspace` has made of `issuer/tests/it`.
///
/// Asking cargo to run it alone would compile half the dependencies again, with the features that it needs alone.
fn issuers_test_program(builder: &Builder<'_>) -> Result<std::path::PathBuf> {
    let mut command = builder.cargo();
    command.args(["test", "--workspace", "--no-run", "--color=never"]);
    let (_, printed) = process::run_and_read(command, minutes(60))?;
    let program =
        printed.lines().find_map(|line| line.trim().strip_prefix("Executable tests/it/main.rs (")?.strip_suffix(')'));
    let program = program.context("cargo test --workspace --no-run made no program of issuer/tests/it")?;
    Ok(builder.workspace.root.join(program))
}

fn fuzz(builder: &mut Builder<'_>) -> Result<()> {
    let mut command = builder.cargo();
    command.args(["run", "--quiet", "--package", "verifier-core", "--example", "make_vectors", "--", "--check"]);
    builder.runner.stream("comparing the vectors with what their generator writes", command, minutes(30))?;
    let python = python::ensure(builder.workspace, &mut builder.runner)?;
    for kernel in ["kernel-28", "kernel-51"] {
        let mut command = builder.cargo();
        command.args(["test", "--package", "verifier-core", "--features", kernel]).env("PYTHON", &python);
        builder.runner.stream(&format!("the verifier's tests with {kernel}"), command, minutes(20))?;
    }
    kernels::run(builder, &Kernels { cases: kernels::FEW, seed: 1 }, Wide::LeftOut)?;
    fuzz::run(builder.workspace, &mut builder.runner, &Fuzz { seconds: fuzz::SHORT, target: Vec::new() })
}

fn npm(builder: &mut Builder<'_>) -> Result<()> {
    let chromium = browser::ensure(builder.workspace, &mut builder.runner)?;
    builder.verifier_without_std()?;
    builder.npm_package()?;
    say("npm test in verifier-wasm");
    let mut command = builder.npm("verifier-wasm");
    command.arg("test").env("CHROMIUM", chromium);
    builder.runner.stream("npm test in verifier-wasm", command, minutes(15))
}

fn www(builder: &mut Builder<'_>) -> Result<()> {
    builder.npm_package()?;
    builder.install("www")?;
    say("type check of the demo page");
    let mut command = builder.npm("www");
    command.args(["run", "check"]);
    builder.runner.stream("type check of the demo page", command, minutes(5))
}

/// Starts everything on ports of its own, with keys, database and user of its own, and lets a browser, Node and
/// Python use it.
fn system(builder: &mut Builder<'_>) -> Result<()> {
    let workspace = builder.workspace;
    let chromium = browser::ensure(workspace, &mut builder.runner)?;
    let python = python::ensure(workspace, &mut builder.runner)?;
    let verify = native_programs(builder)?;
    let edge_server = EdgeServer::EdgeHost(None);
    let component = builder.edge_component(edge_server.arithmetic())?;
    builder.npm_package()?;

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
    say("starting the system for its tests");
    let mut running = setup.start()?;
    say("npm test in www");
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

/// issuer, edge-host and the native verifier; returns the latter.
fn native_programs(builder: &mut Builder<'_>) -> Result<PathBuf> {
    say("building issuer, edge-host and the native verifier");
    let mut command = builder.cargo();
    // Another command would choose other features for shared dependencies, and compile them once more.
    command.args(["test", "--workspace", "--no-run"]);
    builder.runner.stream("building the native programs", command, minutes(60))?;
    let verify = builder.workspace.programs.join("examples/verify");
    for program in [&builder.workspace.program("issuer"), &builder.workspace.program("edge-host"), &verify] {
        if !program.is_file() {
            bail!("cargo test --no-run did not build {}", program.display());
        }
    }
    Ok(verify)
}
