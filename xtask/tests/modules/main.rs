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

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use graph::Graph;

/// Cycles that are still to be removed, each as the files that form it. One that is gone or has
/// become smaller fails the test until it is corrected here.
const KNOWN: &[&[&str]] = &[
    &[
        "edge-resource/src/access.rs",
        "edge-resource/src/health.rs",
        "edge-resource/src/keys/mod.rs",
        "edge-resource/src/keys/remote.rs",
        "edge-resource/src/revocation/mod.rs",
        "edge-resource/src/routes.rs",
        "edge-resource/src/rules.rs",
        "edge-resource/src/settings.rs",
        "edge-resource/src/status_list/mod.rs",
    ],
    &[
        "edge-resource/src/answer.rs",
        "edge-resource/src/uploads/download.rs",
        "edge-resource/src/uploads/mod.rs",
        "edge-resource/src/uploads/quota.rs",
        "edge-resource/src/uploads/receive.rs",
        "edge-resource/src/uploads/sweep.rs",
    ],
    &[
        "issuer/src/cli/backup.rs",
        "issuer/src/cli/doctor.rs",
        "issuer/src/cli/import.rs",
        "issuer/src/cli/keys.rs",
        "issuer/src/cli/mod.rs",
        "issuer/src/cli/output.rs",
        "issuer/src/cli/serve.rs",
        "issuer/src/cli/sessions.rs",
        "issuer/src/cli/token.rs",
        "issuer/src/cli/users.rs",
    ],
    &[
        "issuer/src/doctor/clocks.rs",
        "issuer/src/doctor/cors.rs",
        "issuer/src/doctor/edge.rs",
        "issuer/src/doctor/issuer.rs",
        "issuer/src/doctor/key_files.rs",
        "issuer/src/doctor/mod.rs",
        "issuer/src/doctor/probe.rs",
        "issuer/src/doctor/stores.rs",
    ],
    &["issuer/src/http/mod.rs", "issuer/src/http/published.rs"],
    &[
        "issuer/src/keys/directory.rs",
        "issuer/src/keys/foreign.rs",
        "issuer/src/keys/live.rs",
        "issuer/src/keys/mod.rs",
    ],
    &[
        "issuer/src/revocation/mod.rs",
        "issuer/src/revocation/redis.rs",
        "issuer/src/revocation/status_list.rs",
    ],
    &[
        "issuer/src/storage/examine.rs",
        "issuer/src/storage/mod.rs",
        "issuer/src/storage/postgres.rs",
        "issuer/src/storage/sql.rs",
        "issuer/src/storage/sqlite.rs",
    ],
    &["issuer/src/users/account.rs", "issuer/src/users/mod.rs"],
    &["issuer/src/users/password.rs", "issuer/src/users/turns.rs"],
    &["issuer/tests/it/document.rs", "issuer/tests/it/support.rs"],
    &[
        "verifier-core/src/keys/error.rs",
        "verifier-core/src/keys/jwk.rs",
        "verifier-core/src/keys/mod.rs",
        "verifier-core/src/keys/pem.rs",
    ],
    &["verifier-wasm/src/lib.rs", "verifier-wasm/src/store.rs"],
];

/// Directories that hold no sources of ours.
const NOT_SOURCES: [&str; 5] = ["target", "node_modules", "dist", "pkg", "vectors"];

/// JavaScript packages, and where their sources are.
const PACKAGES: [(&str, &str); 2] = [("verifier-wasm", "js"), ("www", "src")];

#[test]
fn modules_do_not_import_each_other() -> Result<()> {
    let root = checkout()?;
    let mut problems = String::new();
    let mut known: BTreeSet<BTreeSet<String>> =
        KNOWN.iter().map(|files| files.iter().map(|&file| file.to_owned()).collect()).collect();
    for graph in graphs(&root)? {
        for cycle in graph.cycles() {
            if !known.remove(&cycle.files(&root)) {
                problems += &format!("a cycle:\n{}", cycle.describe(&root));
            }
        }
    }
    for gone in known {
        let gone: Vec<String> = gone.into_iter().collect();
        problems += &format!("no cycle any more, remove it from KNOWN: {}\n", gone.join(", "));
    }
    assert!(problems.is_empty(), "\n{problems}");
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
