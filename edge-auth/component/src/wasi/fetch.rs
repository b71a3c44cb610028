//! Outbound HTTP.

use std::time::Duration;

use edge_auth::{FetchError, FetchLimits, Fetched, Host, lifetime_left, within};
use http::StatusCode;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderValue};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use spin_sdk::http::EmptyBody;
use spin_sdk::wasip3::http::types::{ErrorCode, RequestOptions};
use spin_sdk::wasip3::http_compat::RequestOptionsExtension;

use super::system::nanoseconds;

/// Fetches a document with `GET`. Does not follow redirects.
///
/// # Errors
/// [`FetchError`].
pub(crate) async fn fetch(
    url: &http::Uri,
    accept: &'static str,
    limits: FetchLimits,
    host: &impl Host,
) -> Result<Fetched, FetchError> {
    // The options of the request limit its phases; only this limits their sum.
    within(limits.time, fetch_in_phases(url, accept, limits), host)
        .await
        .unwrap_or(Err(FetchError::TimedOut))
}

async fn fetch_in_phases(
    url: &http::Uri,
    accept: &'static str,
    limits: FetchLimits,
) -> Result<Fetched, FetchError> {
    let request = http::Request::get(url)
        .header(ACCEPT, accept)
        // Without it a server may choose any coding (RFC 9110, section 12.5.3), and none is decoded
        // here.
        .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
        .extension(RequestOptionsExtension(phase_limits(limits.time)))
        .body(EmptyBody::new())
        .map_err(|error| FetchError::Failed(error.to_string()))?;
    let response = spin_sdk::http::send(request).await.map_err(|error| match error {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => FetchError::Denied,
        error => FetchError::Failed(error.to_string()),
    })?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let max_age = lifetime_left(response.headers());
    let body =
        Limited::new(response.into_body(), limits.body).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                FetchError::TooLarge
            } else {
                FetchError::Failed(error.to_string())
            }
        })?;
    let text = String::from_utf8(body.to_bytes().into()).map_err(|_| FetchError::NotText)?;
    Ok(Fetched { text, max_age })
}

fn phase_limits(time: Duration) -> RequestOptions {
    let options = RequestOptions::new();
    let time = Some(nanoseconds(time));
    // A host may not support one of them; the limit of their sum holds all the same.
    let _ = options.set_connect_timeout(time);
    let _ = options.set_first_byte_timeout(time);
    let _ = options.set_between_bytes_timeout(time);
    options
}
