//! `X-Request-Id`: identifies a request in its response and in the log.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::random::{Random, hex128};

pub(in crate::http) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest accepted id, in bytes.
const MAX_BYTES: usize = 128;

/// The id of a request.
#[derive(Debug, Clone)]
pub(super) struct RequestId(String);

impl RequestId {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the id that a client or proxy sent, when the header occurs once and its value is
    /// safe in a log.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(X_REQUEST_ID).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let is_safe = (1..=MAX_BYTES).contains(&value.len())
            && value.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(b));
        let text = value.to_str().ok().filter(|_| is_safe)?;
        Some(Self(text.to_owned()))
    }
}

/// Keeps the `X-Request-Id` of a request or generates one, and sets it in the response.
pub(in crate::http) async fn identify(
    State(random): State<Arc<dyn Random>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id =
        RequestId::accepted(request.headers()).or_else(|| hex128(&*random).ok().map(RequestId));
    if let Some(id) = &id {
        request.extensions_mut().insert(id.clone());
    }
    let mut response = next.run(request).await;
    if let Some(value) = id.and_then(|id| HeaderValue::from_str(id.as_str()).ok()) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// The values of `X-Request-Id` in one request, and whether the id is kept.
    #[derive(Deserialize)]
    struct Case {
        values: Vec<String>,
        is_accepted: bool,
    }

    #[test]
    fn the_shared_cases_are_accepted_and_rejected() {
        const CASES: &str = include_str!("../../../../docs/request-ids.json");
        let cases: Vec<Case> = serde_json::from_str(CASES).expect("a list of cases");
        for Case { values, is_accepted } in cases {
            let mut headers = HeaderMap::new();
            for value in &values {
                headers.append(
                    X_REQUEST_ID,
                    HeaderValue::from_bytes(value.as_bytes()).expect("a value"),
                );
            }
            let id = RequestId::accepted(&headers);
            let expected = is_accepted.then_some(values.first().map(String::as_str)).flatten();
            assert_eq!(id.as_ref().map(RequestId::as_str), expected, "{values:?}");
        }
    }
}
