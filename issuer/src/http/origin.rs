//! The origin that a client addressed.

use axum::http::uri::Authority;

/// Scheme and authority of a request's target. The head check adds it to every request that has a
/// `Host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin(String);

impl Origin {
    pub(super) fn new(scheme: &str, authority: &Authority) -> Self {
        Self(format!("{scheme}://{authority}"))
    }

    /// Returns the URL of a path, which begins with a slash.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}
