//! The steps of `cargo xtask test`, in order of preference.

use std::collections::BTreeSet;

use anyhow::Result;

use super::area::Area;
use super::schedule::{Phase, Step};
use super::steps;
use crate::build::Builder;
use crate::cli::Stage;

type Work = fn(&mut Builder<'_>) -> Result<()>;

/// A step, when it is due, and whether `--quick` has it.
struct Planned {
    step: Step<'static>,
    /// The areas of the repository that can change its result.
    reads: &'static [Area],
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

/// Returns the steps whose result a change in these areas can affect, with everything that they
/// need.
pub(super) fn affected_by(changed: &BTreeSet<Area>) -> Vec<Step<'static>> {
    select(all(), |planned| planned.reads.iter().any(|area| changed.contains(area)))
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
    let selected = all.into_iter().map(|planned| planned.step);
    selected.filter(|step| names.contains(&step.name)).collect()
}

/// The steps that the tests of the whole system need.
const SYSTEM: &[&str] =
    &["test programs", "edge component", "wide edge component", "npm package", "python packages"];

/// Everything that is compiled natively.
const NATIVE: &[Area] = &[
    Area::Core,
    Area::CoreTests,
    Area::TestSupport,
    Area::WasmBindings,
    Area::EdgeResource,
    Area::EdgeHost,
    Area::Connection,
    Area::Issuer,
    Area::RustVerifier,
];

/// Everything that `cargo fmt --all` reads.
const FORMATTED: &[Area] = &[
    Area::Core,
    Area::CoreTests,
    Area::TestSupport,
    Area::WasmBindings,
    Area::EdgeResource,
    Area::EdgeHost,
    Area::Connection,
    Area::Issuer,
    Area::RustVerifier,
    Area::FuzzTargets,
];

/// The sources of the unit tests, and what they compare with them.
const UNIT_TESTED: &[Area] = &[
    Area::Core,
    Area::CoreTests,
    Area::TestSupport,
    Area::Vectors,
    Area::WasmBindings,
    Area::EdgeResource,
    Area::EdgeHost,
    Area::Connection,
    Area::Issuer,
    Area::Documents,
];

/// All programs, the page, and the files that its tests read.
const RUNNING_SYSTEM: &[Area] = &[
    Area::Core,
    Area::CoreTests,
    Area::TestSupport,
    Area::Vectors,
    Area::WasmBindings,
    Area::NpmPackage,
    Area::EdgeResource,
    Area::EdgeHost,
    Area::Connection,
    Area::Issuer,
    Area::Page,
    Area::Keys,
];

fn all() -> Vec<Planned> {
    let mut all = preparation();
    all.extend(tests());
    all
}

fn step(
    name: &'static str,
    stage: Stage,
    phase: Phase,
    needs: &'static [&'static str],
    after: &'static [&'static str],
    reads: &'static [Area],
    work: Work,
) -> Planned {
    let step = Step { name, stage, phase, needs, after, work: Box::new(work) };
    Planned { step, reads, quick: false }
}

fn quick_step(planned: Planned) -> Planned {
    Planned { quick: true, ..planned }
}

/// Returns the steps that install tools and compile, and the static checks. Native code, in
/// `target`, and wasm, in other directories, form two lanes that do not wait for each other. Within
/// a lane, `after` keeps two cargo commands from waiting for one lock.
fn preparation() -> Vec<Planned> {
    use Area::{
        Core, EdgeResource, FuzzTargets, NpmPackage, OtherVerifiers, Page, TestSupport,
        WasmBindings,
    };
    use Phase::{Compile, Run};
    use Stage::{Edge, Format, Fuzz, Lints, Npm, Rust, Tools, WasmLints};
    vec![
        step("system packages", Tools, Compile, &[], &[], &[], steps::packages),
        quick_step(step("format", Format, Run, &[], &[], FORMATTED, steps::format)),
        quick_step(step("test programs", Rust, Compile, &[], &[], NATIVE, steps::test_programs)),
        quick_step(step("lints", Lints, Run, &["test programs"], &[], NATIVE, steps::lints)),
        step("cargo-deny", Tools, Compile, &[], &["test programs"], &[], steps::cargo_deny),
        step("dependencies", Lints, Run, &["cargo-deny"], &[], NATIVE, steps::dependencies),
        quick_step(step(
            "python packages",
            Tools,
            Compile,
            &[],
            &["system packages"],
            &[],
            steps::python_packages,
        )),
        step(
            "Go and HAProxy",
            Tools,
            Compile,
            &[],
            // One apt-get at a time.
            &["system packages", "python packages"],
            &[],
            steps::go_and_haproxy,
        ),
        step("npm packages", Tools, Compile, &["system packages"], &[], &[], steps::npm_packages),
        step(
            "format of TypeScript",
            Format,
            Run,
            &["npm packages"],
            &[],
            &[NpmPackage, OtherVerifiers, Page],
            steps::typescript_format,
        ),
        step("wasm tools", Tools, Compile, &["system packages"], &[], &[], steps::wasm_tools),
        step(
            "edge component",
            Edge,
            Compile,
            &["system packages"],
            &[],
            &[Core, EdgeResource],
            steps::portable_component,
        ),
        step(
            "gated examples",
            Edge,
            Compile,
            &["system packages"],
            // One npm, pip and wasm build at a time.
            &["edge component", "npm packages", "python packages"],
            &[EdgeResource],
            steps::gated_examples,
        ),
        step(
            "npm package",
            Npm,
            Compile,
            &["npm packages", "wasm tools"],
            &["edge component"],
            &[Core, WasmBindings, NpmPackage],
            steps::npm_package,
        ),
        step(
            "wide edge component",
            Edge,
            Compile,
            &["system packages"],
            &[],
            &[Core, EdgeResource],
            steps::wide_component,
        ),
        step(
            "wasm lints",
            WasmLints,
            Run,
            &["system packages"],
            &["edge component", "npm package"],
            &[Core, WasmBindings, EdgeResource],
            steps::wasm_lints,
        ),
        step(
            "core without std",
            Npm,
            Compile,
            &["system packages"],
            &[],
            &[Core],
            steps::verifier_without_std,
        ),
        step("cargo-fuzz", Tools, Compile, &[], &[], &[], steps::cargo_fuzz),
        step(
            "fuzz targets",
            Fuzz,
            Compile,
            &["cargo-fuzz"],
            &[],
            &[Core, TestSupport, FuzzTargets],
            steps::fuzz_targets,
        ),
    ]
}

/// Returns the tests, the longest first, so that short ones fill the gaps at the end.
fn tests() -> Vec<Planned> {
    use Area::{
        Connection, Core, CoreTests, Documents, EdgeHost, EdgeResource, FuzzTargets, Issuer,
        NpmPackage, OtherVerifiers, Page, RustVerifier, TestSupport, Vectors, WasmBindings,
    };
    use Phase::Run;
    use Stage::{Docs, Fuzz, Npm, Postgres, Rust, System, Www};
    vec![
        step(
            "edge-host",
            Rust,
            Run,
            &[
                "test programs",
                "edge component",
                "wide edge component",
                "gated examples",
                "python packages",
            ],
            &[],
            &[Core, TestSupport, Vectors, EdgeResource, EdgeHost, Connection],
            steps::edge_host_tests,
        ),
        quick_step(step(
            "issuer",
            Rust,
            Run,
            &["test programs", "python packages"],
            &[],
            &[Core, TestSupport, Vectors, Connection, Issuer],
            steps::issuer_tests,
        )),
        step(
            "issuer on PostgreSQL",
            Postgres,
            Run,
            &["test programs", "python packages"],
            &["issuer"],
            &[Core, TestSupport, Vectors, Connection, Issuer],
            steps::issuer_tests_on_postgres,
        ),
        step(
            "other verifiers",
            System,
            Run,
            &["test programs", "npm packages", "python packages", "Go and HAProxy"],
            &[],
            &[Core, Connection, Issuer, NpmPackage, Page, OtherVerifiers, RustVerifier],
            steps::other_verifiers,
        ),
        step("sessions", System, Run, SYSTEM, &[], RUNNING_SYSTEM, steps::sessions),
        step("demo page", System, Run, SYSTEM, &[], RUNNING_SYSTEM, steps::demo_page),
        step(
            "inspector",
            System,
            Run,
            SYSTEM,
            &[],
            &[Core, Vectors, WasmBindings, NpmPackage, Page],
            steps::inspector,
        ),
        step(
            "OpenAPI documents",
            System,
            Run,
            SYSTEM,
            &[],
            &[Core, EdgeResource, EdgeHost, Connection, Issuer, Page],
            steps::openapi,
        ),
        step(
            "npm tests",
            Npm,
            Run,
            &["npm package"],
            &[],
            &[Core, Vectors, WasmBindings, NpmPackage, Documents],
            steps::npm_tests,
        ),
        step(
            "fuzzing",
            Fuzz,
            Run,
            &["fuzz targets"],
            &[],
            &[Core, TestSupport, Vectors, FuzzTargets],
            steps::fuzzing,
        ),
        quick_step(step(
            "verifier-core",
            Rust,
            Run,
            &["test programs", "python packages"],
            &[],
            &[Core, CoreTests, TestSupport, Vectors, Documents],
            steps::core_tests,
        )),
        quick_step(step(
            "unit tests",
            Rust,
            Run,
            &["test programs", "python packages"],
            &[],
            UNIT_TESTED,
            steps::unit_tests,
        )),
        step(
            "verifier-core with each kernel",
            Fuzz,
            Run,
            &["test programs", "python packages"],
            &[],
            &[Core, CoreTests, TestSupport, Vectors],
            steps::core_tests_with_each_kernel,
        ),
        step(
            "vectors",
            Fuzz,
            Run,
            &["test programs"],
            &[],
            &[Core, CoreTests, TestSupport, Vectors],
            steps::vectors,
        ),
        step(
            "kernels",
            Fuzz,
            Run,
            &["test programs", "npm package"],
            &[],
            &[Core, CoreTests, WasmBindings, NpmPackage],
            steps::kernels,
        ),
        step(
            "type check of the demo page",
            Www,
            Run,
            &["npm package"],
            &[],
            &[Core, WasmBindings, NpmPackage, Page],
            steps::www_types,
        ),
        step("doc tests", Rust, Run, &["test programs"], &[], NATIVE, steps::doc_tests),
        step(
            "documentation",
            Docs,
            Run,
            &[],
            &["test programs"],
            &[Core, WasmBindings],
            steps::documentation,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;

    fn names(steps: &[Step<'_>]) -> Vec<&'static str> {
        steps.iter().map(|step| step.name).collect()
    }

    fn changed(areas: &[Area]) -> Vec<&'static str> {
        names(&affected_by(&areas.iter().copied().collect()))
    }

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
        let plan = names(&quick());
        assert!(plan.contains(&"issuer"));
        for absent in ["system packages", "npm packages", "wasm tools", "edge component"] {
            assert!(!plan.contains(&absent), "{absent}");
        }
    }

    #[test]
    fn a_stage_brings_what_it_needs_and_nothing_else() {
        assert_eq!(
            names(&of_stages(&[Stage::Lints])),
            ["test programs", "lints", "cargo-deny", "dependencies"]
        );
        assert_eq!(
            names(&of_stages(&[Stage::Postgres])),
            ["test programs", "python packages", "issuer on PostgreSQL"]
        );
    }

    #[test]
    fn a_change_of_the_core_affects_all_native_code_and_a_change_of_all_areas_every_step() {
        let all = names(&of_stages(Stage::value_variants()));
        assert_eq!(changed(Area::ALL), all);
        let but_typescript: Vec<&str> =
            all.into_iter().filter(|name| *name != "format of TypeScript").collect();
        assert_eq!(changed(&[Area::Core]), but_typescript);
    }

    #[test]
    fn every_area_affects_a_step() {
        for area in Area::ALL {
            assert!(!changed(&[*area]).is_empty(), "{area:?}");
        }
    }

    #[test]
    fn a_change_of_the_issuer_runs_no_test_of_the_edge() {
        let steps = changed(&[Area::Issuer]);
        for due in [
            "lints",
            "issuer",
            "issuer on PostgreSQL",
            "other verifiers",
            "sessions",
            "OpenAPI documents",
        ] {
            assert!(steps.contains(&due), "{due}");
        }
        for other in ["edge-host", "wasm lints", "npm tests", "fuzzing", "verifier-core"] {
            assert!(!steps.contains(&other), "{other}");
        }
    }

    #[test]
    fn a_change_of_the_edge_runs_no_test_of_the_issuer_alone() {
        let steps = changed(&[Area::EdgeResource]);
        assert!(steps.contains(&"edge-host") && steps.contains(&"wasm lints"), "{steps:?}");
        assert!(!steps.iter().any(|step| step.starts_with("issuer")), "{steps:?}");
        assert!(!steps.contains(&"other verifiers"), "{steps:?}");
    }

    #[test]
    fn a_change_of_another_verifier_runs_its_test_and_builds_neither_edge_nor_page() {
        assert_eq!(
            changed(&[Area::OtherVerifiers]),
            [
                "system packages",
                "test programs",
                "python packages",
                "Go and HAProxy",
                "npm packages",
                "format of TypeScript",
                "other verifiers",
            ]
        );
    }
}
