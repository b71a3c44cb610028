//! An id for every request, which links a client's report to the log.

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};

use crate::host::Host;

/// The header of requests and responses.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is accepted from a client or a proxy, in bytes.
const MAX_LENGTH: usize = 128;

/// Returns the request's own id when it consists of 1 to 128 letters, digits, `.`, `_` and `-`,
/// else a random one.
pub fn request_id(headers: &HeaderMap, host: &impl Host) -> HeaderValue {
    let sent = headers.get(X_REQUEST_ID).filter(|id| is_plain(id.as_bytes()));
    sent.cloned().unwrap_or_else(|| {
        let id = format!("{:032x}", u128::from_be_bytes(host.random()));
        HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
    })
}

fn is_plain(id: &[u8]) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestHost;

    #[test]
    fn an_id_is_accepted_only_when_it_is_plain() {
        let host = TestHost::default();
        for (sent, accepted) in [
            ("abc-123_X.y", true),
            (&"a".repeat(128), true),
            (&"a".repeat(129), false),
            ("", false),
            ("a b", false),
            ("a\"}{\"", false),
            ("eyJhbGciOiJSUzI1NiJ9/x", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(X_REQUEST_ID, sent.parse().expect("a header value"));
            assert_eq!(request_id(&headers, &host) == sent, accepted, "{sent:?}");
        }
        let (first, second) =
            (request_id(&HeaderMap::new(), &host), request_id(&HeaderMap::new(), &host));
        assert!(first != second && first.len() == 32);
    }
}
