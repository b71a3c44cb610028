//! What a request demands of the version of a file before anything is done (RFC 9110, section 13).

use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, Method};

/// What the conditions of a request come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// There is none, or it holds.
    Holds,
    /// The client has this version already.
    NotModified,
    /// It does not hold.
    Failed,
}

/// Compares `If-Match` and `If-None-Match` with the entity tag, which is a strong one. There are
/// no dates to compare.
#[must_use]
pub fn evaluate(request: &Parts, etag: &str) -> Condition {
    let headers = &request.headers;
    if headers.contains_key(IF_MATCH) && !names(headers, &IF_MATCH, etag, |tag| tag) {
        return Condition::Failed;
    }
    if names(headers, &IF_NONE_MATCH, etag, |tag| tag.strip_prefix("W/").unwrap_or(tag)) {
        let is_read = matches!(request.method, Method::GET | Method::HEAD);
        return if is_read { Condition::NotModified } else { Condition::Failed };
    }
    Condition::Holds
}

/// Whether a header lists the tag, once its entries have been made comparable, or says `*`.
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
    fn conditions_are_those_of_the_version_there_is() {
        use Condition::{Failed, Holds, NotModified};
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
