//! Builds the components of the edge.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::build::{Arithmetic, Builder};
use crate::process;
use crate::progress::{minutes, say};
use crate::toolchain;

/// A component in the workspace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Component {
    /// The protected resources.
    Resource,
    /// The gate, with its settings in Spin's variables.
    Gate,
    /// What stands behind the gate in tests.
    GateTestApp,
}

impl Component {
    const fn package(self) -> &'static str {
        match self {
            Self::Resource => "edge-resource",
            Self::Gate => "edge-gate",
            Self::GateTestApp => "gate-test-app",
        }
    }

    /// Returns the name that cargo gives the file.
    fn output(self) -> String {
        format!("{}.wasm", self.package().replace('-', "_"))
    }

    fn file_name(self, arithmetic: Arithmetic) -> String {
        match arithmetic {
            Arithmetic::Portable => self.output(),
            Arithmetic::Wide => format!("{}_wide.wasm", self.package().replace('-', "_")),
        }
    }
}

/// The gate with its settings in the environment, for hosts that know WASI alone.
const WASI_GATE: &str = "edge_gate_wasi.wasm";

impl Builder<'_> {
    /// Builds components. Their files have the names that the manifests know, or end in `_wide`.
    pub(crate) fn components(
        &mut self,
        components: &[Component],
        arithmetic: Arithmetic,
    ) -> Result<()> {
        let wasm = self.wasm_toolchain()?;
        let target_dir = wasm.target_dir(self.workspace);
        let (target_dir, arguments) = match arithmetic {
            Arithmetic::Portable => (target_dir, Vec::new()),
            Arithmetic::Wide => {
                // Both variants have the same name.
                (target_dir.join("wide"), toolchain::wide_arithmetic(toolchain::WASIP2).to_vec())
            }
        };
        let outputs: Vec<_> = components
            .iter()
            .map(|component| (component.output(), self.component_file(*component, arithmetic)))
            .collect();
        let packages: Vec<&str> = components.iter().map(|one| one.package()).collect();
        let label = format!("{}{}", packages.join(", "), arithmetic.label());
        self.wasip2(&label, &packages, &arguments, &target_dir, &outputs)
    }

    /// Builds the gate for hosts that know WASI alone.
    pub(crate) fn wasi_gate(&mut self) -> Result<()> {
        let target_dir = self.wasm_toolchain()?.target_dir(self.workspace).join("wasi");
        let outputs = [(Component::Gate.output(), self.wasi_gate_file())];
        let arguments = ["--no-default-features".to_owned()];
        self.wasip2("edge-gate for WASI alone", &["edge-gate"], &arguments, &target_dir, &outputs)
    }

    /// Returns the file that [`Builder::components`] writes.
    pub(crate) fn component_file(&self, component: Component, arithmetic: Arithmetic) -> PathBuf {
        self.component_directory().join(component.file_name(arithmetic))
    }

    /// Returns the file that [`Builder::wasi_gate`] writes.
    pub(crate) fn wasi_gate_file(&self) -> PathBuf {
        self.component_directory().join(WASI_GATE)
    }

    fn component_directory(&self) -> PathBuf {
        self.workspace.root.join("target").join(toolchain::WASIP2).join("release")
    }

    fn wasip2(
        &mut self,
        label: &str,
        packages: &[&str],
        arguments: &[String],
        target_dir: &Path,
        outputs: &[(String, PathBuf)],
    ) -> Result<()> {
        let wasm = self.wasm_toolchain()?;
        let step = format!("building {label}");
        say(&step);
        let mut command = process::command(wasm.cargo());
        command.current_dir(&self.workspace.root);
        command.args(["build", "--target", toolchain::WASIP2, "--release"]);
        command.args(packages.iter().flat_map(|package| ["--package", *package]));
        command.args(arguments);
        self.compiling_wasm(wasm, &[], &mut command)?;
        command.env("CARGO_TARGET_DIR", target_dir);
        self.runner.stream(&step, command, minutes(30))?;
        let release = target_dir.join(toolchain::WASIP2).join("release");
        for (from, to) in outputs {
            copy_when_different(&release.join(from), to)?;
        }
        Ok(())
    }
}

/// Copies a file unless the target has the same content: its modification time is a cache key of
/// hosts.
fn copy_when_different(from: &Path, to: &Path) -> Result<()> {
    let content = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    if fs::read(to).is_ok_and(|there| there == content) {
        return Ok(());
    }
    let write = || {
        to.parent().map_or(Ok(()), fs::create_dir_all)?;
        let new = to.with_extension("wasm.new");
        fs::write(&new, &content)?;
        fs::rename(&new, to)
    };
    write().with_context(|| format!("cannot write {}", to.display()))
}
