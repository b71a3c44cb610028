//! Developer commands of the workspace: `cargo xtask --help` lists them.

mod bench;
mod build;
mod cli;
mod components;
mod deny;
mod freshness;
mod fuzz;
mod kernels;
mod miri;
mod ports;
mod process;
mod progress;
mod summary;
mod system;
mod test;
mod toolchain;
mod up;
mod version;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;

use crate::build::Builder;
use crate::cli::{Cli, Command};
use crate::progress::Runner;
use crate::workspace::Workspace;

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // Any failure after an interrupt is a consequence of it.
        Err(_) if process::interrupted() => {
            eprintln!("\ninterrupted");
            // The status that a shell reports after SIGINT.
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    process::listen_for_interrupts()?;
    let workspace = Workspace::find()?;
    match &cli.command {
        Command::Up(up) => up::run(&workspace, up, cli.wasm_toolchain),
        Command::Test(test) => test::run(&workspace, test, cli.wasm_toolchain),
        Command::Bench(bench) => bench::run(&workspace, bench, cli.wasm_toolchain),
        Command::Fuzz(fuzz) => fuzz::run(&workspace, &mut Runner::watching(), fuzz),
        Command::Kernels(kernels) => kernels::run(
            &mut Builder::new(&workspace, Runner::watching(), cli.wasm_toolchain),
            kernels,
        ),
        Command::Generate => {
            test::generate::run(&mut Builder::new(&workspace, Runner::plain(), cli.wasm_toolchain))
        }
        Command::Deny => deny::run(&workspace, &mut Runner::plain()),
        Command::Miri => miri::run(&workspace, &mut Runner::watching()),
    }
}
