//! The two builds of the component are what their names say: an engine without wide arithmetic, as Spin's, takes the portable one
//! and refuses the other before it runs anything.

use std::path::Path;

use crate::support::{component, component_with_wide_arithmetic};
use wasmtime::component::Component;
use wasmtime::{Config, Engine};

fn compiled_without_wide_arithmetic(path: &Path) -> Result<Component, String> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.wasm_wide_arithmetic(false);
    let engine = Engine::new(&config).expect("an engine");
    Component::from_file(&engine, path).map_err(|error| format!("{error:#}"))
}

#[test]
fn the_portable_component_needs_no_wide_arithmetic() {
    let Some(portable) = component() else { return };
    compiled_without_wide_arithmetic(&portable).expect("it is compiled");
}

#[test]
fn the_wide_component_is_refused_by_an_engine_without_it() {
    let Some(wide) = component_with_wide_arithmetic() else { return };
    let error = compiled_without_wide_arithmetic(&wide).expect_err("it is refused");
    assert!(error.contains("wide arithmetic"), "{error}");
}
