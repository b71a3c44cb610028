//! Spin, which serves the edge component where it is installed.

use super::environment::version_of;
use super::targets::Arithmetic;
use crate::version::Version;

/// The first to serve components of WASI 0.3.
pub(crate) const OLDEST: Version = Version(4, 1, 0);

/// Who serves the edge component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EdgeServer {
    Spin(Version),
    /// The host of this workspace; the version is that of a Spin too old for the component.
    EdgeHost(Option<Version>),
}

impl EdgeServer {
    /// `spin` when it is new enough, `edge-host` otherwise.
    pub(crate) fn select() -> Self {
        Self::for_spin(version_of("spin"))
    }

    /// What its engine can compute.
    pub(crate) const fn arithmetic(self) -> Arithmetic {
        match self {
            Self::Spin(_) => Arithmetic::Portable,
            Self::EdgeHost(_) => Arithmetic::Wide,
        }
    }

    /// The file in which Spin keeps what the component logs. `edge-host` has one log for both.
    pub(crate) const fn component_log(self) -> Option<&'static str> {
        match self {
            Self::Spin(_) => Some("edge-resource_stderr.txt"),
            Self::EdgeHost(_) => None,
        }
    }

    fn for_spin(found: Option<Version>) -> Self {
        match found {
            Some(version) if version >= OLDEST => Self::Spin(version),
            other => Self::EdgeHost(other),
        }
    }
}

impl std::fmt::Display for EdgeServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Spin(version) => write!(f, "Spin {version}"),
            Self::EdgeHost(None) => write!(f, "edge-host (Spin is not installed)"),
            Self::EdgeHost(Some(version)) => {
                write!(f, "edge-host (Spin {version} is older than {OLDEST})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spin_serves_from_4_1_on() {
        for (found, expected) in [
            (None, "edge-host (Spin is not installed)"),
            (Some(Version(3, 6, 1)), "edge-host (Spin 3.6.1 is older than 4.1.0)"),
            (Some(Version(4, 0, 9)), "edge-host (Spin 4.0.9 is older than 4.1.0)"),
            (Some(Version(4, 1, 0)), "Spin 4.1.0"),
            (Some(Version(5, 0, 0)), "Spin 5.0.0"),
        ] {
            assert_eq!(EdgeServer::for_spin(found).to_string(), expected);
        }
    }
}
