//! A name for every request, so that a client's report and the log line about it find each other.

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};

use crate::host::Host;

/// The header, on requests and responses.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest name that is taken over from a client or a proxy.
const MAX_LENGTH: usize = 128;

/// The request's own name when it has one that cannot hurt a log, else a new one.
pub fn of(headers: &HeaderMap, host: &impl Host) -> HeaderValue {
    let given = headers.get(X_REQUEST_ID).filter(|id| is_harmless(id.as_bytes()));
    given.cloned().unwrap_or_else(|| {
        let id = format!("{:032x}", u128::from_be_bytes(host.random()));
        HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
    })
}

fn is_harmless(id: &[u8]) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestHost;

    #[test]
    fn a_name_is_taken_over_only_when_it_is_plain() {
        let host = TestHost::default();
        for (given, kept) in [
            ("abc-123_X.y", true),
            (&"a".repeat(128), true),
            (&"a".repeat(129), false),
            ("", false),
            ("a b", false),
            ("a\"}{\"", false),
            ("eyJhbGciOiJSUzI1NiJ9/x", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(X_REQUEST_ID, given.parse().expect("a header value"));
            assert_eq!(of(&headers, &host) == given, kept, "{given:?}");
        }
        let (first, second) = (of(&HeaderMap::new(), &host), of(&HeaderMap::new(), &host));
        assert!(first != second && first.len() == 32);
    }
}
