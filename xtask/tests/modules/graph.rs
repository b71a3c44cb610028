//! A directed graph of files, and its cycles.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Which file takes which names from which other file.
#[derive(Debug, Default)]
pub(crate) struct Graph(BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>);

impl Graph {
    /// Adds a name that `from` takes from `to`. A use of a name in its own file is not an edge.
    pub(crate) fn add(&mut self, from: &Path, to: &Path, name: &str) {
        let edges = self.0.entry(from.to_path_buf()).or_default();
        if from != to {
            edges.entry(to.to_path_buf()).or_default().insert(name.to_owned());
        }
    }

    /// Returns the groups of files that can reach each other, each group once and in order.
    pub(crate) fn cycles(&self) -> Vec<Cycle<'_>> {
        let reachable: BTreeMap<&Path, BTreeSet<&Path>> =
            self.0.keys().map(|file| (file.as_path(), self.reachable(file))).collect();
        let mut groups: BTreeSet<BTreeSet<&Path>> = BTreeSet::new();
        for (file, targets) in &reachable {
            if targets.contains(file) {
                let mutual = targets.iter().filter(|target| {
                    reachable.get(*target).is_some_and(|back| back.contains(file))
                });
                groups.insert(mutual.copied().collect());
            }
        }
        groups.into_iter().map(|files| Cycle { graph: self, files }).collect()
    }

    /// Returns the files that can be reached from `start` by at least one edge.
    fn reachable(&self, start: &Path) -> BTreeSet<&Path> {
        let mut reached = BTreeSet::new();
        let mut open = vec![start];
        while let Some(file) = open.pop() {
            for target in self.0.get(file).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(target.as_path()) {
                    open.push(target);
                }
            }
        }
        reached
    }
}

/// Files that import each other, directly or through others of the group.
pub(crate) struct Cycle<'a> {
    graph: &'a Graph,
    files: BTreeSet<&'a Path>,
}

impl Cycle<'_> {
    /// One line for each edge of the cycle: the two files, and the names that tie them.
    pub(crate) fn describe(&self, root: &Path) -> String {
        let mut text = String::new();
        for (from, edges) in &self.graph.0 {
            for (to, names) in edges {
                if self.files.contains(from.as_path()) && self.files.contains(to.as_path()) {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    let (from, to) = (relative(from, root), relative(to, root));
                    let _ = writeln!(text, "  {from} -> {to}: {}", names.join(", "));
                }
            }
        }
        text
    }
}

fn relative(file: &Path, root: &Path) -> String {
    file.strip_prefix(root).unwrap_or(file).display().to_string()
}
