//! Query parameters.

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;

use crate::http::error::ApiError;

/// The query parameters of an operation.
pub(in crate::http) trait FromQuery: Sized {
    /// The names of all parameters.
    const NAMES: &'static [&'static str];

    /// Parses the query of a URI, which has no other parameters than [`Self::NAMES`].
    ///
    /// # Errors
    /// The response for invalid values.
    fn from_query(uri: &Uri) -> Result<Self, ApiError>;
}

/// Query parameters. Rejects an unknown one with 400 and its name: ignoring a misspelled parameter
/// would return other data than the client asked for.
pub(in crate::http) struct Query<T>(pub(in crate::http) T);

impl<T: FromQuery, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
        match names.find(|name| !T::NAMES.contains(&&**name)) {
            Some(name) => Err(ApiError::UnknownParameter(name.into_owned())),
            None => T::from_query(&parts.uri).map(Self),
        }
    }
}
