//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Seconds for each fuzz target, unless an option sets them.
const FUZZ_SECONDS: u64 = 600;
/// Cases in the comparison of the kernels, unless an option sets them.
const KERNEL_CASES: u64 = 1_000_000;

/// Developer commands of Dojang.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// Source of the wasm targets.
    #[arg(long, value_enum, default_value = "auto", global = true, env = "DOJANG_WASM_TOOLCHAIN")]
    pub(crate) wasm_toolchain: WasmToolchainChoice,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Build everything, then start issuer, edge and demo page until Ctrl-C.
    Up(Up),
    /// Run everything that CI runs; prints what was skipped and why.
    Test(Test),
    /// Measure the verifiers, the issuer and the edge beside their peers; writes the tables in docs.
    Bench(Bench),
    /// Fuzz the verifier.
    Fuzz(Fuzz),
    /// Compare every kernel with the others and num-bigint, on random and adversarial numbers.
    Kernels(Kernels),
    /// Write every generated file: vectors, tables of refusal codes, licence files.
    Generate,
    /// Check licences, sources, duplicates and advisories of the dependencies.
    Deny,
    /// Run the verifier's unit tests under Miri, which must be installed.
    Miri,
}

#[derive(Args)]
pub(crate) struct Up {
    /// Port of the issuer on the loopback address.
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 8000,
        value_parser = clap::value_parser!(u16).range(1..),
    )]
    pub(crate) issuer_port: u16,
    /// Port of the edge resource on the loopback address.
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 8001,
        value_parser = clap::value_parser!(u16).range(1..),
    )]
    pub(crate) edge_port: u16,
    /// Port of the demo page on the loopback address.
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 8080,
        value_parser = clap::value_parser!(u16).range(1..),
    )]
    pub(crate) www_port: u16,
    /// Put the gate in front of the edge resource, with edge-host.
    #[arg(long)]
    pub(crate) gated: bool,
}

#[derive(Args)]
pub(crate) struct Test {
    /// Run only this stage and what it needs (may be repeated).
    #[arg(long, value_name = "STAGE", value_enum, conflicts_with_all = ["quick", "changed"])]
    pub(crate) only: Vec<Stage>,
    /// Run the checks before a commit: format, lints and the native tests, without the edge.
    #[arg(long, conflicts_with = "changed")]
    pub(crate) quick: bool,
    /// Run the steps that a difference from this branch or commit can affect.
    #[arg(long, value_name = "BASE", num_args = 0..=1, default_missing_value = "main")]
    pub(crate) changed: Option<String>,
    /// Continue with other steps after a failure.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Steps at a time [default: 2]; with 1, output is shown immediately.
    #[arg(long, value_name = "COUNT")]
    pub(crate) jobs: Option<usize>,
}

#[derive(Args)]
pub(crate) struct Bench {
    /// Measure only in this environment (may be repeated), without writing the documents.
    #[arg(long, value_name = "WHERE", value_enum)]
    pub(crate) only: Vec<Environment>,
    /// Measure in this Node too, besides the one on the PATH (may be repeated).
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) node: Vec<PathBuf>,
    /// Check with a short run that everything works, without writing the documents.
    #[arg(long)]
    pub(crate) quick: bool,
}

/// What is measured: verifiers in an environment, or a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Environment {
    /// Native libraries, and `PyJWT`.
    Native,
    Node,
    Chromium,
    Firefox,
    #[value(name = "webkit")]
    WebKit,
    /// The time to the first verdict, in Chromium on a throttled processor.
    First,
    Wasmtime,
    /// Sizes in bytes instead of times.
    Sizes,
    /// Requests of the issuer.
    Issuer,
    /// Requests at the edge, beside FastAPI.
    Edge,
}

#[derive(Args)]
pub(crate) struct Fuzz {
    /// Seconds for each target.
    #[arg(long, default_value_t = FUZZ_SECONDS)]
    pub(crate) seconds: u64,
    /// Fuzz only this target (may be repeated).
    #[arg(long, value_name = "TARGET", value_enum)]
    pub(crate) target: Vec<FuzzTarget>,
}

#[derive(Args)]
pub(crate) struct Kernels {
    /// Number of powers to compare.
    #[arg(long, default_value_t = KERNEL_CASES)]
    pub(crate) cases: u64,
    /// Seed of the random cases.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// The programs in `verifier-core/fuzz/fuzz_targets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FuzzTarget {
    /// Arbitrary bytes as a token and as its header.
    Token,
    /// Arbitrary bytes as the claims of a token.
    Claims,
    /// Arbitrary bytes as a JWK or JWKS.
    Jwks,
    /// Arbitrary bytes as PEM and as DER.
    Pem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WasmToolchainChoice {
    /// rustup's targets if they are installed or can be, Debian's packages otherwise.
    Auto,
    /// `rustup target add`.
    Rustup,
    /// Debian's rustc-web and rust-web-src.
    Debian,
}

/// The stages of `test`, as its table shows them; `test/plan.rs` has their steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Stage {
    /// Installs system packages, wasm tools, and packages for Python and Node.
    Tools,
    /// `cargo fmt --check`.
    Format,
    /// clippy over all targets; warnings are errors.
    Lints,
    /// rustdoc of the libraries; warnings are errors.
    Docs,
    /// The components for wasm32-wasip2, portable and with wide arithmetic, and `examples/gated`.
    Edge,
    /// clippy for the wasm targets.
    WasmLints,
    /// `cargo test` natively, with the component.
    Rust,
    /// The issuer's tests on PostgreSQL, if a server is reachable.
    Postgres,
    /// The generated vectors, the agreement of the kernels, and 10 s of each fuzz target.
    Fuzz,
    /// The npm package: wasm build and its tests in Node.
    Npm,
    /// The demo page: type check.
    Www,
    /// The whole system in a browser and with other JWT libraries.
    System,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
