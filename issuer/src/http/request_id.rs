//! A name for each request, in the log and in the answer, by which both are found again.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::random::{Random, hex128};

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longer ones are not taken over.
const MAX_CHARS: usize = 128;

/// The name of a request.
#[derive(Debug, Clone)]
pub(super) struct RequestId(String);

impl RequestId {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The one that a client or proxy gave, when there is exactly one and it can stand in a log.
    fn given(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(HEADER).iter();
        let (value, more) = (values.next()?.to_str().ok()?, values.next());
        let is_sane = (1..=MAX_CHARS).contains(&value.len())
            && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
        (is_sane && more.is_none()).then(|| Self(value.to_owned()))
    }
}

/// Takes over the request's `X-Request-Id` or makes one, and answers with it.
pub(super) async fn identify(
    State(random): State<Arc<dyn Random>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::given(request.headers()).or_else(|| hex128(&*random).ok().map(RequestId));
    if let Some(id) = &id {
        request.extensions_mut().insert(id.clone());
    }
    let mut response = next.run(request).await;
    if let Some(value) = id.and_then(|id| HeaderValue::from_str(id.as_str()).ok()) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
