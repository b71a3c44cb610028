//! Puts a gate in front of a component: HTTP middleware, such as `edge-gate`, which checks requests
//! and passes some on.

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, PackageId, plug};

/// The interface through which a gate calls the component behind it. Its version may differ.
const HANDLER: &str = "wasi:http/handler@";

/// A `.wasm` file and its content.
pub(crate) struct WasmFile<'a> {
    pub(crate) path: &'a Path,
    pub(crate) bytes: Vec<u8>,
}

/// Returns one component whose requests all pass the gate.
///
/// # Errors
/// When the first file is not a gate, or the gate cannot call the second one. The result never
/// leaves the gate out.
pub(crate) fn compose(gate: WasmFile<'_>, app: WasmFile<'_>) -> anyhow::Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let (gate_path, app_path) = (gate.path, app.path);
    let gate = register(&mut graph, "dojang:gate", gate)?;
    let app = register(&mut graph, "dojang:app", app)?;
    let world = &graph.types()[graph[gate].ty()];
    if !world.imports.keys().any(|name| name.starts_with(HANDLER)) {
        bail!(
            "{} is not a gate: it does not import wasi:http/handler, to call the component behind \
             it",
            gate_path.display()
        );
    }
    plug(&mut graph, vec![app], gate).map_err(|error| {
        anyhow!(
            "the gate cannot call {}: it needs a component that exports wasi:http/handler@0.3.0 \
             ({error})",
            app_path.display()
        )
    })?;
    graph.encode(EncodeOptions::default()).context("cannot compose the gate with the component")
}

fn register(
    graph: &mut CompositionGraph,
    name: &str,
    file: WasmFile<'_>,
) -> anyhow::Result<PackageId> {
    let package = Package::from_bytes(name, None, file.bytes, graph.types_mut())
        .map_err(|error| anyhow!("{} is not a component: {error:#}", file.path.display()))?;
    graph.register_package(package).map_err(Into::into)
}
