//! Compares the variables and limits in the manifest and the READMEs with the code.

use std::collections::BTreeSet;

use edge_auth::AuthVariables;
use verifier_core::MAX_LEEWAY_SECONDS;

use crate::limits::{DEFAULT_IDLE, FILE_OVERHEAD, MAX_FILE_NAME};
use crate::settings::{DEFAULT_UPLOAD_LIMIT, ResourceVariables};

const MANIFEST: &str = include_str!("../spin.toml");
const README: &str = include_str!("../README.md");

/// Variables of the manifest that only Spin reads, for `allowed_outbound_hosts`.
const FOR_SPIN: [&str; 2] = ["issuer_url", "redis_host"];

/// Names and defaults of the variables that the component reads.
fn declared() -> impl Iterator<Item = (&'static str, &'static str)> {
    AuthVariables::DECLARED.iter().chain(ResourceVariables::DECLARED).copied()
}

/// Returns names and values of a table of the manifest.
fn table(name: &str) -> Vec<(&'static str, &'static str)> {
    let table =
        MANIFEST.split(name).nth(1).expect("the table").split("\n[").next().unwrap_or_default();
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .collect()
}

/// Returns the default of a variable in the manifest.
fn default(variable: &str) -> &'static str {
    let variables = table("\n[variables]\n");
    let (_, value) = variables.iter().find(|(name, _)| *name == variable).expect("the variable");
    value.trim_start_matches("{ default = \"").trim_end_matches("\" }")
}

#[test]
fn the_manifest_and_the_readme_have_the_variables_that_the_component_reads() {
    let read: BTreeSet<_> = declared().map(|(name, _)| name).collect();
    for (name, value) in declared() {
        assert_eq!(default(name), value, "{name}");
    }
    let given: BTreeSet<_> = table("\n[component.edge-resource.variables]\n")
        .into_iter()
        .inspect(|(name, value)| {
            assert_eq!(*value, format!("\"{{{{ {name} }}}}\""), "it gives another variable's value")
        })
        .map(|(name, _)| name)
        .collect();
    assert_eq!(given, read, "[component.edge-resource.variables] and the declarations");
    let declared: BTreeSet<_> =
        table("\n[variables]\n").into_iter().map(|(name, _)| name).collect();
    let expected: BTreeSet<_> = read.iter().copied().chain(FOR_SPIN).collect();
    assert_eq!(declared, expected, "[variables] and the declarations");
    let rows = README
        .split("\n## Variables\n")
        .nth(1)
        .expect("the section")
        .split("\n## ")
        .next()
        .unwrap_or_default();
    let described: BTreeSet<_> =
        rows.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(described, read, "README.md, section Variables, and the declarations");
    for name in FOR_SPIN {
        assert!(rows.contains(&format!("`{name}`")), "{name} is described below the table");
    }
}

/// Spin parses the addresses when the component first calls one: with user, path or nothing in it,
/// no call is allowed.
#[test]
fn the_manifest_allows_calls_to_origins_alone() {
    let (_, allowed) = MANIFEST.split_once("\nallowed_outbound_hosts = ").expect("the hosts");
    let names = FOR_SPIN.map(|name| format!("\"{{{{ {name} }}}}\"")).join(", ");
    assert_eq!(allowed.lines().next(), Some(format!("[{names}]").as_str()));
    for name in FOR_SPIN {
        let (_, authority) = default(name).split_once("://").expect("a scheme");
        assert!(!authority.is_empty() && !authority.contains(['/', '@']), "{authority}");
    }
}

#[test]
fn limits_in_texts_are_those_of_the_code() {
    assert_eq!(default("upload_limit"), DEFAULT_UPLOAD_LIMIT.to_string());
    assert_eq!(default("idle_timeout"), DEFAULT_IDLE.as_secs().to_string());
    let comment = |variable: &str| {
        let before = MANIFEST.split(&format!("\n{variable} = {{")).next().expect("the variable");
        before.rsplit("\n").next().unwrap_or_default()
    };
    assert!(
        comment("upload_quota").contains(&format!(" {FILE_OVERHEAD} for each file")),
        "{}",
        comment("upload_quota")
    );
    let row = |variable: &str| {
        README
            .lines()
            .find(|line| line.starts_with(&format!("| `{variable}` |")))
            .expect("a row of the table")
    };
    for (variable, words) in [
        ("upload_limit", format!("| `{DEFAULT_UPLOAD_LIMIT}` |")),
        ("upload_quota", format!(" {FILE_OVERHEAD} ")),
        ("leeway", format!("at most {MAX_LEEWAY_SECONDS}")),
        ("idle_timeout", format!("| `{}` |", DEFAULT_IDLE.as_secs())),
    ] {
        assert!(row(variable).contains(&words), "{words:?} is not in {:?}", row(variable));
    }
    assert!(README.contains(&format!("a name of at most {MAX_FILE_NAME} bytes")));
}

/// The default port of Spin differs from the one that the examples call.
#[test]
fn every_example_of_spin_names_its_port() {
    let files = [
        ("spin.toml", MANIFEST),
        ("README.md", README),
        ("../README.md", include_str!("../../README.md")),
        ("../README.ko.md", include_str!("../../README.ko.md")),
        ("../docs/operations.md", include_str!("../../docs/operations.md")),
    ];
    let mut examples = 0;
    for (file, text) in files {
        for line in text.lines().filter(|line| line.contains("spin up -")) {
            assert!(line.contains("--listen 127.0.0.1:8001"), "{file}: {line}");
            examples += 1;
        }
    }
    assert!(examples >= 4, "{examples}");
}
