//! The steps of `cargo xtask test`, in order of preference.

use super::schedule::{Phase, Step};
use super::steps;
use crate::build::Builder;
use crate::cli::Stage;
use anyhow::Result;

type Work = fn(&mut Builder<'_>) -> Result<()>;

/// A step, and whether `--quick` has it.
struct Planned {
    step: Step<'static>,
    quick: bool,
}

/// Returns the steps of these stages with everything that they need.
pub(super) fn of_stages(stages: &[Stage]) -> Vec<Step<'static>> {
    select(all(), |planned| stages.contains(&planned.step.stage))
}

/// Returns the steps that a change needs before a commit.
pub(super) fn quick() -> Vec<Step<'static>> {
    select(all(), |planned| planned.quick)
}

fn select(all: Vec<Planned>, wanted: impl Fn(&Planned) -> bool) -> Vec<Step<'static>> {
    let mut names: Vec<&str> =
        all.iter().filter(|planned| wanted(planned)).map(|planned| planned.step.name).collect();
    // Needs come earlier in the plan, so one pass from its end finds all of them.
    for planned in all.iter().rev() {
        if names.contains(&planned.step.name) {
            names.extend(planned.step.needs);
        }
    }
    let chosen =
        all.into_iter().map(|planned| planned.step).filter(|step| names.contains(&step.name));
    chosen.collect()
}

/// What the tests of the whole system need.
const SYSTEM: &[&str] =
    &["test programs", "edge component", "wide edge component", "npm package", "python packages"];

/// Compiling comes in two lanes that do not wait for each other: `target` has native code, and
/// other directories have wasm. Within a lane `after` keeps two cargo commands from waiting for
/// one lock.
fn all() -> Vec<Planned> {
    use Phase::{Compile, Run};
    use Stage::{
        Docs, Edge, Format, Fuzz, Lints, Npm, Postgres, Rust, System, Tools, WasmLints, Www,
    };
    let step = |name, stage, phase, needs, after, work: Work| Planned {
        step: Step { name, stage, phase, needs, after, work: Box::new(work) },
        quick: false,
    };
    let quick = |planned: Planned| Planned { quick: true, ..planned };
    vec![
        step("system packages", Tools, Compile, &[], &[], steps::packages),
        quick(step("format", Format, Run, &[], &[], steps::format)),
        quick(step("test programs", Rust, Compile, &[], &[], steps::test_programs)),
        quick(step("lints", Lints, Run, &["test programs"], &[], steps::lints)),
        quick(step(
            "python packages",
            Tools,
            Compile,
            &[],
            &["system packages"],
            steps::python_packages,
        )),
        step("npm packages", Tools, Compile, &["system packages"], &[], steps::npm_packages),
        step("wasm tools", Tools, Compile, &["system packages"], &[], steps::wasm_tools),
        step("edge component", Edge, Compile, &["system packages"], &[], steps::portable_component),
        step(
            "npm package",
            Npm,
            Compile,
            &["npm packages", "wasm tools"],
            &["edge component"],
            steps::npm_package,
        ),
        step(
            "wide edge component",
            Edge,
            Compile,
            &["system packages"],
            &[],
            steps::wide_component,
        ),
        step(
            "wasm lints",
            WasmLints,
            Run,
            &["system packages"],
            &["edge component", "npm package"],
            steps::wasm_lints,
        ),
        step(
            "core without std",
            Npm,
            Compile,
            &["system packages"],
            &[],
            steps::verifier_without_std,
        ),
        step("cargo-fuzz", Tools, Compile, &[], &[], steps::cargo_fuzz),
        step("fuzz targets", Fuzz, Compile, &["cargo-fuzz"], &[], steps::fuzz_targets),
        // The longest first: what is short fills the gaps at the end.
        step(
            "edge-host",
            Rust,
            Run,
            &["test programs", "edge component", "wide edge component", "python packages"],
            &[],
            steps::edge_host_tests,
        ),
        quick(step(
            "issuer",
            Rust,
            Run,
            &["test programs", "python packages"],
            &[],
            steps::issuer_tests,
        )),
        step(
            "issuer on PostgreSQL",
            Postgres,
            Run,
            &["test programs", "python packages"],
            &["issuer"],
            steps::issuer_tests_on_postgres,
        ),
        step("demo page", System, Run, SYSTEM, &["edge-host"], steps::demo),
        step("inspector", System, Run, SYSTEM, &["edge-host"], steps::inspector),
        step("OpenAPI documents", System, Run, SYSTEM, &["edge-host"], steps::openapi),
        step("npm tests", Npm, Run, &["npm package"], &[], steps::npm_tests),
        step("fuzzing", Fuzz, Run, &["fuzz targets"], &[], steps::fuzzing),
        quick(step(
            "verifier-core",
            Rust,
            Run,
            &["test programs", "python packages"],
            &[],
            steps::core_tests,
        )),
        quick(step(
            "unit tests",
            Rust,
            Run,
            &["test programs", "python packages"],
            &[],
            steps::unit_tests,
        )),
        step(
            "verifier-core with 28-bit limbs",
            Fuzz,
            Run,
            &["test programs", "python packages"],
            &[],
            steps::core_tests_with_limbs28,
        ),
        step(
            "verifier-core with 51-bit limbs",
            Fuzz,
            Run,
            &["test programs", "python packages"],
            &[],
            steps::core_tests_with_limbs51,
        ),
        step("vectors", Fuzz, Run, &["test programs"], &[], steps::vectors),
        step("kernels", Fuzz, Run, &["test programs", "npm package"], &[], steps::kernels),
        step("type check of the demo page", Www, Run, &["npm package"], &[], steps::www_types),
        step("doc tests", Rust, Run, &["test programs"], &[], steps::doc_tests),
        step("documentation", Docs, Run, &[], &["test programs"], steps::documentation),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;

    #[test]
    fn every_name_is_unique_and_every_need_comes_earlier() {
        let plan = of_stages(Stage::value_variants());
        let mut earlier: Vec<&str> = Vec::new();
        for step in &plan {
            assert!(!earlier.contains(&step.name), "{} twice", step.name);
            for need in step.needs.iter().chain(step.after) {
                assert!(earlier.contains(need), "{} needs {need}", step.name);
            }
            earlier.push(step.name);
        }
    }

    #[test]
    fn every_stage_has_a_step() {
        for stage in Stage::value_variants() {
            assert!(of_stages(&[*stage]).iter().any(|step| step.stage == *stage), "{stage:?}");
        }
    }

    #[test]
    fn a_quick_run_installs_no_browser_and_builds_no_wasm() {
        let plan = quick();
        assert!(plan.iter().any(|step| step.name == "issuer"));
        for absent in ["system packages", "npm packages", "wasm tools", "edge component"] {
            assert!(plan.iter().all(|step| step.name != absent), "{absent}");
        }
    }

    #[test]
    fn a_stage_brings_what_it_needs_and_nothing_else() {
        let names = |steps: Vec<Step<'_>>| steps.iter().map(|step| step.name).collect::<Vec<_>>();
        assert_eq!(names(of_stages(&[Stage::Lints])), ["test programs", "lints"]);
        assert_eq!(
            names(of_stages(&[Stage::Postgres])),
            ["test programs", "python packages", "issuer on PostgreSQL"]
        );
    }
}
