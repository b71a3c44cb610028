//! Writes `vectors/verdicts.json`, the table of verdicts that every target must return.
//!
//! ```text
//! cargo run -p verifier-core --example make_vectors            writes the file
//! cargo run -p verifier-core --example make_vectors -- --check  fails when the file is stale
//! ```
//!
//! The expected verdicts are written by hand, from the policy, and independent libraries make the
//! tokens; this program does not use the verifier. Its output is the same on every run: RS256
//! signatures have no randomness, and the keys are those of `test-support`.

#![allow(unreachable_pub, reason = "an example has no outside")]

mod classes;
mod rows;

use rows::Rows;
use test_support::vectors::PATH;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rows = Rows::default();
    classes::write_all(&mut rows);
    let text = rows.into_json()?;
    if std::env::args().any(|argument| argument == "--check") {
        if std::fs::read_to_string(PATH)? != text {
            return Err("vectors/verdicts.json is stale: run `cargo xtask generate`".into());
        }
        return Ok(());
    }
    std::fs::write(PATH, text)?;
    Ok(())
}
