//! The code table in the docs is the one in the code.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use verifier_core::{Code, Lang};

fn table() -> String {
    let mut text = String::from(
        "# Codes of refusal\n\n\
        Every refusal of a token or a key has one of these codes, the same in Rust, in \
        JavaScript, in the edge's responses and\n\
        on the demo page. A code never changes its meaning. The stages are in the order in which \
        they run; a token is refused\n\
        with the first rule that it breaks.\n\n\
        `cargo xtask generate` writes this file from `verifier-core/src/code.rs`.\n\n\
        | stage | code | English | 한국어 |\n|---|---|---|---|\n",
    );
    for code in Code::ALL {
        let (en, ko) = (code.text(Lang::En), code.text(Lang::Ko));
        writeln!(text, "| {:?} | `{code}` | {en} | {ko} |", code.stage())
            .expect("a String takes everything");
    }
    text
}

#[test]
fn the_table_in_the_docs_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/codes.md");
    if std::env::var_os("DOJANG_GENERATE").is_some() {
        std::fs::write(&path, table()).expect("docs/codes.md can be written");
    }
    let current = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(current == table(), "docs/codes.md is stale: run `cargo xtask generate`");
}

#[test]
fn codes_are_unique_snake_case_and_in_the_order_of_the_stages() {
    let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    assert!(names.iter().all(|name| {
        name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    }));
    assert!(Code::ALL.is_sorted_by_key(|code| code.stage()));
    assert!(
        Code::ALL
            .iter()
            .all(|code| !code.text(Lang::Ko).is_empty()
                && code.text(Lang::Ko) != code.text(Lang::En))
    );
}
