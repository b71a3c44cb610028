//! `cargo xtask generate`: writes every generated file that git tracks. Tests compare the files
//! with what this command would write.

use std::fs;

use anyhow::{Context as _, Result};

use super::programs;
use crate::build::Builder;
use crate::process;
use crate::progress::{minutes, say};

/// The licences of the npm package are copies of those of the checkout.
const LICENCES: [&str; 3] = ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT"];

/// Writes the vectors, the tables of refusal codes for documentation and TypeScript, and the
/// licence files of the npm package. Runs the programs that the tests run, so that neither command
/// compiles the dependencies again for the other.
pub(crate) fn run(builder: &mut Builder<'_>) -> Result<()> {
    programs::build(builder)?;
    say("verifier-core/vectors/verdicts.json");
    let vectors = process::command(programs::built(builder, "examples/make_vectors")?);
    builder.runner.stream("writing the vectors", vectors, minutes(30))?;

    say("docs/codes.md and the tables in verifier-wasm/js");
    let tests = programs::list(builder)?;
    for (package, target, filter) in
        [("verifier-core", "it", "code_table"), ("verifier-wasm", "code_table", "")]
    {
        let is_wanted =
            |test: &&programs::TestProgram| (&*test.package, &*test.target) == (package, target);
        let test = tests.iter().find(is_wanted);
        let test = test.with_context(|| format!("cargo built no test {target} of {package}"))?;
        let mut tables = process::command(&test.executable);
        // The tests write the tables first when this variable is set.
        tables.current_dir(&test.directory).env("DOJANG_GENERATE", "1").args(["--quiet", filter]);
        builder.runner.stream(&format!("writing the tables of {package}"), tables, minutes(5))?;
    }

    say("the licence files of verifier-wasm");
    let root = &builder.workspace.root;
    for name in LICENCES {
        let copy = root.join("verifier-wasm").join(name);
        fs::copy(root.join(name), &copy)
            .with_context(|| format!("cannot write {}", copy.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_licences_of_the_npm_package_are_current() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for name in LICENCES {
            let read = |file| fs::read_to_string(file).expect("the licence is in git");
            let is_current = read(root.join(name)) == read(root.join("verifier-wasm").join(name));
            assert!(is_current, "verifier-wasm/{name} is stale: run `cargo xtask generate`");
        }
    }
}
