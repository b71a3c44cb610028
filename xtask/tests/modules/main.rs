//! No modules import each other, directly or through others.
//!
//! The graph has the files of a crate, or those of a JavaScript package. A Rust file depends on
//! another one when it uses a name that is defined there:
//!
//! - `use` items, and paths in types, expressions, macro calls and attributes count. Names are
//!   followed through re-exports to the file that defines them.
//! - `mod child;` is no dependency. Neither is `pub use child::Name`, unless the parent uses the
//!   name itself: then a child that uses a definition of its parent closes a cycle.
//! - Methods and fields need no path and are not seen.
//! - `#[cfg(test)]` items are left out: a unit test may use whatever it tests.
//!
//! A JavaScript file depends on every file that it imports or re-exports from.

mod ecmascript;
mod fixtures;
mod graph;
mod rust;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use graph::Graph;

/// Directories that hold no sources of ours.
const NOT_SOURCES: [&str; 5] = ["target", "node_modules", "dist", "pkg", "vectors"];

/// JavaScript packages, and where their sources are.
const PACKAGES: [(&str, &str); 2] = [("verifier-wasm", "js"), ("www", "src")];

#[test]
fn modules_do_not_import_each_other() -> Result<()> {
    let root = checkout()?;
    let mut cycles = String::new();
    for graph in graphs(&root)? {
        for cycle in graph.cycles() {
            cycles += &format!("a cycle:\n{}", cycle.describe(&root));
        }
    }
    assert!(cycles.is_empty(), "\n{cycles}");
    Ok(())
}

/// The checkout that holds the package whose tests run; cargo names the package at run time.
fn checkout() -> Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let package = package.context("cargo sets CARGO_MANIFEST_DIR for tests")?;
    Ok(package.parent().context("the package lies in the checkout")?.to_path_buf())
}

/// Returns the graph of every crate and JavaScript package below `root`.
fn graphs(root: &Path) -> Result<Vec<Graph>> {
    let mut graphs = Vec::new();
    for package in packages(root)? {
        for crate_root in crate_roots(&package)? {
            graphs.push(rust::graph(&crate_root)?);
        }
    }
    for (package, sources) in PACKAGES {
        let package = root.join(package);
        graphs.push(ecmascript::graph(&package, &package.join(sources))?);
    }
    Ok(graphs)
}

/// Returns the directories below `directory` that hold a `Cargo.toml`.
fn packages(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if directory.join("Cargo.toml").is_file() {
        found.push(directory.to_path_buf());
    }
    for path in entries(directory)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') && !NOT_SOURCES.contains(&name) {
            found.extend(packages(&path)?);
        }
    }
    Ok(found)
}

/// Returns the root files of a package's crates, where cargo looks for them.
fn crate_roots(package: &Path) -> Result<Vec<PathBuf>> {
    let mut roots: Vec<PathBuf> =
        ["src/lib.rs", "src/main.rs"].iter().map(|file| package.join(file)).collect();
    for directory in ["src/bin", "examples", "tests", "benches"] {
        let directory = package.join(directory);
        if directory.is_dir() {
            let is_rust = |path: &PathBuf| path.extension().is_some_and(|found| found == "rs");
            for path in entries(&directory)? {
                roots.push(if is_rust(&path) { path } else { path.join("main.rs") });
            }
        }
    }
    roots.retain(|root| root.is_file());
    Ok(roots)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = || format!("cannot list {}", directory.display());
    let entries: Result<Vec<PathBuf>, _> = fs::read_dir(directory)
        .with_context(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    let mut entries = entries.with_context(unreadable)?;
    entries.sort();
    Ok(entries)
}
