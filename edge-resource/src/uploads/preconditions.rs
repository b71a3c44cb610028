//! Conditional requests (RFC 9110, section 13).

use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, Method};

/// The outcome of the preconditions of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precondition {
    /// All hold, or the request has no preconditions.
    Holds,
    /// The client has this version already.
    NotModified,
    /// One does not hold.
    Failed,
}

/// Compares `If-Match` and `If-None-Match` with the strong entity tag of a file, which has no date.
pub(super) fn evaluate(request: &Parts, etag: &str) -> Precondition {
    let headers = &request.headers;
    if headers.contains_key(IF_MATCH) && !names(headers, &IF_MATCH, etag, |tag| tag) {
        return Precondition::Failed;
    }
    if names(headers, &IF_NONE_MATCH, etag, |tag| tag.strip_prefix("W/").unwrap_or(tag)) {
        let is_read = matches!(request.method, Method::GET | Method::HEAD);
        return if is_read { Precondition::NotModified } else { Precondition::Failed };
    }
    Precondition::Holds
}

/// Returns whether a header lists the tag, after `comparable` of its entries, or has `*`.
fn names(
    headers: &HeaderMap,
    header: &HeaderName,
    etag: &str,
    comparable: impl Fn(&str) -> &str,
) -> bool {
    let values = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || comparable(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[test]
    fn preconditions_are_evaluated_against_the_entity_tag() {
        use Precondition::{Failed, Holds, NotModified};
        for (header, value, read, deleted) in [
            ("accept", "*/*", Holds, Holds),
            ("if-match", "\"v\"", Holds, Holds),
            ("if-match", "*", Holds, Holds),
            ("if-match", "\"a\", \"v\"", Holds, Holds),
            ("if-match", "\"a\"", Failed, Failed),
            ("if-match", "W/\"v\"", Failed, Failed),
            ("if-match", "", Failed, Failed),
            ("if-none-match", "\"v\"", NotModified, Failed),
            ("if-none-match", "W/\"v\"", NotModified, Failed),
            ("if-none-match", "\"a\",\"v\"", NotModified, Failed),
            ("if-none-match", "*", NotModified, Failed),
            ("if-none-match", "\"a\"", Holds, Holds),
            ("if-none-match", "v", Holds, Holds),
        ] {
            for (method, expected) in
                [(Method::GET, read), (Method::HEAD, read), (Method::DELETE, deleted)]
            {
                let request = Request::builder()
                    .method(&method)
                    .header(header, value)
                    .body(())
                    .expect("a request");
                assert_eq!(
                    evaluate(&request.into_parts().0, "\"v\""),
                    expected,
                    "{method} {header}: {value}"
                );
            }
        }
    }
}
