//! Which stages a difference between two states of the checkout can affect.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use clap::ValueEnum as _;

use crate::cli::Stage;
use crate::process;
use crate::progress::{minutes, note};
use crate::workspace::Workspace;

/// Returns the stages that the difference between the working tree and its common ancestor with `base` can
/// affect, in the order of the run. Files that git does not track and does not ignore count as changed.
pub(super) fn stages(workspace: &Workspace, base: &str) -> Result<Vec<Stage>> {
    let ancestor = git(workspace, &["merge-base", base, "HEAD"])?;
    let mut paths = git(workspace, &["diff", "--name-only", ancestor.trim()])?;
    paths.push_str(&git(workspace, &["ls-files", "--others", "--exclude-standard"])?);
    let affected = affected_by(paths.lines());
    let stages: Vec<Stage> =
        Stage::value_variants().iter().copied().filter(|stage| affected.contains(&Key(*stage))).collect();
    note(format_args!("{} changed files since {base}, {} stages", paths.lines().count(), stages.len()));
    Ok(stages)
}

fn git(workspace: &Workspace, arguments: &[&str]) -> Result<String> {
    let mut command = process::command("git");
    command.current_dir(&workspace.root).args(arguments);
    let (status, printed) = process::run_and_read(command, minutes(1))?;
    if !status.success() {
        bail!("git {}: {}", arguments.join(" "), printed.trim());
    }
    Ok(printed)
}

/// A stage in a set.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key(Stage);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0 as u8).cmp(&(other.0 as u8))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

fn affected_by<'a>(paths: impl Iterator<Item = &'a str>) -> BTreeSet<Key> {
    paths.flat_map(affected_by_one).copied().map(Key).collect()
}

/// Returns the stages that can see a file. A path that no rule names affects all of them.
fn affected_by_one(path: &str) -> &'static [Stage] {
    use Stage::{Docs, Edge, Format, Fuzz, Lints, Npm, Postgres, Rust, System, WasmLints, Www};
    const ALL: &[Stage] = &[Stage::Tools, Format, Lints, Docs, Edge, WasmLints, Rust, Postgres, Fuzz, Npm, Www, System];
    let rules: [(&str, &[Stage]); 14] = [
        ("verifier-core/fuzz/", &[Format, Fuzz]),
        // The tables and keys that every target reads.
        ("verifier-core/vectors/", &[Rust, Fuzz, Npm, System]),
        ("verifier-core/tests/", &[Format, Lints, Rust, Fuzz, System]),
        ("verifier-core/", ALL),
        ("verifier-wasm/src/", &[Format, Lints, Docs, WasmLints, Rust, Fuzz, Npm, Www, System]),
        ("verifier-wasm/", &[Format, Lints, Rust, Fuzz, Npm, Www, System]),
        ("edge-resource/", &[Format, Lints, Edge, WasmLints, Rust, System]),
        ("edge-host/", &[Format, Lints, Rust, System]),
        ("connection/", &[Format, Lints, Rust, Postgres, System]),
        ("issuer/", &[Format, Lints, Rust, Postgres, System]),
        ("www/", &[Www, System]),
        ("keys/", &[System]),
        // Tests of the documents and of the manifest read them.
        ("docs/", &[Rust, Npm, System]),
        ("xtask/bench/", &[]),
    ];
    if path.ends_with(".md") && !path.starts_with("docs/") {
        // `verifier-wasm/README.md` is part of the package.
        return if path.starts_with("verifier-wasm/") { &[Npm] } else { &[System] };
    }
    rules.iter().find(|(prefix, _)| path.starts_with(prefix)).map_or(ALL, |(_, stages)| stages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[&str]) -> Vec<String> {
        affected_by(paths.iter().copied()).into_iter().map(|Key(stage)| super::super::report::name(stage)).collect()
    }

    #[test]
    fn a_change_of_the_core_affects_every_stage() {
        assert_eq!(names(&["verifier-core/src/lib.rs"]).len(), Stage::value_variants().len());
    }

    #[test]
    fn a_change_of_the_issuer_affects_no_wasm() {
        assert_eq!(names(&["issuer/src/lib.rs"]), ["format", "lints", "rust", "postgres", "system"]);
    }

    #[test]
    fn several_changes_add_up() {
        let both = names(&["verifier-core/fuzz/Cargo.toml", "www/src/main.ts"]);
        assert_eq!(both, ["format", "fuzz", "www", "system"]);
    }

    #[test]
    fn a_path_without_a_rule_affects_every_stage() {
        for path in ["Cargo.lock", "clippy.toml", "xtask/src/main.rs", "new-crate/src/lib.rs", ".ci/run"] {
            assert_eq!(names(&[path]).len(), Stage::value_variants().len(), "{path}");
        }
    }
}
