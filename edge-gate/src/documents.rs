//! Compares the variables in the README and in the manifests with the code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::settings::Variables;

const README: &str = include_str!("../README.md");

#[test]
fn the_readme_has_every_variable_with_its_default() {
    let table = README.split("\n## Variables\n").nth(1).expect("the section");
    let table = table.split("\n## ").next().unwrap_or_default();
    let rows: BTreeMap<&str, &str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|row| row.split_once("` | "))
        .map(|(name, rest)| (name, rest.split(" | ").next().unwrap_or_default()))
        .collect();
    let declared: BTreeMap<String, String> = Variables::declared()
        .map(|(name, default)| {
            (name, if default.is_empty() { String::new() } else { format!("`{default}`") })
        })
        .collect();
    let rows: BTreeMap<String, String> =
        rows.into_iter().map(|(name, default)| (name.to_owned(), default.to_owned())).collect();
    assert_eq!(rows, declared);
}

/// Returns all manifests in the repository.
fn manifests() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    let mut directories =
        vec![root.join("edge-gate"), root.join("edge-resource"), root.join("examples")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() && !matches!(name.as_str(), "node_modules" | "build" | "target") {
                directories.push(path);
            } else if name.starts_with("spin") && name.ends_with(".toml") {
                found.push(path);
            }
        }
    }
    found
}

/// Spin ignores a misspelt key, and would serve the component without the gate.
#[test]
fn in_every_manifest_with_a_gate_each_trigger_passes_it() {
    let mut guarded = 0;
    for path in manifests() {
        let text = std::fs::read_to_string(&path).expect("a manifest");
        let manifest: toml::Table = text.parse().expect("TOML");
        let components = manifest["component"].as_table().expect("components");
        let is_gate = |name: &str| {
            let source = components.get(name).and_then(|component| component.get("source"));
            source
                .and_then(toml::Value::as_str)
                .is_some_and(|file| file.ends_with("edge_gate.wasm"))
        };
        let gates: Vec<&String> = components.keys().filter(|name| is_gate(name)).collect();
        let triggers = manifest["trigger"]["http"].as_array().expect("HTTP triggers");
        for trigger in triggers {
            let component = trigger["component"].as_str().expect("a component");
            assert!(!is_gate(component), "{}: the gate itself is no application", path.display());
            let middleware: Vec<&str> = trigger
                .get("dependencies")
                .and_then(|dependencies| dependencies.get("middleware"))
                .and_then(toml::Value::as_array)
                .into_iter()
                .flatten()
                .inspect(|entry| {
                    let inherited = entry["inherit_configuration"].as_array().expect("a list");
                    let inherits = |name| inherited.iter().any(|one| one.as_str() == Some(name));
                    assert!(inherits("variables"), "{}: the gate has no settings", path.display());
                })
                .filter_map(|entry| entry["component"].as_str())
                .collect();
            if !gates.is_empty() {
                assert_eq!(middleware, [gates[0]], "{}: {component}", path.display());
                guarded += 1;
            }
            // Spin takes the gate's variables from the component behind it.
            let variables = components[component].get("variables").and_then(toml::Value::as_table);
            for name in variables.into_iter().flat_map(toml::Table::keys) {
                let is_known = Variables::declared().any(|(known, _)| known == *name);
                let is_gates = name.starts_with(crate::settings::PREFIX);
                assert!(is_known || !is_gates, "{}: no variable {name}", path.display());
            }
        }
    }
    assert!(guarded > 0, "there are manifests with a gate");
}
