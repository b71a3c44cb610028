//! Writes `vectors/verdicts.json`, the table of verdicts that every target must return.
//!
//! ```text
//! cargo run -p verifier-core --example make_vectors            writes the file
//! cargo run -p verifier-core --example make_vectors -- --check  fails when the file is stale
//! ```
//!
//! The expected verdicts are written by hand, from the policy, and independent libraries make the
//! tokens; this program does not use the verifier. Its output is the same on every run: RS256
//! signatures have no randomness, and the keys are those of `tests/keys`.

#![allow(unreachable_pub, reason = "an example has no outside")]

mod classes;
#[path = "../../tests/it/common.rs"]
mod common;
mod rows;

use rows::Rows;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/verdicts.json");
    let mut rows = Rows::default();
    classes::write_all(&mut rows);
    let text = rows.into_json()?;
    if std::env::args().any(|argument| argument == "--check") {
        if std::fs::read_to_string(&path)? != text {
            return Err("vectors/verdicts.json is stale: run `cargo xtask generate`".into());
        }
        return Ok(());
    }
    std::fs::create_dir_all(path.parent().ok_or("the path has a folder")?)?;
    std::fs::write(&path, text)?;
    Ok(())
}
