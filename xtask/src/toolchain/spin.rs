//! The server of the edge component: Spin if it is installed, else edge-host.

use super::environment::version_of;
use super::targets::Arithmetic;
use crate::version::Version;

/// The first version that serves WASI 0.3 components.
pub(crate) const OLDEST: Version = Version(4, 1, 0);

/// The program that serves the edge component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EdgeServer {
    Spin(Version),
    /// The host of this workspace. The version is that of an installed Spin that is too old.
    EdgeHost(Option<Version>),
    /// The host of this workspace, because it composes a gate with the component.
    GatedEdgeHost,
}

impl EdgeServer {
    /// Returns `spin` if it is new enough, else `edge-host`.
    pub(crate) fn select() -> Self {
        Self::for_spin(version_of("spin"))
    }

    /// Returns the instructions that its engine supports.
    pub(crate) const fn arithmetic(self) -> Arithmetic {
        match self {
            Self::Spin(_) => Arithmetic::Portable,
            Self::EdgeHost(_) | Self::GatedEdgeHost => Arithmetic::Wide,
        }
    }

    /// Returns the file name of the component's log under Spin. `edge-host` logs both to its own.
    pub(crate) const fn component_log(self) -> Option<&'static str> {
        match self {
            Self::Spin(_) => Some("edge-resource_stderr.txt"),
            Self::EdgeHost(_) | Self::GatedEdgeHost => None,
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
            Self::GatedEdgeHost => write!(f, "edge-host, behind the gate"),
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
    fn spin_serves_since_4_1() {
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
