//! Compares the variables in the README and in the manifests with the code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::settings::{PREFIX, Variables};

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
fn in_every_manifest_with_settings_of_the_gate_each_trigger_passes_it() {
    let mut guarded = 0;
    let files = manifests().into_iter().map(|path| {
        (path.display().to_string(), std::fs::read_to_string(&path).expect("a manifest"))
    });
    let in_readme = README.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    let in_readme = ("README.md".to_owned(), in_readme.expect("a manifest").to_owned());
    for (file, text) in files.chain([in_readme]) {
        let manifest: toml::Table = text.parse().expect("TOML");
        let components = manifest["component"].as_table().expect("components");
        for trigger in manifest["trigger"]["http"].as_array().expect("HTTP triggers") {
            let name = trigger["component"].as_str().expect("a component");
            let component = &components[name];
            assert!(!is_source(component, GATE), "{file}: the gate itself is no application");
            let variables = component.get("variables").and_then(toml::Value::as_table);
            let settings: Vec<&String> = variables
                .into_iter()
                .flat_map(toml::Table::keys)
                .filter(|name| name.starts_with(PREFIX))
                .collect();
            for name in &settings {
                let is_known = Variables::declared().any(|(known, _)| known == **name);
                assert!(is_known, "{file}: the gate has no variable {name}");
            }
            let gates = middleware(trigger, &file);
            let has_gate = components.values().any(|component| is_source(component, GATE));
            if settings.is_empty() && !has_gate {
                continue;
            }
            guarded += 1;
            if !is_source(component, COMPOSED) {
                let [gate] = gates.as_slice() else { panic!("{file}: {name} has no gate") };
                assert!(is_source(&components[*gate], GATE), "{file}: {gate} is no gate");
            }
        }
    }
    assert!(guarded > 6, "both forms in three languages, and the one in the README");
}

/// The files of the gate, and of a component that is composed with it.
const GATE: &str = "edge_gate.wasm";
const COMPOSED: &str = "gated.wasm";

fn is_source(component: &toml::Value, file: &str) -> bool {
    component.get("source").and_then(toml::Value::as_str).is_some_and(|path| path.ends_with(file))
}

/// Returns the middleware of a trigger, which must inherit the variables.
fn middleware<'a>(trigger: &'a toml::Value, file: &str) -> Vec<&'a str> {
    let entries = trigger.get("dependencies").and_then(|value| value.get("middleware"));
    let entries = entries.and_then(toml::Value::as_array).into_iter().flatten();
    entries
        .inspect(|entry| {
            let inherited = entry["inherit_configuration"].as_array().expect("a list");
            let inherits = inherited.iter().any(|one| one.as_str() == Some("variables"));
            assert!(inherits, "{file}: the gate has no settings");
        })
        .filter_map(|entry| entry["component"].as_str())
        .collect()
}
