//! `cargo xtask kernels`: the kernels of the verifier, native and WebAssembly, held against each other and `num-bigint`.

use anyhow::Result;

use crate::build::Builder;
use crate::cli::Kernels;
use crate::progress::{minutes, say};

/// Powers to compare when nobody says otherwise.
pub(crate) const MANY: u64 = 1_000_000;
/// Powers in `cargo xtask test`.
pub(crate) const FEW: u64 = 10_000;

/// The native kernels compute and emit the cases, the WebAssembly ones read them.
pub(crate) fn run(builder: &mut Builder<'_>, kernels: &Kernels) -> Result<()> {
    let mut cargo = builder.cargo();
    cargo.args([
        "build",
        "--release",
        "--package",
        "verifier-core",
        "--features",
        "kernels",
        "--example",
        "kernel_cases",
    ]);
    builder.runner.stream("building the cases of the kernels", cargo, minutes(30))?;
    // They are run as the package runs them.
    builder.npm_package()?;
    let cases = builder.workspace.target.join("release/examples/kernel_cases");
    say(format_args!("{} powers in every kernel", kernels.cases));
    let mut command = builder.wasm_command("bash", "verifier-wasm")?;
    command
        .args(["-c", r#"set -o pipefail; "$0" --cases "$1" --seed "$2" --emit | node scripts/kernels.mjs"#])
        .arg(cases)
        .args([kernels.cases.to_string(), kernels.seed.to_string()]);
    builder.runner.stream("holding the kernels against each other", command, minutes(120))
}
