//! Without wide arithmetic, as in Spin, the portable component is valid and the wide one is not.

use std::path::Path;

use crate::support::{component, component_with_wide_arithmetic};
use wasmparser::{Validator, WasmFeatures};

/// Validates a component with every WebAssembly feature except wide arithmetic.
fn valid_without_wide_arithmetic(component: &Path) -> Result<(), String> {
    let features = WasmFeatures::all().difference(WasmFeatures::WIDE_ARITHMETIC);
    let bytes = std::fs::read(component).expect("the component is there");
    let valid = Validator::new_with_features(features).validate_all(&bytes);
    valid.map(drop).map_err(|error| error.to_string())
}

#[test]
fn the_portable_component_needs_no_wide_arithmetic() {
    let Some(portable) = component() else { return };
    valid_without_wide_arithmetic(&portable).expect("it is valid");
}

#[test]
fn the_wide_component_needs_wide_arithmetic() {
    let Some(wide) = component_with_wide_arithmetic() else { return };
    let error = valid_without_wide_arithmetic(&wide).expect_err("it is not valid");
    assert!(error.contains("wide arithmetic"), "{error}");
}
