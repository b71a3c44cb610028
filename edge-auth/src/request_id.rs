//! `X-Request-Id`: identifies a request in its response and in the log.

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};

use crate::host::Host;

/// The header of requests and responses.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is accepted from a client or a proxy, in bytes.
const MAX_BYTES: usize = 128;

/// Returns the id that a client or proxy sent, when the header occurs once and its value is safe
/// in a log; else a new id.
pub fn request_id(headers: &HeaderMap, host: &impl Host) -> HeaderValue {
    accepted(headers).cloned().unwrap_or_else(|| {
        let id = format!("{:032x}", u128::from_be_bytes(host.random()));
        HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
    })
}

fn accepted(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut values = headers.get_all(X_REQUEST_ID).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let is_safe = (1..=MAX_BYTES).contains(&value.len())
        && value.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(b));
    is_safe.then_some(value)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::testing::TestHost;

    /// The values of `X-Request-Id` in one request, and whether the id is kept.
    #[derive(Deserialize)]
    struct Case {
        values: Vec<String>,
        is_accepted: bool,
    }

    #[test]
    fn the_shared_cases_are_accepted_and_rejected() {
        const CASES: &str = include_str!("../../docs/request-ids.json");
        let cases: Vec<Case> = serde_json::from_str(CASES).expect("a list of cases");
        for Case { values, is_accepted } in cases {
            let mut headers = HeaderMap::new();
            for value in &values {
                let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header value");
                headers.append(X_REQUEST_ID, value);
            }
            let expected = if is_accepted { headers.get(X_REQUEST_ID) } else { None };
            assert_eq!(accepted(&headers), expected, "{values:?}");
        }
    }

    #[test]
    fn new_ids_are_random() {
        let host = TestHost::default();
        let (first, second) =
            (request_id(&HeaderMap::new(), &host), request_id(&HeaderMap::new(), &host));
        assert!(first != second && first.len() == 32);
    }
}
