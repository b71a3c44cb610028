//! Builds the artifacts of the workspace, in the same way for every command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cli::WasmToolchainChoice;
use crate::freshness::{Inputs, is_fresh, when_stale};
use crate::process;
use crate::progress::{Runner, minutes, note, say};
pub(crate) use crate::toolchain::Arithmetic;
use crate::toolchain::{self, WasmToolchain, debian, node, wasm_tools::WasmTools};
use crate::version::Version;
use crate::workspace::Workspace;

/// Directories of an npm package that do not hold its sources.
const NOT_SOURCES: [&str; 6] = ["node_modules", "dist", "pkg", "test", "tests", "target"];

/// Builds artifacts, unless cargo or a stamp knows that they are current.
pub(crate) struct Builder<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) runner: Runner,
    choice: WasmToolchainChoice,
    wasm: Option<WasmToolchain>,
    node: Option<Version>,
}

/// Which packages `npm ci` installs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Those that the build needs.
    Build,
    /// Those that the tests need too.
    Test,
}

impl Extent {
    const fn stamp(self) -> &'static str {
        match self {
            Self::Build => ".xtask-build-stamp",
            Self::Test => ".xtask-test-stamp",
        }
    }
}

/// The addresses that the demo page is built for, and its output directory.
pub(crate) struct Page<'a> {
    pub(crate) issuer_url: &'a str,
    pub(crate) edge_url: &'a str,
    pub(crate) directory: &'a Path,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(
        workspace: &'a Workspace,
        runner: Runner,
        choice: WasmToolchainChoice,
    ) -> Self {
        Self { workspace, runner, choice, wasm: None, node: None }
    }

    /// Ensures Node and the wasm targets. Called first, so that a missing one is reported before
    /// minutes of compiling.
    pub(crate) fn prepare_system(&mut self) -> Result<()> {
        self.node()?;
        self.wasm_toolchain()?;
        Ok(())
    }

    /// Returns a native cargo command in the checkout.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = process::command(toolchain::native_cargo());
        command.current_dir(&self.workspace.root);
        command
    }

    /// Returns an `npm` command in one of the packages.
    pub(crate) fn npm(&self, package: &str) -> Command {
        let mut command = process::command("npm");
        command.current_dir(self.workspace.root.join(package)).env("NO_UPDATE_NOTIFIER", "1");
        command
    }

    /// Builds the two servers in the dev profile.
    pub(crate) fn issuer_and_edge_host(&mut self) -> Result<()> {
        say("building issuer and edge-host (the first time takes some minutes)");
        let mut command = self.cargo();
        command.args(["build", "--package", "issuer", "--package", "edge-host"]);
        self.runner.stream("building issuer and edge-host", command, minutes(60))
    }

    /// Builds the verifier with `core` and `alloc` alone. Where the standard library is compiled
    /// from source, only these two are compiled; elsewhere the crate's `no_std` must suffice.
    pub(crate) fn verifier_without_std(&mut self) -> Result<()> {
        let wasm = self.wasm_toolchain()?;
        let mut command = process::command(wasm.cargo());
        command.current_dir(&self.workspace.root);
        command.args([
            "build",
            "--package",
            "verifier-core",
            "--target",
            toolchain::BROWSER,
            "--release",
        ]);
        self.compiling_wasm(wasm, &[], &mut command)?;
        command.env("CARGO_TARGET_DIR", wasm.target_dir(self.workspace).join("no-std"));
        if wasm == WasmToolchain::Debian {
            command.env("CARGO_UNSTABLE_BUILD_STD", "core,alloc");
        }
        self.runner.stream("building verifier-core with core and alloc alone", command, minutes(15))
    }

    /// Returns a clippy command for the wasm targets, or `None` if clippy is not available for
    /// them.
    pub(crate) fn wasm_clippy(&mut self) -> Result<Option<Command>> {
        let wasm = self.wasm_toolchain()?;
        let program = match wasm {
            WasmToolchain::Native => wasm.cargo(),
            WasmToolchain::Debian => match debian::clippy(self.workspace, &mut self.runner)? {
                Some(program) => program.into(),
                None => return Ok(None),
            },
        };
        let mut command = process::command(program);
        command.current_dir(&self.workspace.root).arg("clippy");
        self.compiling_wasm(wasm, &[], &mut command)?;
        Ok(Some(command))
    }

    /// Builds the npm package `@dojang/verifier` in `verifier-wasm/dist`.
    pub(crate) fn npm_package(&mut self) -> Result<()> {
        let wasm = self.wasm_toolchain()?;
        let tools = self.wasm_tools()?;
        self.install("verifier-wasm", Extent::Build)?;
        let root = &self.workspace.root;
        let inputs = Inputs::default()
            .text(&format!("{wasm:?} Node {}", self.node()?))
            .file(&root.join("Cargo.toml"))?
            .file(&root.join("Cargo.lock"))?
            .tree(&root.join("rsa-verify"), &["examples"])?
            .tree(&root.join("verifier-core"), &["tests", "examples"])?
            .tree(&root.join("verifier-wasm"), &NOT_SOURCES)?;
        let output = root.join("verifier-wasm/dist/index.js");
        let stamp = self.workspace.target.join("verifier-wasm.stamp");
        let ran = when_stale(&stamp, &inputs, &[&output], || {
            say("building the npm package @dojang/verifier");
            let mut command = self.npm("verifier-wasm");
            command.args(["run", "build"]);
            self.wasm_pack(wasm, &tools, &mut command)?;
            self.runner.stream("building the npm package", command, minutes(30))
        })?;
        if !ran {
            say("npm package @dojang/verifier: unchanged");
        }
        Ok(())
    }

    /// Builds the demo page; the npm package must be built.
    pub(crate) fn page(&mut self, page: &Page<'_>) -> Result<()> {
        self.install("www", Extent::Build)?;
        let inputs = Inputs::default()
            .text(&format!("Node {} {} {}", self.node()?, page.issuer_url, page.edge_url))
            .tree(&self.workspace.root.join("www"), &NOT_SOURCES)?
            .tree(&self.workspace.root.join("verifier-wasm/dist"), &[])?;
        let output = page.directory.join("index.html");
        let stamp = page.directory.with_extension("stamp");
        if let Some(parent) = stamp.parent() {
            fs::create_dir_all(parent)
                .with_context(|| format!("cannot make {}", parent.display()))?;
        }
        let ran = when_stale(&stamp, &inputs, &[&output], || {
            say("building the demo page");
            let mut command = self.npm("www");
            command.args(["run", "build", "--", "--emptyOutDir", "--outDir"]).arg(page.directory);
            command.env("ISSUER_URL", page.issuer_url).env("EDGE_URL", page.edge_url);
            self.runner.stream("building the demo page", command, minutes(10))
        })?;
        if !ran {
            say("demo page: unchanged");
        }
        Ok(())
    }

    /// Runs `npm ci`, unless the lock file is the one that was installed last.
    pub(crate) fn install(&mut self, package: &str, extent: Extent) -> Result<()> {
        let directory = self.workspace.root.join(package);
        let inputs = Inputs::default()
            .text(&format!("Node {}", self.node()?))
            .file(&directory.join("package.json"))?
            .file(&directory.join("package-lock.json"))?;
        // Inside `node_modules`, so that removing that directory removes the stamps.
        let stamp = |extent: Extent| directory.join("node_modules").join(extent.stamp());
        if extent == Extent::Build && is_fresh(&stamp(Extent::Test), &inputs) {
            return Ok(());
        }
        when_stale(&stamp(extent), &inputs, &[], || {
            let mut command = self.npm(package);
            command.args(["ci", "--no-audit", "--no-fund"]);
            if extent == Extent::Build {
                // The workspaces of the package hold what only its tests need.
                command.arg("--workspaces=false");
            }
            let log = self.workspace.log(&format!("npm-{}", package.replace('/', "-")));
            self.runner.quiet(&format!("npm ci in {package}"), command, minutes(10), &log)
        })?;
        Ok(())
    }

    fn node(&mut self) -> Result<Version> {
        if let Some(found) = self.node {
            return Ok(found);
        }
        let found = node::ensure(self.workspace, &mut self.runner)?;
        self.node = Some(found);
        Ok(found)
    }

    pub(crate) fn wasm_toolchain(&mut self) -> Result<WasmToolchain> {
        if let Some(selected) = self.wasm {
            return Ok(selected);
        }
        let selected = WasmToolchain::select(self.choice, self.workspace, &mut self.runner)?;
        note(format_args!("wasm is compiled by {selected}"));
        self.wasm = Some(selected);
        Ok(selected)
    }

    pub(crate) fn wasm_tools(&mut self) -> Result<WasmTools> {
        WasmTools::ensure(self.workspace, &mut self.runner)
    }

    /// Returns a command in `directory` with the environment that wasm-pack needs.
    pub(crate) fn wasm_command(&mut self, program: &str, directory: &str) -> Result<Command> {
        let wasm = self.wasm_toolchain()?;
        let tools = self.wasm_tools()?;
        self.node()?;
        let mut command = process::command(program);
        command.current_dir(self.workspace.root.join(directory));
        self.wasm_pack(wasm, &tools, &mut command)?;
        Ok(command)
    }

    fn wasm_pack(
        &self,
        wasm: WasmToolchain,
        tools: &WasmTools,
        command: &mut Command,
    ) -> Result<()> {
        let directories: Vec<PathBuf> = tools.path().into_iter().collect();
        self.compiling_wasm(wasm, &directories, command)?;
        command.env("WASM_PACK", &tools.wasm_pack);
        Ok(())
    }

    /// Sets the environment in which `command` compiles wasm, with directories `first` on `PATH`.
    pub(crate) fn compiling_wasm(
        &self,
        wasm: WasmToolchain,
        first: &[PathBuf],
        command: &mut Command,
    ) -> Result<()> {
        wasm.apply(self.workspace, command);
        let mut path = wasm.path(self.workspace)?;
        path.extend_from_slice(first);
        command.env("PATH", toolchain::path_with(&path)?);
        Ok(())
    }
}
