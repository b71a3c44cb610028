//! Conditional requests (RFC 9110 section 13).

use axum::http::HeaderMap;
use axum::http::header::IF_NONE_MATCH;

/// Returns whether the client has this version already: `If-None-Match` is `*` or lists `etag`,
/// compared weakly (RFC 9110 section 13.1.2).
pub(super) fn is_cached(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
