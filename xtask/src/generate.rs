//! `cargo xtask generate`: writes every generated file that git tracks. Tests compare the files with
//! what this command would write.

use std::fs;

use anyhow::{Context as _, Result};

use crate::build::Builder;
use crate::progress::{minutes, say};

/// The licences of the npm package are copies of those of the checkout.
const LICENCES: [&str; 3] = ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT"];

/// Writes the vectors, the tables of refusal codes for documentation and TypeScript, and the licence
/// files of the npm package.
pub(crate) fn run(builder: &mut Builder<'_>) -> Result<()> {
    say("verifier-core/vectors/verdicts.json");
    let mut vectors = builder.cargo();
    vectors.args(["run", "--package", "verifier-core", "--example", "make_vectors"]);
    builder.runner.stream("writing the vectors", vectors, minutes(30))?;

    say("docs/codes.md and the tables in verifier-wasm/js");
    // Each test writes its table first when this variable is set.
    for (package, test, filter) in
        [("verifier-core", "it", "code_table"), ("verifier-wasm", "code_table", "")]
    {
        let mut tables = builder.cargo();
        tables.env("DOJANG_GENERATE", "1");
        tables.args(["test", "--quiet", "--package", package, "--test", test, filter]);
        builder.runner.stream(&format!("writing the tables of {package}"), tables, minutes(30))?;
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
