//! Runs the verifier's fuzz targets: for seconds in the tests, for minutes by `cargo xtask fuzz`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::ValueEnum as _;

use crate::cli::{Fuzz, FuzzTarget};
use crate::process;
use crate::progress::{Runner, minutes, say};
use crate::toolchain::cargo_install::{Lock, Tool};
use crate::version::Version;
use crate::workspace::Workspace;

const CARGO_FUZZ: Tool<'_> = Tool {
    program: "cargo-fuzz",
    package: "cargo-fuzz",
    version: Version(0, 13, 2),
    lock: Lock::Its,
    arguments: &[],
};

/// Longest input, in bytes: more than the longest token that the verifier accepts.
const MAX_INPUT: u32 = 20_000;

/// Seconds for each target in `cargo xtask test`.
pub(crate) const SHORT: u64 = 10;

/// Installs cargo-fuzz unless it is installed.
pub(crate) fn install(workspace: &Workspace, runner: &mut Runner) -> Result<PathBuf> {
    CARGO_FUZZ.ensure(workspace, runner)
}

/// Compiles all targets.
pub(crate) fn build(workspace: &Workspace, runner: &mut Runner) -> Result<()> {
    let mut command = cargo_fuzz(workspace, runner)?;
    command.args(["fuzz", "build", "--sanitizer", "none"]);
    runner.stream("building the fuzz targets", command, minutes(30))
}

/// Returns a `cargo-fuzz` command in the directory of the targets.
fn cargo_fuzz(workspace: &Workspace, runner: &mut Runner) -> Result<Command> {
    let mut command = process::command(install(workspace, runner)?);
    command
        .current_dir(workspace.root.join("verifier-core/fuzz"))
        // The instrumentation is an unstable option; this enables it in the stable compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", workspace.target.join("fuzz"));
    Ok(command)
}

/// The number of inputs that a target ran, from libFuzzer's statistics.
#[derive(Debug, PartialEq, Eq)]
struct Executions {
    target: String,
    count: u64,
}

/// Fuzzes the targets one after the other, starting from the corpus in git, and prints how many
/// inputs each ran. New inputs stay in the target directory.
pub(crate) fn run(workspace: &Workspace, runner: &mut Runner, fuzz: &Fuzz) -> Result<()> {
    let mut tried = Vec::new();
    let outcome = fuzz_all(workspace, runner, fuzz, &mut tried);
    print!("{}", table(&tried, fuzz.seconds));
    outcome
}

fn fuzz_all(
    workspace: &Workspace,
    runner: &mut Runner,
    fuzz: &Fuzz,
    tried: &mut Vec<Executions>,
) -> Result<()> {
    let crate_dir = workspace.root.join("verifier-core/fuzz");
    let build_dir = workspace.target.join("fuzz");
    let chosen = if fuzz.target.is_empty() { FuzzTarget::value_variants() } else { &fuzz.target };
    for target in chosen {
        let name = target
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned());
        let findings = build_dir.join("corpus").join(&name);
        fs::create_dir_all(&findings)
            .with_context(|| format!("cannot create {}", findings.display()))?;
        say(format_args!("fuzzing {name} for {} s", fuzz.seconds));
        let mut command = cargo_fuzz(workspace, runner)?;
        command
            // The fuzzed code has no `unsafe` for a sanitizer to check.
            .args(["fuzz", "run", "--sanitizer", "none", &name])
            .args([&findings, &crate_dir.join("corpus").join(&name)])
            .args(["--", "-print_final_stats=1", "-verbosity=0"])
            .arg(format!("-max_len={MAX_INPUT}"))
            .arg(format!("-max_total_time={}", fuzz.seconds));
        let limit = Duration::from_secs(fuzz.seconds) + minutes(30);
        let what = format!("fuzzing {name}");
        let mut count = 0;
        // A failed run counts too.
        let outcome =
            runner.observe(&what, command, limit, |line| count = executions(line).unwrap_or(count));
        tried.push(Executions { target: name, count });
        outcome?;
    }
    Ok(())
}

/// Returns the count in a line of libFuzzer's final statistics.
fn executions(line: &str) -> Option<u64> {
    line.trim().strip_prefix("stat::number_of_executed_units:")?.trim().parse().ok()
}

fn table(tried: &[Executions], seconds: u64) -> String {
    let mut table = format!("{:<8} {:>14} {:>10}\n", "target", "executions", "per second");
    for Executions { target, count } in tried {
        let rate = count / seconds.max(1);
        table += &format!("{target:<8} {count:>14} {rate:>10}\n");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executions_of_a_target_are_read_from_its_last_lines() {
        for (line, count) in [
            ("stat::number_of_executed_units: 870123\n", Some(870_123)),
            ("stat::average_exec_per_sec:     79102", None),
            ("#870123 DONE cov: 1 ft: 2", None),
            ("", None),
        ] {
            assert_eq!(executions(line), count, "{line}");
        }
        let tried = [Executions { target: "claims".to_owned(), count: 870_123 }];
        assert_eq!(table(&tried, 10).lines().nth(1), Some("claims           870123      87012"));
    }
}
