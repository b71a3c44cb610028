//! Query parameters.

use axum::http::Uri;

use super::ApiError;

/// Refuses a query with a parameter that is not among `known`: ignored, it would give another
/// answer than the client asked for.
///
/// # Errors
/// 400 that names the first one.
pub(super) fn only_known_parameters(uri: &Uri, known: &[&str]) -> Result<(), ApiError> {
    let query = uri.query().unwrap_or_default();
    let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    match names.find(|name| !known.contains(&&**name)) {
        Some(name) => Err(ApiError::UnknownParameter(name.into_owned())),
        None => Ok(()),
    }
}

/// Returns whether there is any parameter.
pub(super) fn has_parameters(uri: &Uri) -> bool {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).next().is_some()
}
