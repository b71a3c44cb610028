//! The areas in which two states of the checkout differ.

use std::collections::BTreeSet;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use super::area::Area;
use crate::process;
use crate::progress::note;
use crate::workspace::Workspace;

/// Returns the areas in which the working tree differs from its common ancestor with `base`. Files
/// that git neither tracks nor ignores count as changed.
///
/// # Errors
/// When git fails, in its words.
pub(super) fn areas(workspace: &Workspace, base: &str) -> Result<BTreeSet<Area>> {
    let ancestor = git(workspace, &["merge-base", base, "HEAD"])?;
    // A rename changes the areas of both names.
    let mut paths = git(workspace, &["diff", "--name-only", "--no-renames", ancestor.trim()])?;
    paths.push_str(&git(workspace, &["ls-files", "--others", "--exclude-standard"])?);
    note(format_args!("{} changed files since {base}", paths.lines().count()));
    Ok(paths.lines().flat_map(Area::of).copied().collect())
}

/// Returns the whole output of git: a path that is cut off would leave out an area.
fn git(workspace: &Workspace, arguments: &[&str]) -> Result<String> {
    let mut command = process::command("git");
    let output = command.current_dir(&workspace.root).args(arguments).stdin(Stdio::null()).output();
    let output = output.context("cannot start git")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Renames a file in a repository made for the test, and adds more paths than a pipe holds.
    #[test]
    fn a_renamed_file_and_a_long_list_of_paths_leave_out_no_area() {
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
        assert!(areas(&workspace, "main").expect("nothing changed").is_empty());
        run(&["mv", "issuer/a.txt", "www/a.txt"]);
        let renamed = areas(&workspace, "main").expect("git runs");
        assert_eq!(renamed, BTreeSet::from([Area::Issuer, Area::Page]));
        let name = "x".repeat(200);
        for index in 0..400 {
            std::fs::write(root.join(format!("www/{name}{index}")), "").expect("it is ours");
        }
        std::fs::write(root.join("zz-last"), "").expect("it is ours");
        let all = areas(&workspace, "main").expect("git runs");
        let every: BTreeSet<Area> = Area::ALL.iter().copied().collect();
        assert_eq!(all, every, "the path without a rule is the last of 80 KB");
        std::fs::remove_dir_all(root).expect("it is ours");
    }
}
