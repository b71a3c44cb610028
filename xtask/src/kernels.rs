//! `cargo xtask kernels`: the kernels of the verifier, native and WebAssembly, held against each
//! other, `num-bigint` and `rsa`.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::bench;
use crate::build::Builder;
use crate::cli::Kernels;
use crate::process;
use crate::progress::{minutes, say};
use crate::toolchain::{self, BROWSER, NPM_PROFILE};

/// Powers in `cargo xtask test`.
pub(crate) const FEW: u64 = 10_000;

/// Whether the kernel with wide arithmetic is asked, too: the engine that runs it takes minutes to
/// build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wide {
    Asked,
    LeftOut,
}

/// Builds everything optimised, and compares as many powers as the command line says.
pub(crate) fn run(builder: &mut Builder<'_>, kernels: &Kernels) -> Result<()> {
    let mut cargo = builder.cargo();
    cargo.args(["build", "--release", "--package", "verifier-core", "--example", "kernel_cases"]);
    builder.runner.stream("building the cases of the kernels", cargo, minutes(30))?;
    // They are run as the package runs them.
    builder.npm_package()?;
    compare(
        builder,
        kernels,
        Wide::Asked,
        &builder.workspace.target.join("release/examples/kernel_cases"),
    )
}

/// The native kernels in the program `cases` compute and emit the powers; the WebAssembly ones of
/// the npm package read them.
pub(crate) fn compare(
    builder: &mut Builder<'_>,
    kernels: &Kernels,
    wide: Wide,
    cases: &Path,
) -> Result<()> {
    say(format_args!("{} powers in every kernel", kernels.cases));
    let mut command = builder.wasm_command("bash", "verifier-wasm")?;
    let script = match wide {
        Wide::LeftOut => {
            r#"set -o pipefail; "$0" --cases "$1" --seed "$2" --emit | node scripts/kernels.mjs"#
        }
        Wide::Asked => {
            r#"set -o pipefail; dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; mkfifo "$dir/cases"
            "$3" kernels "$4" < "$dir/cases" & wide=$!
            "$0" --cases "$1" --seed "$2" --emit | tee "$dir/cases" | node scripts/kernels.mjs && wait $wide"#
        }
    };
    command
        .args(["-c", script])
        .arg(cases)
        .args([kernels.cases.to_string(), kernels.seed.to_string()]);
    if wide == Wide::Asked {
        command.arg(bench::harness(builder)?).arg(wide_kernel(builder)?);
    }
    builder.runner.stream("holding the kernels against each other", command, minutes(120))
}

/// The module of the kernel with wide arithmetic.
fn wide_kernel(builder: &mut Builder<'_>) -> Result<PathBuf> {
    let wasm = builder.wasm_toolchain()?;
    let target = wasm.target_dir(builder.workspace).join("kernels");
    let mut command = process::command(wasm.cargo());
    command.current_dir(&builder.workspace.root);
    command.args([
        "build",
        "--package",
        "verifier-wasm",
        "--target",
        BROWSER,
        "--profile",
        NPM_PROFILE,
    ]);
    command.args(["--features", "kernels"]).args(toolchain::wide_arithmetic(BROWSER));
    builder.compiling_wasm(wasm, &[], &mut command)?;
    command.env("CARGO_TARGET_DIR", &target);
    builder.runner.stream("building the kernel with wide arithmetic", command, minutes(30))?;
    Ok(target.join(BROWSER).join(NPM_PROFILE).join("verifier_wasm.wasm"))
}
