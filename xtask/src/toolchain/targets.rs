//! The wasm targets and their features.

/// The target of the edge component.
pub(crate) const WASIP2: &str = "wasm32-wasip2";
/// The target of the npm package.
pub(crate) const BROWSER: &str = "wasm32-unknown-unknown";

/// The cargo profile of the npm package.
pub(crate) const NPM_PROFILE: &str = "wasm-npm";

/// Returns cargo's arguments for a build with wide arithmetic of a package that has a feature of
/// this name.
pub(crate) fn wide_arithmetic(target: &str) -> [String; 4] {
    let [config, flags] = target_features(target, "+wide-arithmetic");
    ["--features".to_owned(), "wide-arithmetic".to_owned(), config, flags]
}

/// Returns cargo's arguments for code that needs these features of its target.
pub(crate) fn target_features(target: &str, features: &str) -> [String; 2] {
    [
        "--config".to_owned(),
        format!(r#"target.{target}.rustflags=["-C", "target-feature={features}"]"#),
    ]
}

/// The instructions that an engine must support to run the edge component.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    /// Those of every engine: for Spin.
    Portable,
    /// The wide-arithmetic proposal too, which multiplies words of 64 bits: for edge-host. An
    /// engine without it refuses to load the component.
    Wide,
}

impl Arithmetic {
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Portable => "",
            Self::Wide => " with wide arithmetic",
        }
    }
}
