//! `cargo xtask kernels`: compares the verifier's kernels, native and WebAssembly, with each other,
//! `num-bigint` and `rsa`.

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

/// Whether the kernel with wide arithmetic takes part: its engine takes minutes to build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wide {
    Included,
    LeftOut,
}

/// Builds everything optimised, and compares as many powers as the command line asks for.
pub(crate) fn run(builder: &mut Builder<'_>, kernels: &Kernels) -> Result<()> {
    let mut cargo = builder.cargo();
    cargo.args(["build", "--release", "--package", "rsa-verify", "--example", "kernel_cases"]);
    builder.runner.stream("building the cases of the kernels", cargo, minutes(30))?;
    // The WebAssembly kernels are those of the package.
    builder.npm_package()?;
    compare(
        builder,
        kernels,
        Wide::Included,
        &builder.workspace.target.join("release/examples/kernel_cases"),
    )
}

/// Compares the powers that the native kernels in the program `cases` print with those of the npm
/// package's WebAssembly kernels.
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
        Wide::Included => {
            r#"set -o pipefail; dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; mkfifo "$dir/cases"
            "$3" kernels "$4" < "$dir/cases" & wide=$!
            "$0" --cases "$1" --seed "$2" --emit | tee "$dir/cases" | node scripts/kernels.mjs && wait $wide"#
        }
    };
    command
        .args(["-c", script])
        .arg(cases)
        .args([kernels.cases.to_string(), kernels.seed.to_string()]);
    if wide == Wide::Included {
        command.arg(bench::harness(builder)?).arg(wide_kernel(builder)?);
    }
    builder.runner.stream("comparing the kernels", command, minutes(120))
}

/// Builds the module of the kernel with wide arithmetic.
fn wide_kernel(builder: &mut Builder<'_>) -> Result<PathBuf> {
    let wasm = builder.wasm_toolchain()?;
    let target = wasm.target_dir(builder.workspace).join("kernels");
    let mut command = process::command(wasm.cargo());
    command.current_dir(&builder.workspace.root);
    command.args([
        "build",
        "--package",
        "verifier-kernel",
        "--lib",
        "--target",
        BROWSER,
        "--profile",
        NPM_PROFILE,
    ]);
    command.args(["--features", "kernels"]).args(toolchain::wide_arithmetic(BROWSER));
    builder.compiling_wasm(wasm, &[], &mut command)?;
    command.env("CARGO_TARGET_DIR", &target);
    builder.runner.stream("building the kernel with wide arithmetic", command, minutes(30))?;
    Ok(target.join(BROWSER).join(NPM_PROFILE).join("verifier_kernel.wasm"))
}
