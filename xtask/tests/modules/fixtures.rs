//! Small crates and packages, and the cycles in them.

use std::fs;

use crate::{ecmascript, rust};

/// Writes the files of a crate or package to a new directory, and returns the cycles in it.
fn cycles(name: &str, files: &[(&str, &str)]) -> Vec<String> {
    let root = std::env::temp_dir().join(format!("modules-{name}-{}", std::process::id()));
    for (file, text) in files {
        let file = root.join(file);
        fs::create_dir_all(file.parent().expect("it lies below the root"))
            .expect("the temporary directory is writable");
        fs::write(file, text).expect("the temporary directory is writable");
    }
    let graph = match files {
        [(first, _), ..] if first.ends_with(".rs") => rust::graph(&root.join(first)),
        _ => ecmascript::graph(&root, &root.join("src")),
    };
    let graph = graph.expect("the files can be read");
    let found = graph.cycles().iter().map(|cycle| cycle.describe(&root)).collect();
    fs::remove_dir_all(root).expect("the directory was made above");
    found
}

#[test]
fn two_siblings_that_import_each_other_are_a_cycle() {
    let found = cycles(
        "siblings",
        &[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B; pub struct A(B);"),
            ("b.rs", "pub struct B; fn f() { let _ = crate::a::A; }"),
        ],
    );
    assert_eq!(found, ["  a.rs -> b.rs: B\n  b.rs -> a.rs: A\n"]);
}

#[test]
fn a_cycle_through_a_third_module_is_found_and_names_only_its_files() {
    let found = cycles(
        "three",
        &[
            ("lib.rs", "mod a; mod b; mod c; mod d; use a::A;"),
            ("a.rs", "use crate::b::B; pub struct A(B);"),
            ("b.rs", "use super::c; pub struct B(c::C);"),
            ("c/mod.rs", "use crate::a::A; use crate::d; pub struct C(A); fn f() { d::f() }"),
            ("d.rs", "pub fn f() {}"),
        ],
    );
    assert_eq!(found, ["  a.rs -> b.rs: B\n  b.rs -> c/mod.rs: C\n  c/mod.rs -> a.rs: A\n"]);
}

#[test]
fn a_parent_that_declares_and_reexports_its_children_is_no_cycle() {
    let found = cycles(
        "parent",
        &[
            ("lib.rs", "mod error; mod reader; pub use reader::Reader; pub struct Limit;"),
            ("error.rs", "pub struct Error;"),
            ("reader.rs", "use crate::{Limit, error::Error}; pub struct Reader(Limit, Error);"),
        ],
    );
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_parent_that_uses_a_child_which_uses_the_parent_is_a_cycle() {
    let found = cycles(
        "uses",
        &[
            ("lib.rs", "mod reader; pub use reader::Reader; pub struct Limit; fn f(_: Reader) {}"),
            ("reader.rs", "use super::Limit; pub struct Reader(Limit);"),
        ],
    );
    assert_eq!(found, ["  lib.rs -> reader.rs: Reader\n  reader.rs -> lib.rs: Limit\n"]);
}

#[test]
fn a_name_is_followed_through_reexports_to_its_definition() {
    let found = cycles(
        "reexports",
        &[
            ("lib.rs", "mod keys; mod prelude; mod policy;"),
            ("prelude.rs", "pub use crate::keys::*;"),
            ("keys/mod.rs", "mod jwk; pub use jwk::Jwk as Key;"),
            ("keys/jwk.rs", "use crate::policy::Policy; pub struct Jwk(Policy);"),
            ("policy.rs", "use crate::prelude::Key; pub struct Policy(Key);"),
        ],
    );
    assert_eq!(found, ["  keys/jwk.rs -> policy.rs: Policy\n  policy.rs -> keys/jwk.rs: Jwk\n"]);
}

#[test]
fn macros_and_attributes_count_and_unit_tests_do_not() {
    let with = |user: &str| {
        let name = format!("macros-{}", user.len());
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B; pub struct A(B); pub fn f() {}"),
            ("b.rs", user),
        ];
        cycles(&name, &files).len()
    };
    assert_eq!(with("pub struct B; fn f() { assert_eq!(1, g(crate::a::f())) }"), 1);
    assert_eq!(with("pub struct B; #[serde(with = \"crate::a\")] struct C;"), 1);
    assert_eq!(with("pub struct B; #[serde(default = \"crate::a::f\")] struct C;"), 1);
    assert_eq!(with("pub struct B; #[cfg(test)] mod tests { use crate::a::A; }"), 0);
    assert_eq!(with("pub struct B; mod inner { fn f() { use super::super::a::f; } }"), 1);
    assert_eq!(with("pub struct B; // crate::a::A, and \"crate::a::A\""), 0);
}

#[test]
fn javascript_files_that_import_each_other_are_a_cycle() {
    let found = cycles(
        "javascript",
        &[
            ("package.json", r##"{"imports": {"#b": {"node": "./dist/b.js"}}}"##),
            ("src/a.ts", "import { b } from '#b'; export const a = b;"),
            ("src/b.ts", "export type { a } from \"./a.js\"; import './c.js';"),
            ("src/c.ts", "import fs from 'node:fs';"),
        ],
    );
    assert_eq!(found, ["  src/a.ts -> src/b.ts: b\n  src/b.ts -> src/a.ts: a\n"]);
}
