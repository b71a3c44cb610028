//! Compiles a `.wasm` file and links it with the host's functions.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, CacheConfig, Config, Engine};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::gate::{self, WasmFile};
use crate::instance::{EPOCH_TICK, State};
use crate::key_value;
use crate::outbound_redis;
use crate::variables;

/// Creates the engine, whose epoch ticks until the program ends. Compiled code is cached in
/// `state_dir` under a hash of the component and of the compiler's settings.
pub(crate) fn engine(state_dir: &Path) -> anyhow::Result<Engine> {
    let mut cache = CacheConfig::new();
    cache.with_directory(state_dir.join("compiled"));
    let mut config = Config::new();
    config.cache(Some(Cache::new(cache)?));
    config.wasm_component_model_async(true);
    // A component that uses it verifies in half the time; others run unchanged.
    config.wasm_wide_arithmetic(true);
    config.epoch_interruption(true);
    let engine = Engine::new(&config)?;
    let ticking = engine.clone();
    std::thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(EPOCH_TICK);
                ticking.increment_epoch();
            }
        })
        .context("cannot start a thread")?;
    Ok(engine)
}

/// Reads, compiles and links the component, behind the gate if there is one.
pub(crate) fn load(
    engine: &Engine,
    path: &Path,
    gate: Option<&Path>,
) -> anyhow::Result<ServicePre<State>> {
    let mut bytes = read(path)?;
    if let Some(gate_path) = gate {
        let gate = WasmFile { path: gate_path, bytes: read(gate_path)? };
        bytes = gate::compose(gate, WasmFile { path, bytes })?;
    }
    let started = Instant::now();
    let component = Component::new(engine, &bytes).map_err(|error| {
        anyhow!("{} is not a component that can be run: {error:#}", path.display())
    })?;
    tracing::info!(
        bytes = bytes.len(),
        elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "component loaded"
    );

    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    variables::add_to_linker(&mut linker)?;
    key_value::add_to_linker(&mut linker)?;
    outbound_redis::add_to_linker(&mut linker)?;
    let linked = linker.instantiate_pre(&component).map_err(|error| {
        anyhow!("{} needs something this host does not provide: {error:#}", path.display())
    })?;
    ServicePre::new(linked).map_err(|error| {
        anyhow!("{} does not export wasi:http/handler@0.3.0: {error:#}", path.display())
    })
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
            "{} does not exist: build it with `cargo build --package <edge-resource or edge-gate> \
             --target wasm32-wasip2 --release`, or with `cargo xtask test --only edge`",
            path.display()
        ),
        other => other.with_context(|| format!("cannot read {}", path.display()))?,
    };
    if !bytes.starts_with(b"\0asm") {
        bail!("{} is not a WebAssembly file", path.display());
    }
    Ok(bytes)
}
