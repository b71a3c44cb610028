//! The areas of the repository: files that the same steps of a test run read.

/// Files that change the results of the same steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Area {
    /// The verifier: everything that decides or multiplies.
    Core,
    /// The core's tests, examples and benchmarks.
    CoreTests,
    /// Keys, signers and readers of the vectors, for all native tests.
    TestSupport,
    /// Tables of cases that every target reads.
    Vectors,
    FuzzTargets,
    /// The Rust half of the npm package.
    WasmBindings,
    /// The JavaScript half of the npm package, and its tests.
    NpmPackage,
    EdgeResource,
    EdgeHost,
    Connection,
    Issuer,
    /// The demo page, and the tests of the whole system.
    Page,
    /// Verifiers of other projects, with which the issuer is tested.
    OtherVerifiers,
    /// The one that cargo compiles with the workspace.
    RustVerifier,
    Keys,
    /// Markdown files, which some tests compare with the code.
    Documents,
}

/// The longest prefix of a path is its area.
const PREFIXES: &[(&str, Area)] = &[
    ("rsa-verify/", Area::Core),
    ("rsa-verify/examples/", Area::CoreTests),
    ("verifier-core/", Area::Core),
    ("verifier-core/examples/", Area::CoreTests),
    ("verifier-core/tests/", Area::CoreTests),
    ("verifier-core/tests/keys/", Area::TestSupport),
    ("verifier-core/fuzz/", Area::FuzzTargets),
    ("verifier-core/vectors/", Area::Vectors),
    ("test-support/", Area::TestSupport),
    ("verifier-wasm/", Area::NpmPackage),
    ("verifier-wasm/src/", Area::WasmBindings),
    ("verifier-wasm/kernel/", Area::WasmBindings),
    ("verifier-wasm/Cargo.toml", Area::WasmBindings),
    ("edge-auth/", Area::EdgeResource),
    ("edge-resource/", Area::EdgeResource),
    ("edge-gate/", Area::EdgeResource),
    ("examples/gated/", Area::EdgeResource),
    ("edge-host/", Area::EdgeHost),
    ("connection/", Area::Connection),
    ("issuer/", Area::Issuer),
    ("www/", Area::Page),
    ("www/tests/verifiers/", Area::OtherVerifiers),
    ("www/tests/verifiers/rust/", Area::RustVerifier),
    ("keys/", Area::Keys),
    ("docs/", Area::Documents),
];

impl Area {
    pub(super) const ALL: &[Self] = &[
        Self::Core,
        Self::CoreTests,
        Self::TestSupport,
        Self::Vectors,
        Self::FuzzTargets,
        Self::WasmBindings,
        Self::NpmPackage,
        Self::EdgeResource,
        Self::EdgeHost,
        Self::Connection,
        Self::Issuer,
        Self::Page,
        Self::OtherVerifiers,
        Self::RustVerifier,
        Self::Keys,
        Self::Documents,
    ];

    /// Returns the areas of a file; of one that no rule names, all of them.
    pub(super) fn of(path: &str) -> &'static [Self] {
        if path.ends_with(".md") {
            return match path.strip_prefix("verifier-wasm/") {
                // The README is a part of the package.
                Some(_) => &[Self::Documents, Self::NpmPackage],
                None => &[Self::Documents],
            };
        }
        let matching = PREFIXES.iter().filter(|(prefix, _)| path.starts_with(prefix));
        let longest = matching.max_by_key(|(prefix, _)| prefix.len());
        longest.map_or(Self::ALL, |(_, area)| std::slice::from_ref(area))
    }
}

#[cfg(test)]
mod tests {
    use super::Area;

    #[test]
    fn the_longest_prefix_decides() {
        for (path, area) in [
            ("verifier-core/src/lib.rs", Area::Core),
            ("verifier-core/fuzz/Cargo.toml", Area::FuzzTargets),
            ("verifier-core/vectors/verdicts.json", Area::Vectors),
            ("test-support/src/signer.rs", Area::TestSupport),
            ("verifier-wasm/js/index.ts", Area::NpmPackage),
            ("verifier-wasm/src/lib.rs", Area::WasmBindings),
            ("www/src/main.ts", Area::Page),
            ("www/tests/verifiers/go/main.go", Area::OtherVerifiers),
            ("www/tests/verifiers/rust/src/main.rs", Area::RustVerifier),
            ("docs/benchmarks.svg", Area::Documents),
            ("issuer/README.md", Area::Documents),
        ] {
            assert_eq!(Area::of(path), [area], "{path}");
        }
    }

    #[test]
    fn a_path_without_a_rule_is_in_every_area() {
        for path in
            ["Cargo.lock", "clippy.toml", "xtask/src/main.rs", "new-crate/src/lib.rs", ".ci/run"]
        {
            assert_eq!(Area::of(path), Area::ALL, "{path}");
        }
    }

    /// A directory of the repository that no rule names would run everything without need.
    #[test]
    fn every_prefix_exists() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (prefix, _) in super::PREFIXES {
            assert!(root.join(prefix).exists(), "{prefix}");
        }
    }
}
