//! The steps of `cargo xtask test`.

use std::ffi::OsStr;
use std::time::Duration;

use anyhow::Result;

use super::programs::{self, Settings};
use super::whole_system;
use crate::build::{Arithmetic, Builder, Extent};
use crate::cli::{Fuzz, Kernels};
use crate::components::Component;
use crate::deny;
use crate::fuzz;
use crate::kernels::{self, Wide};
use crate::process;
use crate::progress::{minutes, note};
use crate::toolchain::{self, BROWSER, WASIP2, apt, browser, golang, haproxy, python};

/// Node, the wasm targets and a browser: whatever the system's package manager or rustup installs,
/// one after the other.
pub(super) fn packages(builder: &mut Builder<'_>) -> Result<()> {
    builder.prepare_system()?;
    browser::ensure(builder.workspace, &mut builder.runner)?;
    Ok(())
}

pub(super) fn python_packages(builder: &mut Builder<'_>) -> Result<()> {
    python::ensure(builder.workspace, &mut builder.runner).map(drop)
}

/// Installs Go and HAProxy and builds the verifier in Go, where this is possible.
pub(super) fn go_and_haproxy(builder: &mut Builder<'_>) -> Result<()> {
    let installed =
        [(golang::PACKAGE, golang::is_installed()), (haproxy::PACKAGE, haproxy::find().is_some())];
    let missing: Vec<&str> = installed
        .iter()
        .filter(|(_, is_installed)| !is_installed)
        .map(|(package, _)| *package)
        .collect();
    if !missing.is_empty() && apt::may_install() {
        let purpose = "the tests with other verifiers";
        apt::ensure(&missing, purpose, builder.workspace, &mut builder.runner)?;
    }
    golang::build(builder.workspace, &mut builder.runner)
}

pub(super) fn npm_packages(builder: &mut Builder<'_>) -> Result<()> {
    builder.install("verifier-wasm", Extent::Test)?;
    builder.install("verifier-wasm/test/nodes", Extent::Test)?;
    builder.install("www", Extent::Test)
}

pub(super) fn wasm_tools(builder: &mut Builder<'_>) -> Result<()> {
    builder.wasm_tools().map(drop)
}

pub(super) fn cargo_fuzz(builder: &mut Builder<'_>) -> Result<()> {
    fuzz::install(builder.workspace, &mut builder.runner).map(drop)
}

pub(super) fn cargo_deny(builder: &mut Builder<'_>) -> Result<()> {
    deny::install(builder.workspace, &mut builder.runner).map(drop)
}

pub(super) fn format(builder: &mut Builder<'_>) -> Result<()> {
    let mut command = builder.cargo();
    command.args(["fmt", "--all", "--check"]);
    builder.runner.stream("cargo fmt --check (to repair: cargo fmt --all)", command, minutes(2))
}

/// Checks the TypeScript of package and page.
pub(super) fn typescript_format(builder: &mut Builder<'_>) -> Result<()> {
    let mut command = builder.npm("verifier-wasm");
    command.args(["run", "format:check"]);
    builder.runner.stream("prettier --check (to repair: npm run format)", command, minutes(2))
}

pub(super) fn lints(builder: &mut Builder<'_>) -> Result<()> {
    programs::refuse_warnings(builder)
}

/// Checks licences, sources, duplicates and advisories of the dependencies.
pub(super) fn dependencies(builder: &mut Builder<'_>) -> Result<()> {
    deny::run(builder.workspace, &mut builder.runner)
}

/// Of the libraries only: the programs have no public interface.
pub(super) fn documentation(builder: &mut Builder<'_>) -> Result<()> {
    let mut command = builder.cargo();
    command
        .args(["doc", "--no-deps", "--package", "rsa-verify"])
        .args([
            "--package",
            "verifier-core",
            "--package",
            "verifier-wasm",
            "--package",
            "verifier-kernel",
            "--package",
            "edge-auth",
            "--package",
            "edge-component",
            "--package",
            "edge-gate",
        ])
        .env("RUSTDOCFLAGS", "-D warnings");
    builder.runner.stream("cargo doc", command, minutes(20))
}

pub(super) fn portable_component(builder: &mut Builder<'_>) -> Result<()> {
    use Component::{Gate, GateTestApp, Resource};
    builder.components(&[Resource, Gate, GateTestApp], Arithmetic::Portable)?;
    builder.wasi_gate()
}

/// Builds the examples that stand behind the gate, where their tools can be had.
pub(super) fn gated_examples(builder: &mut Builder<'_>) -> Result<()> {
    let wasm = builder.wasm_toolchain()?;
    let mut command = process::command("sh");
    command.current_dir(&builder.workspace.root).arg("examples/gated/build.sh");
    builder.compiling_wasm(wasm, &[], &mut command)?;
    let printed = builder.workspace.log("gated-examples");
    builder.runner.quiet("building examples/gated", command, minutes(20), &printed)?;
    for line in std::fs::read_to_string(printed)?.lines() {
        match line.strip_prefix("skipped ") {
            Some(reason) => builder.runner.skip(&format!("examples/gated: {reason}")),
            None => note(line),
        }
    }
    Ok(())
}

pub(super) fn wide_component(builder: &mut Builder<'_>) -> Result<()> {
    builder.components(&[Component::Resource, Component::Gate], Arithmetic::Wide)
}

pub(super) fn npm_package(builder: &mut Builder<'_>) -> Result<()> {
    builder.npm_package()
}

pub(super) fn verifier_without_std(builder: &mut Builder<'_>) -> Result<()> {
    builder.verifier_without_std()
}

/// Lints the code that only a wasm target compiles, with each kernel that wasm has.
pub(super) fn wasm_lints(builder: &mut Builder<'_>) -> Result<()> {
    let simd = |features| toolchain::target_features(BROWSER, features).to_vec();
    for (package, target, profile, arguments) in [
        ("edge-resource", WASIP2, "release", Vec::new()),
        ("edge-resource", WASIP2, "release", toolchain::wide_arithmetic(WASIP2).to_vec()),
        ("edge-gate", WASIP2, "release", Vec::new()),
        ("edge-gate", WASIP2, "release", vec!["--no-default-features".into()]),
        ("gate-test-app", WASIP2, "release", Vec::new()),
        ("verifier-wasm", BROWSER, toolchain::NPM_PROFILE, Vec::new()),
        (
            "verifier-wasm",
            BROWSER,
            toolchain::NPM_PROFILE,
            vec!["--features".into(), "status".into()],
        ),
        ("verifier-kernel", BROWSER, toolchain::NPM_PROFILE, simd("+simd128")),
        ("verifier-kernel", BROWSER, toolchain::NPM_PROFILE, simd("+simd128,+relaxed-simd")),
    ] {
        let Some(mut command) = builder.wasm_clippy()? else {
            builder.runner.skip(
                "clippy for the wasm targets (as root on Debian: apt-get install rust-web-clippy)",
            );
            return Ok(());
        };
        command
            .args(["--package", package, "--target", target, "--profile", profile])
            .args(&arguments);
        command.args(["--", "-D", "warnings"]);
        let what = format!("clippy of {package} for {target} {}", arguments.join(" "));
        builder.runner.stream(&what, command, minutes(20))?;
    }
    Ok(())
}

pub(super) fn test_programs(builder: &mut Builder<'_>) -> Result<()> {
    programs::build(builder)
}

/// Tests at a time of a program whose tests mostly wait for servers that they have started.
const WAITING: usize = 6;

/// Runs all test programs except integration tests, which are separate steps.
pub(super) fn unit_tests(builder: &mut Builder<'_>) -> Result<()> {
    for program in programs::list(builder)?.iter().filter(|program| program.target != "it") {
        let what = format!("{} of {}", program.target, program.package);
        programs::run(
            builder,
            program,
            &Settings { what: &what, threads: None, variables: Vec::new() },
        )?;
    }
    Ok(())
}

pub(super) fn core_tests(builder: &mut Builder<'_>) -> Result<()> {
    integration_tests(builder, "verifier-core", None, Vec::new())
}

pub(super) fn issuer_tests(builder: &mut Builder<'_>) -> Result<()> {
    integration_tests(builder, "issuer", Some(WAITING), Vec::new())
}

pub(super) fn edge_host_tests(builder: &mut Builder<'_>) -> Result<()> {
    let component = |component, arithmetic| builder.component_file(component, arithmetic);
    let resource = component(Component::Resource, Arithmetic::Portable);
    let wide = component(Component::Resource, Arithmetic::Wide);
    let gate = component(Component::Gate, Arithmetic::Portable);
    let wide_gate = component(Component::Gate, Arithmetic::Wide);
    let wasi_gate = builder.wasi_gate_file();
    let app = component(Component::GateTestApp, Arithmetic::Portable);
    let compiled = whole_system::compiled_components(builder.workspace)?;
    let variables = vec![
        ("EDGE_COMPONENT", resource.as_os_str()),
        ("EDGE_COMPONENT_WIDE", wide.as_os_str()),
        ("EDGE_GATE", gate.as_os_str()),
        ("EDGE_GATE_WIDE", wide_gate.as_os_str()),
        ("EDGE_GATE_WASI", wasi_gate.as_os_str()),
        ("EDGE_GATE_TEST_APP", app.as_os_str()),
        ("EDGE_COMPILED", compiled.as_os_str()),
    ];
    integration_tests(builder, "edge-host", Some(WAITING), variables)
}

fn integration_tests(
    builder: &mut Builder<'_>,
    package: &str,
    threads: Option<usize>,
    variables: Vec<(&str, &OsStr)>,
) -> Result<()> {
    let programs = programs::list(builder)?;
    let what = format!("the integration tests of {package}");
    let program = programs::integration_tests(&programs, package)?;
    programs::run(builder, program, &Settings { what: &what, threads, variables })
}

pub(super) fn doc_tests(builder: &mut Builder<'_>) -> Result<()> {
    programs::run_doc_tests(builder)
}

/// A PostgreSQL server that lets the tests make databases, unless `ISSUER_TEST_POSTGRES_URL` names
/// another one.
const POSTGRES: &str = "postgres://postgres@127.0.0.1:5432";

pub(super) fn issuer_tests_on_postgres(builder: &mut Builder<'_>) -> Result<()> {
    let python = python::ensure(builder.workspace, &mut builder.runner)?;
    let server = std::env::var("ISSUER_TEST_POSTGRES_URL").unwrap_or_else(|_| POSTGRES.to_owned());
    let may_create = "import psycopg2, sys; c = psycopg2.connect(sys.argv[1], connect_timeout=3).cursor(); \
        c.execute('select rolcreatedb or rolsuper from pg_roles where rolname = current_user'); \
        sys.exit(not c.fetchone()[0])";
    let mut probe = process::command(&python);
    probe.args(["-c", may_create, &server]);
    if process::probe(probe, Duration::from_secs(20)).is_none() {
        builder.runner.skip(
            "the issuer on PostgreSQL: no server that lets us make databases \
                 (ISSUER_TEST_POSTGRES_URL)",
        );
        return Ok(());
    }
    let variables = vec![("ISSUER_TEST_POSTGRES_URL", OsStr::new(&server))];
    integration_tests(builder, "issuer", Some(WAITING), variables)
}

/// Kernels, and whether this processor has their instructions.
fn kernels_of_the_processor() -> [(&'static str, bool); 6] {
    #[cfg(target_arch = "x86_64")]
    let (has_ifma, has_adx) = {
        use std::is_x86_feature_detected as has;
        let has_bmi2 = has!("bmi2");
        (
            has_bmi2 && has!("avx512f") && has!("avx512ifma") && has!("avx512vl"),
            has_bmi2 && has!("adx"),
        )
    };
    #[cfg(not(target_arch = "x86_64"))]
    let (has_ifma, has_adx) = (false, false);
    [
        ("limbs28", true),
        ("limbs51", true),
        ("limbs52", has_ifma),
        ("limbs52_model", true),
        ("limbs60", true),
        ("limbs60_adx", has_adx),
    ]
}

/// Repeats the tests of the core with each kernel: without a setting, they use the fastest one of
/// the processor.
pub(super) fn core_tests_with_each_kernel(builder: &mut Builder<'_>) -> Result<()> {
    let programs = programs::list(builder)?;
    for (kernel, is_available) in kernels_of_the_processor() {
        if !is_available {
            builder.runner.skip(&format!(
                "verifier-core with the kernel {kernel}: the processor lacks its instructions"
            ));
            continue;
        }
        let what = format!("the tests of verifier-core with {kernel}");
        for program in programs.iter().filter(|program| program.package == "verifier-core") {
            let variables = vec![("VERIFIER_KERNEL", OsStr::new(kernel))];
            programs::run(builder, program, &Settings { what: &what, threads: None, variables })?;
        }
    }
    Ok(())
}

/// Compares the shared vectors with what their generator writes.
pub(super) fn vectors(builder: &mut Builder<'_>) -> Result<()> {
    let mut command = process::command(programs::built(builder, "examples/make_vectors")?);
    command.current_dir(&builder.workspace.root).arg("--check");
    builder.runner.stream(
        "comparing the vectors with what their generator writes",
        command,
        minutes(30),
    )
}

/// With overflow checks, which the release build of `cargo xtask kernels` has not.
pub(super) fn kernels(builder: &mut Builder<'_>) -> Result<()> {
    let cases = programs::built(builder, "examples/kernel_cases")?;
    kernels::compare(builder, &Kernels { cases: kernels::FEW, seed: 1 }, Wide::LeftOut, &cases)
}

pub(super) fn fuzz_targets(builder: &mut Builder<'_>) -> Result<()> {
    fuzz::build(builder.workspace, &mut builder.runner)
}

pub(super) fn fuzzing(builder: &mut Builder<'_>) -> Result<()> {
    fuzz::run(
        builder.workspace,
        &mut builder.runner,
        &Fuzz { seconds: fuzz::SHORT, target: Vec::new() },
    )
}

pub(super) fn npm_tests(builder: &mut Builder<'_>) -> Result<()> {
    let chromium = browser::ensure(builder.workspace, &mut builder.runner)?;
    let mut command = builder.npm("verifier-wasm");
    command.arg("test").env("CHROMIUM", chromium);
    builder.runner.stream("npm test in verifier-wasm", command, minutes(15))
}

pub(super) fn www_types(builder: &mut Builder<'_>) -> Result<()> {
    let mut command = builder.npm("www");
    command.args(["run", "check"]);
    builder.runner.stream("type check of the demo page", command, minutes(5))
}

pub(super) fn demo_page(builder: &mut Builder<'_>) -> Result<()> {
    whole_system::run(&whole_system::PAGE, builder)
}

pub(super) fn sessions(builder: &mut Builder<'_>) -> Result<()> {
    whole_system::run(&whole_system::SESSIONS, builder)
}

pub(super) fn other_verifiers(builder: &mut Builder<'_>) -> Result<()> {
    whole_system::run_other_verifiers(builder)
}

pub(super) fn inspector(builder: &mut Builder<'_>) -> Result<()> {
    whole_system::run(&whole_system::INSPECTOR, builder)
}

pub(super) fn openapi(builder: &mut Builder<'_>) -> Result<()> {
    whole_system::run_openapi(builder)
}
