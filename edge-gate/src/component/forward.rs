//! Passes a request to the component behind the gate. Body and trailers stay with the host.

use http::HeaderValue;
use http::header::AUTHORIZATION;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, HeaderError, Request, Response};
use spin_sdk::wasip3::wit_future;

use super::upstream;

/// Calls the component behind with the request, without the headers that the client forged and with
/// those of the gate, and returns its response unchanged.
///
/// # Errors
/// That of the component, or when the host rejects a header.
pub(super) async fn forward(
    request: Request,
    forged: &[String],
    added: &[(&'static str, HeaderValue)],
    removes_authorization: bool,
) -> Result<Response, ErrorCode> {
    let headers = headers(&request, forged, added, removes_authorization)
        .map_err(|error| ErrorCode::InternalError(Some(error.to_string())))?;
    let (method, path) = (request.get_method(), request.get_path_with_query());
    let (scheme, authority) = (request.get_scheme(), request.get_authority());
    let options = request.get_options();
    // Nothing waits for this outcome: the host owns the stream and sees how it ends. A task that
    // reports it took 10 to 20 us of a request.
    let (_, outcome_of_body) = wit_future::new(|| Ok(()));
    let (body, trailers) = Request::consume_body(request, outcome_of_body);
    let (request, _) = Request::new(headers, Some(body), trailers, options);
    // The component must get the request that was checked.
    request
        .set_method(&method)
        .and_then(|()| request.set_path_with_query(path.as_deref()))
        .and_then(|()| request.set_scheme(scheme.as_ref()))
        .and_then(|()| request.set_authority(authority.as_deref()))
        .map_err(|()| ErrorCode::HttpRequestUriInvalid)?;
    upstream::handle(request).await
}

/// Copies the headers with the host's function: a conversion would lose those that a component
/// may not set, such as `Host`.
fn headers(
    request: &Request,
    forged: &[String],
    added: &[(&'static str, HeaderValue)],
    removes_authorization: bool,
) -> Result<Fields, HeaderError> {
    let headers = request.get_headers().clone();
    for name in forged {
        headers.delete(name)?;
    }
    if removes_authorization {
        headers.delete(AUTHORIZATION.as_str())?;
    }
    for (name, value) in added {
        headers.append(name, value.as_bytes())?;
    }
    Ok(headers)
}
