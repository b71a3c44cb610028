//! HAProxy, for the tests.

use std::path::PathBuf;

use super::environment::PROBE_TIMEOUT;
use crate::process;
use crate::version::Version;

/// Debian's package.
pub(crate) const PACKAGE: &str = "haproxy";
/// The first long-term version that verifies tokens.
const OLDEST: Version = Version(2, 6, 0);

/// Returns an installed HAProxy. Its directory is not on the `PATH` of all users.
pub(crate) fn find() -> Option<PathBuf> {
    let candidates = process::on_path("haproxy").into_iter().chain(["/usr/sbin/haproxy".into()]);
    candidates.into_iter().find(|program| {
        let mut command = process::command(program);
        command.arg("-v");
        process::probe(command, PROBE_TIMEOUT)
            .and_then(|printed| Version::first_in(&printed))
            .is_some_and(|version| version >= OLDEST)
    })
}
