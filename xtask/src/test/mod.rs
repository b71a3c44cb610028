//! `cargo xtask test`: runs everything that CI runs.

mod area;
mod changed;
pub(crate) mod generate;
mod plan;
mod programs;
mod report;
mod schedule;
mod steps;
mod whole_system;

use std::time::Instant;

use anyhow::{Result, bail};
use clap::ValueEnum as _;

use crate::cli::{Stage, Test, WasmToolchainChoice};
use crate::process::{self, Interrupted};
use crate::progress::note;
use crate::workspace::Workspace;
use schedule::{Options, Outcome};

/// Default number of steps at a time: next to a compiler, which uses all processors, runs a step
/// that mostly waits for the network, a disk or a linker.
const JOBS: usize = 2;

pub(crate) fn run(
    workspace: &Workspace,
    test: &Test,
    toolchain: WasmToolchainChoice,
) -> Result<()> {
    let steps = if test.quick {
        plan::quick()
    } else if let Some(base) = &test.changed {
        let areas = changed::areas(workspace, base)?;
        if areas.is_empty() {
            note(format_args!("nothing differs from {base}"));
            return Ok(());
        }
        plan::affected_by(&areas)
    } else if test.only.is_empty() {
        plan::of_stages(Stage::value_variants())
    } else {
        plan::of_stages(&test.only)
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = test.jobs.unwrap_or(JOBS.min(processors)).max(1);
    let started = Instant::now();
    let ended =
        schedule::run(steps, &Options { workspace, toolchain, jobs, keep_going: test.keep_going });
    if process::interrupted() {
        return Err(Interrupted.into());
    }
    print!("\n======== result\n{}", report::table(&ended, started.elapsed()));
    let failed: Vec<&str> =
        ended.iter().filter(|step| step.outcome == Outcome::Failed).map(|step| step.name).collect();
    if let Some(first) = ended.iter().find(|step| step.outcome == Outcome::Failed) {
        let stage = report::name(first.stage);
        bail!(
            "failed: {}; to run its stage alone: cargo xtask test --jobs 1 --only {stage}",
            failed.join(", ")
        );
    }
    Ok(())
}
