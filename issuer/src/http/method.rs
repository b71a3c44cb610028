//! Names of methods, as labels of metrics and spans.

use axum::http::Method;

/// Returns the name of a method of RFC 9110 or RFC 5789. Clients could make up any number of
/// others, and labels must be bounded.
pub(super) fn known(method: &Method) -> Option<&'static str> {
    Some(match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => return None,
    })
}
