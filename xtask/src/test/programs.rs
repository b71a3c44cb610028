//! The native test programs: built by one cargo command, which lints them too, and run by this
//! program, so that they can run side by side.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::build::Builder;
use crate::process::{self, ProcessGroup};
use crate::progress::minutes;
use crate::toolchain::{self, python};

/// One program of `cargo test`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TestProgram {
    /// The directory of its package, where cargo would run it.
    pub(super) directory: PathBuf,
    /// The package's name.
    pub(super) package: String,
    /// `it` for integration tests, otherwise the name of the crate or test file.
    pub(super) target: String,
    pub(super) executable: PathBuf,
}

/// The one cargo command whose features all native tests share; another selection of packages would
/// choose other features for shared dependencies, and compile them once more.
fn cargo_build(builder: &Builder<'_>) -> Result<Command> {
    let mut command = cargo(builder)?;
    command.args(["build", "--workspace", "--all-targets"]);
    Ok(command)
}

/// A cargo that compiles the workspace with clippy's driver. `cargo clippy` would check all
/// dependencies, only to compile them again for the tests. What the driver compiles differs from
/// what rustc does in the optimisation of MIR, which is off.
fn cargo(builder: &Builder<'_>) -> Result<Command> {
    let driver = toolchain::native_cargo().with_file_name("clippy-driver");
    if !driver.is_file() {
        bail!("{} does not exist: rustup component add clippy", driver.display());
    }
    let mut command = builder.cargo();
    command.env("RUSTC_WORKSPACE_WRAPPER", driver);
    Ok(command)
}

/// Compiles all test programs, the examples and the programs of the workspace.
pub(super) fn build(builder: &mut Builder<'_>) -> Result<()> {
    let command = cargo_build(builder)?;
    builder.runner.stream("building the test programs", command, minutes(60))
}

/// Lists what [`build`] has built.
pub(super) fn list(builder: &Builder<'_>) -> Result<Vec<TestProgram>> {
    Ok(messages(builder)?.lines().filter_map(test_program).collect())
}

/// Fails when [`build`] had something to warn of, which it has shown.
pub(super) fn refuse_warnings(builder: &mut Builder<'_>) -> Result<()> {
    let text = messages(builder)?;
    // A warning in a library is reported again for its tests.
    let warnings: BTreeSet<String> = text.lines().filter_map(warning).collect();
    for warning in &warnings {
        builder.runner.print(warning);
    }
    if !warnings.is_empty() {
        bail!("{} warnings of rustc and clippy", warnings.len());
    }
    Ok(())
}

/// Cargo's messages about what [`build`] has built, a line each.
fn messages(builder: &Builder<'_>) -> Result<String> {
    let workspace = builder.workspace;
    let mut command = cargo_build(builder)?;
    command.args(["--quiet", "--message-format=json"]);
    // A file, because the messages do not fit into a pipe.
    let messages = workspace.log(&format!("test-programs-{:?}", std::thread::current().id()));
    if let Some(directory) = messages.parent() {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
    }
    let file =
        File::create(&messages).with_context(|| format!("cannot write {}", messages.display()))?;
    command.stdout(file);
    let status = ProcessGroup::spawn(command)?.wait(minutes(60), || {})?;
    if !status.success() {
        bail!("cargo build --workspace --all-targets failed ({status})");
    }
    let text = fs::read_to_string(&messages)
        .with_context(|| format!("cannot read {}", messages.display()))?;
    let _ = fs::remove_file(&messages);
    Ok(text)
}

/// Reads one of cargo's messages; `None` for any other than what the compiler warns of, as it
/// would show it.
fn warning(message: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct FromCompiler {
        message: Diagnostic,
    }
    #[derive(Deserialize)]
    struct Diagnostic {
        level: String,
        rendered: String,
        /// The lint.
        code: Option<IgnoredAny>,
        spans: Vec<IgnoredAny>,
    }
    let FromCompiler { message } = serde_json::from_str(message).ok()?;
    // The compiler ends with the number of its warnings, which has neither a lint nor a place.
    let is_one = message.code.is_some() || !message.spans.is_empty();
    (message.level == "warning" && is_one).then_some(message.rendered)
}

/// Reads one of cargo's messages (`cargo help build`, `--message-format`); `None` for any other
/// than a test program.
fn test_program(message: &str) -> Option<TestProgram> {
    #[derive(Deserialize)]
    struct Artifact {
        manifest_path: PathBuf,
        target: Target,
        profile: Profile,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
        kind: Vec<String>,
    }
    #[derive(Deserialize)]
    struct Profile {
        test: bool,
    }
    let artifact: Artifact = serde_json::from_str(message).ok()?;
    // An example is built with the tests and has none.
    if !artifact.profile.test || artifact.target.kind.iter().any(|kind| kind == "example") {
        return None;
    }
    let directory = artifact.manifest_path.parent()?.to_path_buf();
    let package = directory.file_name()?.to_str()?.to_owned();
    Some(TestProgram {
        directory,
        package,
        target: artifact.target.name,
        executable: artifact.executable?,
    })
}

/// The integration tests of a package.
pub(super) fn integration_tests<'a>(
    programs: &'a [TestProgram],
    package: &str,
) -> Result<&'a TestProgram> {
    programs
        .iter()
        .find(|program| program.package == package && program.target == "it")
        .with_context(|| format!("cargo built no tests/it of {package}"))
}

/// How a test program is run.
pub(super) struct Settings<'a> {
    /// For the summary and in errors.
    pub(super) what: &'a str,
    /// Tests at a time; `None` for one for each processor.
    pub(super) threads: Option<usize>,
    pub(super) variables: Vec<(&'a str, &'a OsStr)>,
}

/// Runs a test program as cargo would, in the directory of its package.
pub(super) fn run(
    builder: &mut Builder<'_>,
    program: &TestProgram,
    settings: &Settings<'_>,
) -> Result<()> {
    let python = python::ensure(builder.workspace, &mut builder.runner)?;
    let mut command = process::command(&program.executable);
    command
        .current_dir(&program.directory)
        .env("CARGO_MANIFEST_DIR", &program.directory)
        .env("PYTHON", python);
    command.envs(settings.variables.iter().copied());
    if let Some(threads) = settings.threads {
        command.arg(format!("--test-threads={threads}"));
    }
    builder.runner.stream(settings.what, command, minutes(20))
}

/// Runs the documentation's examples.
pub(super) fn run_doc_tests(builder: &mut Builder<'_>) -> Result<()> {
    let mut command = cargo(builder)?;
    command.args(["test", "--workspace", "--doc"]);
    builder.runner.stream("the examples of the documentation", command, minutes(20))
}

/// A program that the tests and the system use.
pub(super) fn built(builder: &Builder<'_>, name: impl AsRef<Path>) -> Result<PathBuf> {
    let program = builder.workspace.programs.join(name);
    if !program.is_file() {
        bail!("cargo build --all-targets did not build {}", program.display());
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, test: bool, executable: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"path+file:///w/issuer#0.1.0","manifest_path":"/w/issuer/Cargo.toml",
            "target":{{"kind":["{kind}"],"name":"it"}},"profile":{{"opt_level":"0","test":{test}}},"executable":{executable},"fresh":true}}"#
        )
    }

    #[test]
    fn a_message_of_cargo_names_a_test_program_and_its_package() {
        let program = TestProgram {
            directory: "/w/issuer".into(),
            package: "issuer".into(),
            target: "it".into(),
            executable: "/t/it-1".into(),
        };
        assert_eq!(test_program(&message("test", true, r#""/t/it-1""#)), Some(program));
    }

    #[test]
    fn a_warning_is_shown_and_the_number_of_warnings_is_not() {
        let message = |code: &str, spans: &str| {
            format!(
                r#"{{"reason":"compiler-message","package_id":"path+file:///w/issuer#0.1.0","message":{{"level":"warning",
                "message":"unused","code":{code},"rendered":"warning: unused","spans":{spans}}}}}"#
            )
        };
        let shown = Some("warning: unused".to_owned());
        assert_eq!(warning(&message("null", r#"[{"file_name":"src/lib.rs"}]"#)), shown);
        assert_eq!(warning(&message(r#"{"code":"unused"}"#, "[]")), shown);
        assert_eq!(warning(&message("null", "[]")), None);
        assert_eq!(warning(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn libraries_examples_and_other_messages_are_no_test_programs() {
        assert_eq!(test_program(&message("lib", false, "null")), None);
        assert_eq!(test_program(&message("bin", false, r#""/t/issuer""#)), None);
        assert_eq!(test_program(&message("example", true, r#""/t/example""#)), None);
        assert_eq!(test_program(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(test_program("warning: not JSON"), None);
    }
}
