//! `docs/standards.md` names what shows that a requirement is met: classes of rows and tests. Each
//! of them must exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use test_support::vectors::Vectors;

const DOCUMENT: &str = include_str!("../../../docs/standards.md");

/// Classes that no standard asks for: the order of the checks, and the longest token.
const OF_NO_STANDARD: [&str; 2] = ["order", "oversize"];

/// Returns the last cell of each requirement.
fn cells() -> impl Iterator<Item = &'static str> {
    let tables = DOCUMENT.split("\n## Deviations\n").next().expect("the tables");
    tables
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| section "))
        .filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next())
}

/// Returns the code spans of a cell.
fn references(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn files(directory: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.to_string_lossy().ends_with(extension) {
            found.push(path);
        }
    }
}

/// Returns the texts of the files of a part of the repository.
fn texts(part: &str, extension: &str) -> String {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(part), extension, &mut found);
    found.iter().map(|path| fs::read_to_string(path).expect("a text")).collect()
}

/// Returns the names of the tests of a crate, or of the npm package.
fn tests_of(part: &str) -> BTreeSet<String> {
    if part == "verifier-wasm" {
        let text = texts("verifier-wasm/test", ".test.mjs");
        let titles = text.split("test(").skip(1).filter_map(|rest| {
            let rest = rest.trim_start();
            let quote = rest.chars().next().filter(|first| "\"`'".contains(*first))?;
            Some(rest[1..].split(quote).next()?.to_owned())
        });
        return titles.collect();
    }
    let text = [texts(&format!("{part}/src"), ".rs"), texts(&format!("{part}/tests"), ".rs")];
    let text = text.concat();
    // In a module the attribute is indented.
    let attributes = ["\n#[test]\n", "    #[test]\n", "#[tokio::test"];
    let functions = attributes.iter().flat_map(|attribute| text.split(attribute).skip(1));
    let name = |after: &str| {
        let (_, rest) = after.split_once("fn ")?;
        Some(rest.split(['(', '<']).next()?.to_owned())
    };
    functions.filter_map(name).collect()
}

#[test]
fn every_class_and_test_that_the_standards_name_exists() {
    let table = Vectors::load();
    let classes: BTreeSet<&str> = table.rows.iter().map(|row| row.class.as_str()).collect();
    let mut tests: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut named = BTreeSet::new();
    let mut missing = Vec::new();
    let mut count = 0;
    for reference in cells().flat_map(references) {
        count += 1;
        let exists = match reference.split_once("::") {
            Some((part, test)) => {
                tests.entry(part).or_insert_with(|| tests_of(part)).contains(test)
            }
            None => {
                named.insert(reference);
                classes.contains(reference)
            }
        };
        if !exists {
            missing.push(reference);
        }
    }
    assert_eq!(missing, [""; 0], "neither a class of the table nor a test");
    assert!(count >= 190, "{count} references");
    let unnamed: Vec<_> = classes.difference(&named).copied().collect();
    assert_eq!(unnamed, OF_NO_STANDARD, "classes without a requirement");
}

#[test]
fn a_requirement_is_shown_or_says_why_not() {
    let mut count = 0;
    for cell in cells() {
        count += 1;
        let explains = ["not applicable", "*deviation*", "the tables above"];
        let is_shown = references(cell).next().is_some();
        assert!(is_shown || explains.iter().any(|words| cell.starts_with(words)), "{cell}");
    }
    assert!(count >= 120, "{count} requirements");
}
