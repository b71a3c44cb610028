//! Parses the versions that tools print.

use std::fmt;

/// `major.minor.patch`, without pre-release and build metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl Version {
    /// Returns the first version in a line such as `v20.19.1`, `Python 3.11.7` or `spin 4.1.0 (1ab2
    /// 2026-05-02)`.
    pub(crate) fn first_in(text: &str) -> Option<Self> {
        text.split(|c: char| c.is_whitespace() || c == '(' || c == ',').find_map(Self::parse)
    }

    fn parse(word: &str) -> Option<Self> {
        let word = word.strip_prefix('v').unwrap_or(word);
        let core = word.split(['-', '+']).next()?;
        let mut numbers = core.split('.').map(str::parse::<u32>);
        let major = numbers.next()?.ok()?;
        // A lone number is a count or a year, not a version.
        let minor = numbers.next()?.ok()?;
        let patch = numbers.next().and_then(Result::ok).unwrap_or(0);
        Some(Self(major, minor, patch))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_print() {
        for (printed, expected) in [
            ("v20.20.2\n", Some(Version(20, 20, 2))),
            ("11.19.1", Some(Version(11, 19, 1))),
            ("Python 3.11.7", Some(Version(3, 11, 7))),
            ("wasm-pack 0.15.1", Some(Version(0, 15, 1))),
            ("spin 4.1.0 (5e2f1c0 2026-05-02)", Some(Version(4, 1, 0))),
            ("spin 4.2.0-pre0 (abc)", Some(Version(4, 2, 0))),
            ("tool 4.1", Some(Version(4, 1, 0))),
            ("of 2026, build 7", None),
            ("command not found", None),
            ("", None),
        ] {
            assert_eq!(Version::first_in(printed), expected, "{printed:?}");
        }
    }

    #[test]
    fn versions_are_ordered_by_number_not_by_text() {
        assert!(Version(20, 9, 0) < Version(20, 19, 0));
        assert!(Version(4, 0, 99) < Version(4, 1, 0));
    }
}
