//! Which stages a difference between two states of the checkout can affect.

use std::collections::BTreeSet;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use crate::cli::Stage;
use crate::process;
use crate::progress::note;
use crate::workspace::Workspace;

/// Returns the stages that the difference between the working tree and its common ancestor with
/// `base` can affect, in the order of the run. Files that git does not track and does not ignore
/// count as changed.
pub(super) fn stages(workspace: &Workspace, base: &str) -> Result<Vec<Stage>> {
    let ancestor = git(workspace, &["merge-base", base, "HEAD"])?;
    // A rename affects the stages of both names.
    let mut paths = git(workspace, &["diff", "--name-only", "--no-renames", ancestor.trim()])?;
    paths.push_str(&git(workspace, &["ls-files", "--others", "--exclude-standard"])?);
    let stages: Vec<Stage> = affected_by(paths.lines()).into_iter().collect();
    note(format_args!(
        "{} changed files since {base}, {} stages",
        paths.lines().count(),
        stages.len()
    ));
    Ok(stages)
}

/// What git prints, all of it: a path that is cut off would leave out a stage.
fn git(workspace: &Workspace, arguments: &[&str]) -> Result<String> {
    let mut command = process::command("git");
    let output = command.current_dir(&workspace.root).args(arguments).stdin(Stdio::null()).output();
    let output = output.context("cannot start git")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn affected_by<'a>(paths: impl Iterator<Item = &'a str>) -> BTreeSet<Stage> {
    paths.flat_map(affected_by_one).copied().collect()
}

/// Returns the stages that can see a file. A path that no rule names affects all of them.
fn affected_by_one(path: &str) -> &'static [Stage] {
    use Stage::{Docs, Edge, Format, Fuzz, Lints, Npm, Postgres, Rust, System, WasmLints, Www};
    const ALL: &[Stage] = &[
        Stage::Tools,
        Format,
        Lints,
        Docs,
        Edge,
        WasmLints,
        Rust,
        Postgres,
        Fuzz,
        Npm,
        Www,
        System,
    ];
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
    use clap::ValueEnum as _;

    fn names(paths: &[&str]) -> Vec<String> {
        affected_by(paths.iter().copied()).into_iter().map(super::super::report::name).collect()
    }

    #[test]
    fn a_change_of_the_core_affects_every_stage() {
        assert_eq!(names(&["verifier-core/src/lib.rs"]).len(), Stage::value_variants().len());
    }

    #[test]
    fn a_change_of_the_issuer_affects_no_wasm() {
        assert_eq!(
            names(&["issuer/src/lib.rs"]),
            ["format", "lints", "rust", "postgres", "system"]
        );
    }

    /// Renames a file in a repository made for the test, and adds more paths than a pipe holds.
    #[test]
    fn a_renamed_file_and_a_long_list_of_paths_leave_out_no_stage() {
        let root = std::env::temp_dir().join(format!("xtask-changed-{}", std::process::id()));
        for directory in ["issuer", "www"] {
            std::fs::create_dir_all(root.join(directory))
                .expect("a temporary directory can be made");
        }
        std::fs::write(root.join("issuer/a.txt"), "the same text\n".repeat(50))
            .expect("it is ours");
        let workspace = Workspace {
            root: root.clone(),
            programs: root.clone(),
            target: root.clone(),
            cache: root.clone(),
        };
        let run = |arguments: &[&str]| git(&workspace, arguments).expect("git runs");
        run(&["init", "-q", "-b", "main"]);
        run(&["add", "."]);
        run(&[
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@t",
            "-c",
            "commit.gpgsign=false",
            "commit",
            "-q",
            "-m",
            "first",
        ]);
        assert_eq!(stages(&workspace, "main").expect("nothing changed"), []);
        run(&["mv", "issuer/a.txt", "www/a.txt"]);
        let renamed = stages(&workspace, "main").expect("git runs");
        assert!(renamed.contains(&Stage::Postgres) && renamed.contains(&Stage::Www), "{renamed:?}");
        let name = "x".repeat(200);
        for index in 0..400 {
            std::fs::write(root.join(format!("www/{name}{index}")), "").expect("it is ours");
        }
        std::fs::write(root.join("zz-last"), "").expect("it is ours");
        let all = stages(&workspace, "main").expect("git runs");
        assert_eq!(all, Stage::value_variants(), "the path without a rule is the last of 80 KB");
        std::fs::remove_dir_all(root).expect("it is ours");
    }

    #[test]
    fn several_changes_add_up() {
        let both = names(&["verifier-core/fuzz/Cargo.toml", "www/src/main.ts"]);
        assert_eq!(both, ["format", "fuzz", "www", "system"]);
    }

    #[test]
    fn a_path_without_a_rule_affects_every_stage() {
        for path in
            ["Cargo.lock", "clippy.toml", "xtask/src/main.rs", "new-crate/src/lib.rs", ".ci/run"]
        {
            assert_eq!(names(&[path]).len(), Stage::value_variants().len(), "{path}");
        }
    }
}
