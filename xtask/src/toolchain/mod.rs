//! The programs that the commands need besides cargo: wasm targets, wasm tools and Node; for the
//! tests a browser, Python, Go and HAProxy.
//!
//! A missing one is either installed, after a line that announces it, or named in an error with
//! the commands that install it.

pub(crate) mod apt;
pub(crate) mod browser;
pub(crate) mod cargo_install;
pub(crate) mod debian;
mod environment;
pub(crate) mod golang;
pub(crate) mod haproxy;
pub(crate) mod node;
pub(crate) mod python;
mod rustup;
pub(crate) mod spin;
mod targets;
mod wasm;
pub(crate) mod wasm_tools;

pub(crate) use environment::{native_cargo, path_with};
pub(crate) use targets::{
    Arithmetic, BROWSER, NPM_PROFILE, WASIP2, target_features, wide_arithmetic,
};
pub(crate) use wasm::WasmToolchain;
