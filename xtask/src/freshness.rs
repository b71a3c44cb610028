//! Skips steps outside cargo whose inputs have not changed: a stamp file holds their fingerprint.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The inputs of a step. The hash detects changes and is not cryptographic; when the standard
/// library changes it, the step runs once more.
#[derive(Default)]
pub(crate) struct Inputs(DefaultHasher);

impl Inputs {
    /// Adds a setting, version or address.
    pub(crate) fn text(mut self, text: &str) -> Self {
        text.hash(&mut self.0);
        self
    }

    /// Adds the content of a file, or its absence.
    pub(crate) fn file(mut self, file: &Path) -> Result<Self> {
        match fs::read(file) {
            Ok(content) => Some(content).hash(&mut self.0),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                None::<Vec<u8>>.hash(&mut self.0);
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", file.display()));
            }
        }
        Ok(self)
    }

    /// Adds names and contents of all files below a directory, except entries named in `without`.
    pub(crate) fn tree(mut self, directory: &Path, without: &[&str]) -> Result<Self> {
        let mut files = Vec::new();
        collect(directory, without, &mut files)?;
        files.sort();
        for file in files {
            file.strip_prefix(directory).unwrap_or(&file).hash(&mut self.0);
            self = self.file(&file)?;
        }
        Ok(self)
    }

    fn fingerprint(&self) -> String {
        format!("{:016x}\n", self.0.finish())
    }
}

fn collect(directory: &Path, without: &[&str], files: &mut Vec<PathBuf>) -> Result<()> {
    let unreadable = || format!("cannot list {}", directory.display());
    for entry in fs::read_dir(directory).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let name = entry.file_name();
        if without.iter().any(|excluded| name == *excluded) {
            continue;
        }
        let kind = entry.file_type().with_context(unreadable)?;
        if kind.is_dir() {
            collect(&entry.path(), without, files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Runs `step` unless its inputs are those of the last success and all of `outputs` exist. Returns
/// whether it ran.
pub(crate) fn when_stale(
    stamp: &Path,
    inputs: &Inputs,
    outputs: &[&Path],
    step: impl FnOnce() -> Result<()>,
) -> Result<bool> {
    if is_fresh(stamp, inputs) && outputs.iter().all(|output| output.exists()) {
        return Ok(false);
    }
    // A failed step may leave outputs of unknown inputs.
    let _ = fs::remove_file(stamp);
    step()?;
    fs::write(stamp, inputs.fingerprint())
        .with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(true)
}

/// Whether the inputs are those of the last success.
pub(crate) fn is_fresh(stamp: &Path, inputs: &Inputs) -> bool {
    fs::read_to_string(stamp).is_ok_and(|last| last == inputs.fingerprint())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(path.join("src/node_modules"))
                .expect("a temporary directory can be made");
            Self(path)
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.0.join(name), text).expect("the directory is ours");
        }

        fn inputs(&self) -> Inputs {
            Inputs::default()
                .text("node 20")
                .file(&self.0.join("lock"))
                .and_then(|inputs| inputs.tree(&self.0.join("src"), &["node_modules"]))
                .expect("the directory is readable")
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_fingerprint_depends_on_names_contents_and_settings() {
        let directory = Directory::new("fingerprint");
        directory.write("src/a.ts", "1");
        let first = directory.inputs().fingerprint();
        assert_eq!(directory.inputs().fingerprint(), first);

        directory.write("src/node_modules/dependency.js", "excluded");
        assert_eq!(directory.inputs().fingerprint(), first, "node_modules is excluded");

        directory.write("src/a.ts", "2");
        assert_ne!(directory.inputs().fingerprint(), first, "content");
        directory.write("src/a.ts", "1");
        assert_eq!(directory.inputs().fingerprint(), first, "the same content again");

        fs::rename(directory.0.join("src/a.ts"), directory.0.join("src/b.ts"))
            .expect("the directory is ours");
        assert_ne!(directory.inputs().fingerprint(), first, "name");
        fs::rename(directory.0.join("src/b.ts"), directory.0.join("src/a.ts"))
            .expect("the directory is ours");

        directory.write("lock", "");
        assert_ne!(directory.inputs().fingerprint(), first, "an empty file is not a missing one");
        assert_ne!(
            directory.inputs().text("x").fingerprint(),
            directory.inputs().fingerprint(),
            "setting"
        );
    }

    #[test]
    fn a_step_runs_again_when_inputs_change_outputs_vanish_or_the_last_run_failed() {
        let directory = Directory::new("stamp");
        let (stamp, output) = (directory.0.join("stamp"), directory.0.join("output"));
        let run = |succeed: bool| {
            when_stale(&stamp, &directory.inputs(), &[&output], || {
                anyhow::ensure!(succeed, "failed");
                fs::write(&output, "made").context("the directory is ours")
            })
        };
        assert!(run(true).expect("succeeds"), "first run");
        assert!(!run(false).expect("does not run"), "nothing changed");
        fs::remove_file(&output).expect("was made");
        assert!(run(true).expect("succeeds"), "output vanished");
        directory.write("src/a.ts", "new");
        assert!(run(false).is_err(), "input changed");
        assert!(run(true).expect("succeeds"), "the last run failed");
    }
}
